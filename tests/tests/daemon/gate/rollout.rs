//! A rollout over real daemons: what it does, which host is odd behind it, and what has changed.

use std::os::unix::fs::symlink;

use serde_json::Value as Json;
use smoker_tests::cli;
use smoker_tests::config::Config;

use super::{Host, Operator};

#[test]
fn a_rollout_stops_at_a_bad_host_which_is_odd_and_goes_on_when_it_is_mended() {
    let config = || {
        let version = "Command: echo version $(cat {{DIR}}/version); grep -q new {{DIR}}/version";
        Config::new().file("version", "old\n").plugin("Version", version).plugin("Other", "Command: echo $$")
    };
    let hosts = [7, 8, 9].map(|number| Host::start(number, config()));
    let operator = Operator::of(&hosts);
    let home = operator.0.path();
    std::fs::create_dir(home.join("hosts")).expect("a folder");
    for host in &hosts {
        symlink(host.daemon.path(""), home.join(format!("hosts/{}", host.address.ip()))).expect("a link");
    }
    let roll = |arguments: &[&str]| {
        let mut command = operator.command("roll --gate");
        cli::run(command.arg("within 3s, every 200ms, plugins Version").args(arguments))
    };
    operator.smokercli("baseline -g prod -o before.json").expect_code(0);

    // The last host is of the second batch, and what its command does is nothing.
    std::fs::write(home.join("deploy"), "[ $1 = 127.0.0.9 ] || echo new > hosts/$1/version\n").expect("writable");
    let output = roll(&["-g", "prod", "--state", "rolls.ndjson", "--steps", "2,100%", "--run", "sh deploy {host}"]);
    output.expect_code(69);
    let odd_host = hosts[2].address;
    let bad = format!("{odd_host} is bad: Version: failure [ERROR]");
    assert!(output.stdout.contains(&bad), "{}", output.stdout);
    assert!(output.stdout.contains("stopped: 1 of 3 hosts are bad"), "{}", output.stdout);

    let output = operator.smokercli("odd -g prod -f -e");
    output.expect_code(69);
    // The gate of the others has found them good; numbers such as those of processes make no difference.
    let names: Json = serde_json::from_str(&operator.smokercli("odd -g prod -o json").stdout).expect("JSON");
    assert_eq!(names["odd"].as_array().map(Vec::len), Some(1), "{names}");
    assert_eq!((&names["odd"][0]["plugin"], &names["alike"]), (&"Version".into(), &1.into()), "{names}");
    assert_eq!(names["odd"][0]["differ"][0]["hosts"].as_array().map(Vec::len), Some(1), "{names}");
    assert!(output.stdout.contains("Version: 2 alike; ") && output.stdout.contains("version old"), "{}", output.stdout);

    // The gate found the host bad, so it is looked at again, and nothing is run on it.
    roll(&["--resume", "rolls.ndjson"]).expect_code(69);
    std::fs::write(home.join("hosts/127.0.0.9/version"), "new\n").expect("writable");
    let output = roll(&["--resume", "rolls.ndjson"]);
    output.expect_code(0);
    assert!(output.stdout.ends_with("done: 3 hosts, 0 bad\n"), "{}", output.stdout);
    let record = operator.read("rolls.ndjson");
    assert_eq!(record.lines().filter(|line| line.contains("\"runBegun\"")).count(), 3, "{record}");

    operator.smokercli("baseline -g prod -o after.json").expect_code(0);
    let output = operator.smokercli("diff before.json after.json -e");
    output.expect_code(69);
    let fixed = output.stdout.lines().next().unwrap_or_default();
    assert!(fixed.starts_with("Version: fixed [OK, was ERROR]: ") && fixed.matches("127.0.0.").count() == 3, "{fixed}");
    assert!(output.stdout.ends_with("3 hosts, 3 with differences: 3 fixed\n"), "{}", output.stdout);
    operator.smokercli("diff after.json after.json -e").expect_code(0);
}
