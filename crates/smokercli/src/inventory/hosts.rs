//! Where the daemons are: addresses, ranges and files of them.

use std::collections::HashSet;
use std::io::Read;
use std::net::Ipv6Addr;
use std::path::Path;

use reqwest::Url;

use crate::error::Failure;

/// More hosts than this out of ranges are taken for a slip of the pen.
const MAX_EXPANSION: usize = 100_000;

/// The most bytes that the names out of one expression may have together.
const MAX_NAMES: usize = 4 << 20;

/// A daemon to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The address as it was typed, which messages show until the host has told its name.
    pub label: String,
    /// The page to begin with, or why this is no address.
    pub page: Result<Url, String>,
}

impl Address {
    /// Reads `host`, `host:port`, `[::1]:8086` or a URL. What is no address
    /// becomes a host that cannot be asked.
    #[must_use]
    pub fn parse(typed: &str, default_port: &str) -> Self {
        let page = if typed.contains("://") { parse_url(typed) } else { parse_host_port(typed, default_port) };
        let label = match &page {
            Ok(url) if url.password().is_some() => without_password(url),
            Ok(_) => typed.to_owned(),
            Err(_) => without_typed_password(typed),
        };
        Self { label, page }
    }
}

/// The hosts of these expressions in their order, each address once.
#[must_use]
pub fn expand(expressions: &[String], default_port: &str) -> Vec<Address> {
    let mut seen = HashSet::new();
    let mut addresses = Vec::new();
    let mut room = MAX_EXPANSION;
    for expression in expressions {
        match expand_ranges(expression, &mut room) {
            Ok(typed) => addresses.extend(typed.iter().map(|typed| Address::parse(typed, default_port))),
            Err(reason) => addresses.push(Address { label: without_typed_password(expression), page: Err(reason) }),
        }
    }
    addresses.retain(|address| {
        seen.insert(match &address.page {
            Ok(url) => url.as_str().to_owned(),
            Err(_) => address.label.clone(),
        })
    });
    addresses
}

/// Reads a file of hosts: one expression a line, `#` begins a comment, `-` is standard input.
///
/// # Errors
///
/// When the file cannot be read or holds no host.
pub fn read_file(path: &Path) -> Result<Vec<String>, Failure> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).map(|_| ())
    } else {
        std::fs::read_to_string(path).map(|content| text = content)
    };
    read.map_err(|error| Failure::new(format!("cannot read the hosts file {}: {error}", path.display())))?;
    let hosts = lines(&text);
    if hosts.is_empty() {
        return Err(Failure::new(format!("the hosts file {} names no host; write one a line", path.display())));
    }
    Ok(hosts)
}

/// One expression a line, without comments and blank lines.
#[must_use]
pub fn lines(text: &str) -> Vec<String> {
    text.lines()
        .map(|line| line.split_once('#').map_or(line, |(before, _)| before).trim())
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

fn parse_url(typed: &str) -> Result<Url, String> {
    let url = Url::parse(typed).map_err(|error| format!("not a URL: {error}"))?;
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(url),
        other => Err(format!("unsupported scheme {other}; use http or https")),
    }
}

fn parse_host_port(typed: &str, default_port: &str) -> Result<Url, String> {
    if typed.contains('@') {
        return Err("it is not a host name; a user and password can stand in a URL only".to_owned());
    }
    let (host, port) = split_port(typed)?;
    let port = port.unwrap_or(default_port);
    if port.parse::<u16>().map_or(true, |number| number == 0) {
        return Err(format!("{port:?} is not a port; use a number from 1 to 65535"));
    }
    let invalid = || format!("{host:?} is not a host name; use HOST, HOST:PORT, [IPV6]:PORT or a URL");
    if host.is_empty() || host.contains(['/', '@', '?', '#', '\\', '%']) || host.contains(char::is_whitespace) {
        return Err(invalid());
    }
    Url::parse(&format!("http://{host}:{port}/")).map_err(|_| invalid())
}

fn split_port(typed: &str) -> Result<(String, Option<&str>), String> {
    if let Some(rest) = typed.strip_prefix('[') {
        let (literal, after) = rest.split_once(']').ok_or("the bracket of the IPv6 address is not closed")?;
        let port = match after.strip_prefix(':') {
            Some(port) => Some(port),
            None if after.is_empty() => None,
            None => return Err("only :PORT may follow the IPv6 address".to_owned()),
        };
        return Ok((format!("[{literal}]"), port));
    }
    if typed.parse::<Ipv6Addr>().is_ok() {
        return Ok((format!("[{typed}]"), None));
    }
    match *typed.split(':').collect::<Vec<_>>() {
        [host] => Ok((host.to_owned(), None)),
        [host, port] => Ok((host.to_owned(), Some(port))),
        _ => Err("too many colons; use HOST:PORT, or [IPV6]:PORT".to_owned()),
    }
}

fn without_password(url: &Url) -> String {
    let mut url = url.clone();
    // Cannot fail: only URLs that cannot have a password refuse, and this one has one.
    let _ = url.set_password(None);
    url.to_string()
}

