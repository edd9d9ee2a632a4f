//! What `smokercli --nats` shows: runs, groups, the past, the gate, odd hosts; and those that are silent.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;

use nix::sys::signal::Signal;
use serde_json::Value as Json;
use smoker_tests::cli;
use smoker_tests::config::Config;
use smoker_tests::http::{ANSWER_LIMIT, Request};
use smoker_tests::machine::skip;
use smoker_tests::nats::NatsServer;
use smoker_tests::started::Started;
use smoker_tests::wait;

use crate::nats::operator::{Hosts, Operator, objects};

/// An account that may read inventories, and ask no host.
const USERS: &str = "authorization {
  users = [{ user: ann, password: right, permissions: { publish: \"$JS.>\", subscribe: \"_INBOX.>\" } }]
}";

fn config(number: usize) -> Config {
    let version = if number == 3 { "old" } else { "new" };
    Config::new().plugin("Version", &format!("Command: echo version {version}"))
}

/// The hosts of lines with this status. All daemons of a test have one name, so the address is behind it where it was there before.
fn hosts_with(lines: &[Json], status: &str) -> Vec<String> {
    let named = |line: &Json| line["host"].as_str().unwrap_or_default().to_owned();
    let mut hosts: Vec<_> = lines.iter().filter(|line| line["status"] == status).map(named).collect();
    hosts.sort();
    hosts
}

#[test]
fn all_hosts_run_plugins_and_one_whose_bridge_is_killed_is_unreachable() {
    let Some(mut hosts) = Hosts::start(3, config) else { return };
    let operator = &hosts.operator;
    let output = operator.smokercli("-f -e -o ndjson");
    output.expect_code(0);
    let ok = hosts_with(&objects(&output.stdout), "OK");
    assert_eq!(ok.len(), 3, "{}", output.stdout);
    // The first one is told by the name of its daemon alone.
    for host in ["(web2)", "(web3)"] {
        assert!(ok.iter().any(|name| name.contains(host)), "{ok:?}");
    }
    let output = operator.smokercli("--history -s web1 web2 -o ndjson");
    output.expect_code(0);
    let of_plugin = objects(&output.stdout).iter().filter(|line| line["plugin"] == "Version").count();
    assert_eq!(of_plugin, 2, "{}", output.stdout);

    // Groups that hosts have reported; one of the configuration has precedence.
    assert_eq!(operator.smokercli("--list-hosts -g later").stdout, "web2\nweb3\n");
    assert!(operator.smokercli("--list-hosts -g later -o long").stdout.contains("rack=7"));
    fs::write(operator.home.path(".smokercli.yaml"), "groups: {later: [web1, never]}\n").expect("writable");
    assert_eq!(operator.smokercli("--list-hosts -g later").stdout, "web1\nnever\n");
    let output = operator.smokercli("hosts -e -g later -o ndjson");
    output.expect_code(69);
    let states: Vec<_> = objects(&output.stdout).iter().map(|host| host["state"].clone()).collect();
    assert_eq!(states, ["there", "unknown"], "{}", output.stdout);

    hosts.bridges[1].end(Signal::SIGKILL);
    // The server learns a moment later that the connection has ended.
    let output = wait::until("the host to be UNREACHABLE", || {
        let output = operator.smokercli("-f -e -o ndjson");
        (output.code == 69).then_some(output)
    });
    let lines = objects(&output.stdout);
    assert_eq!(hosts_with(&lines, "UNREACHABLE"), ["web2"], "{}", output.stdout);
    assert_eq!(hosts_with(&lines, "OK").len(), 2, "{}", output.stdout);
    assert!(output.stdout.contains("no smoker-bridge of this host is connected"), "{}", output.stdout);
}

#[test]
fn a_gate_finds_hosts_good_and_misses_one_and_the_odd_one_is_found() {
    let Some(mut hosts) = Hosts::start(3, config) else { return };
    let operator = &hosts.operator;
    operator.smokercli("gate --within 60s --every 200ms --settle 2").expect_code(0);
    let output = operator.smokercli("odd -f -e -o json");
    output.expect_code(69);
    let odd: Json = serde_json::from_str(&output.stdout).expect("JSON");
    let differ = odd["odd"][0]["differ"][0]["hosts"].as_array().cloned().unwrap_or_default();
    let [host] = &*differ else { panic!("{odd}") };
    assert!(host.as_str().is_some_and(|host| host.contains("web3")), "{odd}");

    hosts.bridges[2].end(Signal::SIGKILL);
    let output = wait::until("the gate to miss a host", || {
        let output = operator.smokercli("gate --within 2s --every 200ms");
        (output.code != 0).then_some(output)
    });
    output.expect_code(3);
    assert!(output.stdout.contains("web3"), "{}", output.stdout);
}

#[test]
fn a_result_is_shown_to_who_watches() {
    let Some(hosts) = Hosts::start(1, config) else { return };
    let daemon = &hosts.daemons[0];
    let _ = daemon.finish(&daemon.force(&["Version"]));
    let shown = hosts.operator.home.path("shown");
    let mut command = hosts.operator.command("--watch -o ndjson");
    command.stdout(File::create(&shown).expect("writable")).process_group(0);
    let _watching = Started::spawn(&mut command).expect("it starts");
    let wait_for_lines = |count: usize| {
        wait::until_true("a result to be shown", || {
            fs::read_to_string(&shown).is_ok_and(|text| text.matches("\"Version\"").count() >= count)
        });
    };
    wait_for_lines(1);
    let _ = daemon.finish(&daemon.force(&["Version"]));
    wait_for_lines(2);
}

#[test]
fn a_page_shows_hosts_behind_a_server() {
    let Some(hosts) = Hosts::start(2, config) else { return };
    let said = hosts.operator.home.path("said");
    let mut command = hosts.operator.command_of("smoker-fleet", "--listen 127.0.0.1:0 --every 200ms");
    command.stdout(File::create(&said).expect("writable")).process_group(0);
    let _serving = Started::spawn(&mut command).expect("it starts");
    let address = wait::until("the page to be served", || {
        let text = fs::read_to_string(&said).ok()?;
        text.strip_prefix("The page is at http://")?.strip_suffix("/\n")?.parse().ok()
    });
    wait::until_true("both hosts to be on the page", || {
        let answer = Request::get("/fleet.json").send(address, ANSWER_LIMIT);
        answer.is_ok_and(|answer| answer.status == 200 && answer.text().matches("\"Version\"").count() == 2)
    });
}

#[test]
fn a_server_that_refuses_is_told_with_the_next_step() {
    let Some(server) = NatsServer::with(USERS) else { return };
    let as_user = |user: &str| Operator::of(server.url().replace("nats://", &format!("nats://{user}@")));
    let stranger = as_user("ann:wrong");
    for line in ["", "hosts", "gate", "-s web1 -f"] {
        let output = stranger.smokercli(line);
        output.expect_code(1);
        for words in ["ERROR: --nats: cannot connect to nats://127.0.0.1:", "authorization violation", "--creds"] {
            assert!(output.stderr.contains(words), "{line}: {}", output.stderr);
        }
        assert!(!output.text().contains("wrong"), "{}", output.text());
    }

    // Nobody has made the streams of the fleet.
    let reader = as_user("ann:right");
    let output = reader.smokercli("hosts");
    output.expect_code(1);
    assert!(output.stderr.contains("the inventory of the fleet cannot be read"), "{}", output.stderr);

    let output = reader.smokercli("-s web1 -e --timeout 2s");
    output.expect_code(69);
    for words in ["web1", "UNREACHABLE", "timed out; the NATS server refuses the request"] {
        assert!(output.stdout.contains(words), "{}", output.stdout);
    }
}

/// Of the host that asks: the server alone knows how old a presence is.
#[test]
fn a_clock_that_is_wrong_makes_no_host_silent() {
    if skip::program("faketime", "apt-get install faketime").is_none() {
        return;
    }
    let Some(hosts) = Hosts::start(1, config) else { return };
    for offset in ["+2d", "-2d"] {
        let mut command = hosts.operator.command_through(&["faketime", "-f", offset], "hosts -e -o ndjson");
        let output = cli::run(&mut command);
        output.expect_code(0);
        let host = &objects(&output.stdout)[0];
        assert_eq!(host["state"], "there", "{host}");
        assert!(host["reportedSecondsAgo"].as_u64().is_some_and(|seconds| seconds < 90), "{host}");
    }
}
