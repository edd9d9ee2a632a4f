//! Licence expressions (SPDX), as far as crates use them.

/// Whether one may choose among the licences so that all chosen are allowed.
pub(crate) fn is_allowed(expression: &str, allowed: &[String]) -> bool {
    let expression = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = expression.split_ascii_whitespace().peekable();
    let is_allowed = any(&mut words, allowed);
    is_allowed && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitAsciiWhitespace<'a>>;

fn any(words: &mut Words<'_>, allowed: &[String]) -> bool {
    let mut one = all(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        one |= all(words, allowed);
    }
    one
}

fn all(words: &mut Words<'_>, allowed: &[String]) -> bool {
    let mut each = single(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        each &= single(words, allowed);
    }
    each
}

fn single(words: &mut Words<'_>, allowed: &[String]) -> bool {
    if words.next_if_eq(&"(").is_some() {
        let inner = any(words, allowed);
        return words.next_if_eq(&")").is_some() && inner;
    }
    let name = words.next().unwrap_or_default().to_owned();
    let name = match words.next_if_eq(&"WITH") {
        Some(_) => format!("{name} WITH {}", words.next().unwrap_or_default()),
        None => name,
    };
    allowed.contains(&name)
}

#[test]
fn expressions_are_read() {
    let allowed = ["MIT", "ISC", "Unicode-3.0"].map(str::to_owned);
    for good in ["MIT", "GPL-3.0 OR MIT", "Unlicense/MIT", "(GPL-3.0 OR MIT) AND Unicode-3.0", "MIT AND ISC"] {
        assert!(is_allowed(good, &allowed), "{good}");
    }
    for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "MIT WITH Some-exception", "(MIT OR ISC) AND GPL-3.0", "MIT MIT"] {
        assert!(!is_allowed(bad, &allowed), "{bad}");
    }
}
