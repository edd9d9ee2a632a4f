//! The hosts of a command line: addresses and ranges of addresses.

use std::collections::HashSet;

use crate::inventory::address::{AddressProblem, HostAddress, without_typed_password};
use crate::inventory::range::{MAX_EXPANSION, expand_ranges};

/// The hosts of these expressions in their order, each address once. An
/// expression that is not understood becomes a host that cannot be asked.
#[must_use]
pub fn expand(expressions: &[String], default_port: &str) -> Vec<HostAddress> {
    let mut seen = HashSet::new();
    let mut addresses = expand_all(expressions, default_port);
    addresses.retain(|address| {
        seen.insert(match &address.page {
            Ok(url) => url.as_str().to_owned(),
            Err(_) => address.label.clone(),
        })
    });
    addresses
}

/// As [`expand`], with an address that is given twice twice.
pub(super) fn expand_all(expressions: &[String], default_port: &str) -> Vec<HostAddress> {
    let mut addresses = Vec::new();
    let mut quota = MAX_EXPANSION;
    for expression in expressions.iter().flat_map(|expression| split(expression)) {
        match expand_ranges(expression, &mut quota) {
            Ok(typed) => addresses.extend(typed.iter().map(|typed| HostAddress::parse(typed, default_port))),
            Err(reason) => addresses.push(HostAddress {
                label: without_typed_password(expression),
                page: Err(AddressProblem::Invalid(reason)),
            }),
        }
    }
    addresses
}

/// The names that these expressions stand for. One that is not understood stays as it is; its address then says why.
#[must_use]
pub(super) fn typed(expressions: &[String]) -> Vec<String> {
    let mut quota = MAX_EXPANSION;
    let parts = expressions.iter().flat_map(|expression| split(expression));
    parts.flat_map(|part| expand_ranges(part, &mut quota).unwrap_or_else(|_| vec![part.to_owned()])).collect()
}

/// The parts of a list with commas. A comma inside of brackets belongs to a
/// range, and one of an expression with a `@` may belong to a password.
pub(super) fn split(expression: &str) -> Vec<&str> {
    let mut depth = 0;
    let separates = |c: char| {
        depth += i32::from(c == '[') - i32::from(c == ']');
        c == ',' && depth == 0
    };
    if expression.contains('@') {
        return vec![expression];
    }
    let parts: Vec<_> = expression.split(separates).map(str::trim).filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { vec![expression] } else { parts }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_separate_hosts_but_not_in_ranges_and_passwords() {
        assert_eq!(split("a,b:90, [::1]:1,"), ["a", "b:90", "[::1]:1"]);
        assert_eq!(split("web[1,3-4],db"), ["web[1,3-4]", "db"]);
        assert_eq!(split("http://u:a,b@h/"), ["http://u:a,b@h/"]);
        assert_eq!(split(","), [","]);
    }

    #[test]
    fn a_password_is_never_shown() {
        assert_eq!(HostAddress::parse("http://u:secret@h/", "1").label, "http://u@h/");
        for typed in ["http://u:secret@h h/", "ftp://u:secret@h", "u:secret@h", "u:secret@h[2-1]", "u:secret@://u@h"] {
            let address = expand(&[typed.to_owned()], "1").remove(0);
            let shown = format!("{} {}", address.label, address.page.expect_err(typed));
            assert!(!shown.contains("secret") && shown.contains("u@h"), "{shown}");
        }
    }

    #[test]
    fn ranges_are_bounded_together() {
        let typed = ["a[1-60000]", "b[1-60000]", "c", "d[1-2]"].map(str::to_owned);
        let addresses = expand(&typed, "8086");
        assert_eq!(addresses.len(), 60_000 + 1 + 1 + 2);
        let refused: Vec<_> = addresses.iter().filter(|address| address.page.is_err()).collect();
        assert_eq!(refused[0].label, "b[1-60000]");
    }

    #[test]
    fn an_address_given_twice_stays_one() {
        let typed = ["a".to_owned(), "b".to_owned(), "a:8086".to_owned(), "a:x".to_owned(), "a:x".to_owned()];
        let labels: Vec<_> = expand(&typed, "8086").into_iter().map(|address| address.label).collect();
        assert_eq!(labels, ["a", "b", "a:x"]);
    }
}
