//! Hosts as Ansible writes them: `web[01:40:2].example.org:22`, `db[a:c]`.

/// The most hosts that one pattern may stand for.
const MAX_HOSTS: usize = 100_000;

/// The names of the hosts. A port is that of SSH and left out.
///
/// # Errors
///
/// When a range is none.
pub(super) fn expand(pattern: &str) -> Result<Vec<String>, String> {
    let mut done = vec![String::new()];
    let mut rest = without_port(pattern);
    while let Some((before, inside, after)) = next_range(rest) {
        let items = items(inside).ok_or_else(|| format!("[{inside}] is no range; write [01:40] or [a:f]"))?;
        if done.len().saturating_mul(items.len()) > MAX_HOSTS {
            return Err(format!("{pattern} stands for more than {MAX_HOSTS} hosts"));
        }
        done = done.iter().flat_map(|head| items.iter().map(move |item| format!("{head}{before}{item}"))).collect();
        rest = after;
    }
    for name in &mut done {
        name.push_str(rest);
    }
    Ok(done)
}

/// Without the port of SSH behind a name, or behind an address of IPv6 in brackets.
fn without_port(pattern: &str) -> &str {
    let Some((name, port)) = pattern.rsplit_once(':') else { return pattern };
    let is_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let is_in_range = name.matches('[').count() > name.matches(']').count();
    // More colons outside of brackets are an address of IPv6 without a port.
    let is_address = name.parse::<std::net::Ipv6Addr>().is_ok() || pattern.parse::<std::net::Ipv6Addr>().is_ok();
    if is_port && !is_in_range && !is_address { name } else { pattern }
}

fn next_range(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('[')?;
    let (inside, after) = rest.split_once(']')?;
    // An address of IPv6 has more colons than a range.
    (inside.contains(':') && inside.matches(':').count() <= 2 && !inside.contains("::"))
        .then_some((before, inside, after))
}

fn items(inside: &str) -> Option<Vec<String>> {
    let mut parts = inside.split(':');
    let (first, last) = (parts.next()?, parts.next()?);
    let step = match parts.next() {
        Some(step) => step.parse::<usize>().ok().filter(|step| *step > 0)?,
        None => 1,
    };
    let letter = |text: &str| Some(text.chars().next()?).filter(|c| c.is_ascii_alphabetic() && text.len() == 1);
    if let (Some(first), Some(last)) = (letter(first), letter(last)) {
        return (first <= last).then(|| (first..=last).step_by(step).map(String::from).collect());
    }
    let first_number = if first.is_empty() { 0 } else { first.parse::<usize>().ok()? };
    let last = last.parse::<usize>().ok().filter(|last| first_number <= *last && last - first_number < MAX_HOSTS)?;
    let width = first.len();
    Some((first_number..=last).step_by(step).map(|number| format!("{number:0width$}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_have_colons_and_ports_are_those_of_ssh() {
        for (pattern, expected) in [
            ("web1", vec!["web1"]),
            ("web1.example.org:2222", vec!["web1.example.org"]),
            ("web[08:10].x:22", vec!["web08.x", "web09.x", "web10.x"]),
            ("db-[a:c]", vec!["db-a", "db-b", "db-c"]),
            ("r[1:5:2]n[1:2]", vec!["r1n1", "r1n2", "r3n1", "r3n2", "r5n1", "r5n2"]),
            ("2001:db8::1", vec!["2001:db8::1"]),
            ("[2001:db8::1]:22", vec!["[2001:db8::1]"]),
        ] {
            assert_eq!(expand(pattern), Ok(expected.into_iter().map(str::to_owned).collect()), "{pattern}");
        }
        assert!(expand("web[9:1]").is_err() && expand("web[1:x]").is_err());
        assert!(expand("web[1:99999][1:99999]").is_err());
    }
}
