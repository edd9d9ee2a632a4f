//! The units that systemd has given up.

use std::path::Path;

use crate::checks::services::{program, service};

/// Their names, as systemd lists them; none where it is not the first process of the host.
///
/// # Errors
///
/// Why systemd does not say it.
pub(crate) fn list() -> Result<Vec<String>, String> {
    if !Path::new(service::SYSTEMD).is_dir() {
        return Ok(Vec::new());
    }
    let arguments = ["list-units", "--state=failed", "--all", "--full", "--plain", "--no-legend", "--no-pager"];
    let printed = program::run("systemctl", &arguments)?;
    let printed = printed.ok_or("systemd runs here, but there is no systemctl to ask it")?;
    match printed.status {
        Some(0) => Ok(names(&printed.stdout)),
        _ => Err(format!("systemctl does not list them: {}", printed.reason())),
    }
}

/// Lines such as `backup.service loaded failed failed Nightly backup`; older versions have a bullet before the name.
fn names(printed: &str) -> Vec<String> {
    let name = |line: &str| {
        let mut words = line.trim_start_matches(['●', '*', ' ']).split_whitespace();
        let (name, _, state) = (words.next()?, words.next()?, words.next()?);
        (state == "failed").then(|| name.to_owned())
    };
    printed.lines().filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_units_are_found_in_what_systemctl_lists() {
        let printed = "backup.service loaded failed failed Nightly backup\n● srv-data.mount loaded failed failed /srv/data\n\
                       x.service loaded active running failed\n\n0 loaded units listed.\n";
        assert_eq!(names(printed), ["backup.service", "srv-data.mount"]);
    }
}