/// What was typed and is no address may still hold a password, between the
/// first colon and the last `@`.
fn without_typed_password(typed: &str) -> String {
    let Some((before, host)) = typed.rsplit_once('@') else { return typed.to_owned() };
    let scheme = before.find("://").filter(|at| !before[..*at].contains('@'));
    let start = scheme.map_or(0, |at| at + "://".len());
    let user = before[start..].find(':').map_or(before, |at| &before[..start + at]);
    format!("{user}@{host}")
}

/// Writes out every `[01-40]` and `[1,3,5-7]`; the width of the first number
/// is kept. `room` is how many hosts all ranges together may still give.
fn expand_ranges(expression: &str, room: &mut usize) -> Result<Vec<String>, String> {
    let mut done = vec![String::new()];
    let mut rest = expression;
    while let Some((before, numbers, after)) = next_range(rest) {
        let numbers = range_numbers(numbers, *room / done.len())?;
        let count = done.len() * numbers.len();
        if count * expression.len() > MAX_NAMES {
            return Err(format!("stands for more than {} MiB of names", MAX_NAMES >> 20));
        }
        done = done.iter().flat_map(|head| numbers.iter().map(move |n| format!("{head}{before}{n}"))).collect();
        rest = after;
    }
    if done.len() > 1 {
        *room -= done.len();
    }
    for typed in &mut done {
        typed.push_str(rest);
    }
    Ok(done)
}

fn too_many() -> String {
    format!("stands for more than {MAX_EXPANSION} hosts, all ranges together")
}

/// Splits at the first bracket that holds a range and not an IPv6 address.
fn next_range(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('[')?;
    let (inside, after) = rest.split_once(']')?;
    let is_range = inside.contains(|c: char| c.is_ascii_digit())
        && inside.chars().all(|c| c.is_ascii_digit() || c == '-' || c == ',');
    is_range.then_some((before, inside, after))
}

/// The numbers of a range, at most so many: it is looked before they are made.
fn range_numbers(inside: &str, most: usize) -> Result<Vec<String>, String> {
    let mut numbers = Vec::new();
    for part in inside.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let bounds = first.parse::<usize>().ok().zip(last.parse::<usize>().ok());
        let (low, high) = bounds
            .filter(|(low, high)| low <= high)
            .ok_or_else(|| format!("[{inside}] is not a range; write the lower number first, as in [01-40]"))?;
        if high - low >= most - numbers.len() {
            return Err(too_many());
        }
        let width = first.len();
        numbers.extend((low..=high).map(|number| format!("{number:0width$}")));
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(typed: &str) -> Result<String, String> {
        Address::parse(typed, "8086").page.map(String::from)
    }

    #[test]
    fn every_form_of_address_leads_to_a_page() {
        let cases = [
            ("server1", "http://server1:8086/"),
            ("server1:90", "http://server1:90/"),
            ("[::1]", "http://[::1]:8086/"),
            ("[::1]:90", "http://[::1]:90/"),
            ("::1", "http://[::1]:8086/"),
            ("http://server1:90", "http://server1:90/"),
            ("https://smoker.example.org/a/", "https://smoker.example.org/a/"),
        ];
        for (typed, expected) in cases {
            assert_eq!(page(typed).as_deref(), Ok(expected), "{typed}");
        }
    }

    #[test]
    fn what_is_no_address_says_why() {
        for (typed, word) in [
            ("127.0.0.1:http", "port"),
            ("127.0.0.1:0", "port"),
            ("127.0.0.1:70000", "port"),
            ("127.0.0.1:80:99", "colons"),
            ("", "host name"),
            ("a b", "host name"),
            ("user@host", "host name"),
            ("[::1", "bracket"),
            ("[::1]x", "IPv6"),
            ("ftp://host", "scheme"),
        ] {
            let reason = page(typed).expect_err(typed);
            assert!(reason.contains(word), "{typed}: {reason}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        assert_eq!(Address::parse("http://u:secret@h/", "1").label, "http://u@h/");
        for typed in ["http://u:secret@h h/", "ftp://u:secret@h", "u:secret@h", "u:secret@h[2-1]", "u:secret@://u@h"] {
            let address = expand(&[typed.to_owned()], "1").remove(0);
            let shown = format!("{} {}", address.label, address.page.expect_err(typed));
            assert!(!shown.contains("secret") && shown.contains("u@h"), "{shown}");
        }
    }

    #[test]
    fn ranges_keep_their_width_and_multiply() {
        let all = |expression: &str| expand_ranges(expression, &mut 10).expect("a range");
        assert_eq!(all("web[08-11].x:1"), ["web08.x:1", "web09.x:1", "web10.x:1", "web11.x:1"]);
        assert_eq!(all("r[1-2]n[1,3]"), ["r1n1", "r1n3", "r2n1", "r2n3"]);
        assert_eq!(all("[::1]:8086"), ["[::1]:8086"]);
        let refused = |expression: &str, room| expand_ranges(expression, &mut { room }).expect_err("no range");
        assert!(refused("a[9-1]", 10).contains("is not a range"));
        assert!(refused("a[1-999999]b[1-9]", MAX_EXPANSION).contains("more than 100000 hosts"));
        let wide = format!("a[{}-99999]", "0".repeat(5000));
        assert!(refused(&wide, MAX_EXPANSION).contains("MiB of names"));
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

    #[test]
    fn a_hosts_file_has_comments() {
        assert_eq!(lines("a # one\n\n# two\r\n b[1-2] \n"), ["a", "b[1-2]"]);
    }
}
