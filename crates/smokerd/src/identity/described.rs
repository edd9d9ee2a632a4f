//! What an entry gives, in words.

use chrono::{DateTime, Utc};
use smoker_trust::access::expiry;
use smoker_trust::access::grant::Grant;

/// A grant in a few words.
pub(super) fn described(grant: &Grant, now: DateTime<Utc>) -> String {
    let expires = grant.expires.map_or_else(String::new, |at| {
        format!(" until {}{}", expiry::text(at), if at <= now { " (expired)" } else { "" })
    });
    let networks = grant.from.iter().map(|network| format!("from={network}"));
    let limits = grant.scope.options().map(|(name, value)| format!("{name}={value}"));
    let limits: Vec<_> = networks.chain(limits).collect();
    let limits = if limits.is_empty() { String::new() } else { format!(", for {}", limits.join(" ")) };
    format!("{} has the role {}{expires}{limits}", grant.name, grant.role)
}

#[cfg(test)]
mod tests {
    use smoker_trust::access::tokens::grant_from_command;

    use super::*;

    #[test]
    fn an_entry_is_described_with_its_limits_and_its_end() {
        let at = |text: &str| expiry::instant(text).expect("an instant");
        let grant = grant_from_command("ann", "role=run expires=2030-01-01 from=10.0.0.0/8 type=a", at("2026-01-01"));
        let grant = grant.expect("a grant");
        let text = "ann has the role run until 2030-01-01T00:00:00Z, for from=10.0.0.0/8 type=a";
        assert_eq!(described(&grant, at("2026-01-01")), text);
        assert_eq!(described(&grant, at("2030-01-01")), text.replace("Z,", "Z (expired),"));
    }
}
