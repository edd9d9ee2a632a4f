//! Facilities and severities of syslog (RFC 3164), under the names that
//! Python's `SysLogHandler` gives them.

use crate::records::level::Level;

/// The facility of programs of users, which is Python's default.
pub(crate) const USER: u8 = 1;

const FACILITIES: [(&str, u8); 25] = [
    ("kern", 0),
    ("user", USER),
    ("mail", 2),
    ("daemon", 3),
    ("auth", 4),
    ("security", 4),
    ("syslog", 5),
    ("lpr", 6),
    ("news", 7),
    ("uucp", 8),
    ("cron", 9),
    ("authpriv", 10),
    ("ftp", 11),
    ("ntp", 12),
    ("console", 14),
    ("solcron", 15),
    ("local0", 16),
    ("local1", 17),
    ("local2", 18),
    ("local3", 19),
    ("local4", 20),
    ("local5", 21),
    ("local6", 22),
    ("local7", 23),
    ("audit", 13),
];

/// A facility by its name, or by the name of its constant: `daemon`, `LOG_DAEMON`.
pub(crate) fn facility(name: &str) -> Option<u8> {
    let name = name.strip_prefix("LOG_").map_or_else(|| name.to_owned(), str::to_ascii_lowercase);
    FACILITIES.iter().find(|(known, _)| *known == name).map(|(_, number)| *number)
}

/// The severity that Python's handler gives to a level; those without a name are warnings.
pub(crate) fn severity(level: Level) -> u8 {
    match level {
        Level::CRITICAL => 2,
        Level::ERROR => 3,
        Level::INFO => 6,
        Level::DEBUG => 7,
        _ => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facilities_have_two_names() {
        assert_eq!(facility("daemon"), Some(3));
        assert_eq!(facility("LOG_LOCAL7"), Some(23));
        assert_eq!(facility("DAEMON"), None, "Python does not know it either");
    }
}
