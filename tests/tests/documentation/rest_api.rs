//! The session that `docs/rest-api.md` shows takes place with a real daemon.
//!
//! Each `console` block has commands (`$ curl ...`) with their output: perhaps
//! some lines of the head and an empty line, then JSON, or lines of the output. A page that is there
//! only when runs have ended is asked for again until it is.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value as Json;
use smoker_tests::daemon::Daemon;
use smoker_tests::documents::markdown;
use smoker_tests::machine::skip::program;
use smoker_tests::{cli, wait};

use crate::example::{config, files};
use crate::shown;
use crate::{page, routes};

const PAGE: &str = "docs/rest-api.md";

/// The address that the page takes the daemon to have.
const ADDRESS: &str = "http://localhost:8086";

/// A command with what it printed.
struct Exchange {
    command: String,
    output: String,
}

impl Exchange {
    fn method(&self) -> &str {
        let given = self.command.split_once(" -X ").and_then(|(_, rest)| rest.split(' ').next());
        given.unwrap_or(if self.command.contains(" -d ") { "POST" } else { "GET" })
    }

    fn path(&self) -> &str {
        let (_, rest) = self.command.split_once(ADDRESS).unwrap_or_else(|| panic!("no address: {}", self.command));
        rest.split([' ', '?', '\'']).next().unwrap_or_default()
    }
}

fn exchanges() -> Vec<Exchange> {
    let blocks = markdown::blocks(&page::read(PAGE));
    let consoles = blocks.into_iter().filter(|block| block.language == "console");
    let exchange = |text: &str| {
        let (command, output) = text.split_once('\n').unwrap_or((text, ""));
        Exchange { command: command.to_owned(), output: output.to_owned() }
    };
    consoles.flat_map(|block| block.text.split("$ ").skip(1).map(exchange).collect::<Vec<_>>()).collect()
}

#[test]
fn the_session_takes_place_as_it_is_shown() {
    if program("curl", "apt-get install curl").is_none() {
        return;
    }
    let blocks = markdown::blocks(&page::read(PAGE));
    let yaml = blocks.iter().find(|block| block.language == "yaml").expect("a configuration");
    let daemon = Daemon::start(config(&yaml.text, &files(&blocks)));
    let folder = daemon.path("").display().to_string();
    for exchange in exchanges() {
        let command = exchange.command.replace(ADDRESS, &format!("http://{}", daemon.address()));
        let ask = || {
            let output = cli::run(Command::new("sh").args(["-c", &command.replacen("curl", "curl -sS", 1)]));
            assert_eq!(output.stderr, "", "{command}");
            compare(&exchange.output, &output.stdout.replace(&folder, page::FOLDER))
        };
        let mut outcome = ask();
        if outcome.is_err() && exchange.method() == "GET" {
            wait::within(wait::DEADLINE, || {
                outcome = ask();
                outcome.is_ok().then_some(())
            });
        }
        assert_eq!(outcome, Ok(()), "{PAGE}: {}", exchange.command);
    }
}

/// Each line of the head that is shown is there, and the body is the shown one, or has the shown lines when it is no JSON.
fn compare(expected: &str, actual: &str) -> Result<(), String> {
    let (expected_head, expected_body) = parts(expected);
    let (head, body) = parts(actual);
    for line in expected_head.lines() {
        if !head.lines().any(|own| own.trim_end() == line) {
            return Err(format!("no line '{line}' in {head}"));
        }
    }
    if !expected_body.trim_start().starts_with(['{', '[']) {
        let missing = expected_body.trim().lines().find(|line| !body.lines().any(|own| own == *line));
        return missing.map_or(Ok(()), |line| Err(format!("no line '{line}' in {body}")));
    }
    let expected: Json = serde_json::from_str(expected_body).map_err(|error| format!("{error}: {expected_body}"))?;
    let body = serde_json::from_str(body).map_err(|error| format!("{error}: {body}"))?;
    shown::compare(&expected, &body, "")
}

fn parts(output: &str) -> (&str, &str) {
    let end = output.find("\n\n").or_else(|| output.find("\r\n\r\n")).filter(|_| output.starts_with("HTTP/"));
    output.split_at(end.unwrap_or(0))
}

#[test]
fn every_route_of_the_code_is_listed_and_shown() {
    let page = page::read(PAGE);
    let tables = markdown::tables(&page);
    let routes = tables.iter().find(|table| table.columns[0] == "request").expect("a table of requests");
    let listed: BTreeSet<_> = routes.rows.iter().map(|row| row[0].trim_matches('`')).collect();

    let names = [("{name}", "NAME"), ("{id}", "N"), ("{file}", "FILE")];
    let in_words = |route: String| names.iter().fold(route, |route, (from, to)| route.replace(from, to));
    let known: BTreeSet<_> = routes::all().into_iter().map(in_words).collect();
    assert_eq!(listed, known.iter().map(String::as_str).collect(), "{PAGE} and api/mod.rs have other routes");

    let exchanges = exchanges();
    for route in &known {
        let is_shown = |exchange: &Exchange| {
            let request = format!("{} {}", exchange.method(), exchange.path());
            let is_same = |(own, segment): (&str, &str)| own == segment || ["NAME", "N", "FILE"].contains(&own);
            route.split('/').count() == request.split('/').count()
                && route.split('/').zip(request.split('/')).all(is_same)
        };
        assert!(exchanges.iter().any(is_shown), "{PAGE} shows no {route}");
    }
}
