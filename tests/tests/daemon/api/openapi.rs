//! Schemathesis asks a real daemon for everything that its OpenAPI document says, and for what it does not.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use smoker_tests::boot::Boot;
use smoker_tests::cli;
use smoker_tests::config::Config;

/// How many requests are made up for each operation, unless the variable says otherwise.
const EXAMPLES: &str = "200";

#[test]
#[cfg_attr(not(has_schemathesis), ignore = "needs schemathesis: pip install schemathesis")]
fn the_daemon_does_what_its_document_says() {
    let config = Config::new()
        .top("state_dir: '{{DIR}}/state'\nlocal_role: run")
        .plugin("fine", "Command: echo well\nCategory: system")
        .plugin("'a b/c'", "Command: exit 1");
    let mut daemon = Boot::of(config).prepare();
    let arguments = ["-c", "{{DIR}}/smokerd.yaml", "--token", "add", "tester", "--role", "admin"];
    let added = cli::smokerd(&daemon.sandbox, &arguments);
    added.expect_code(0);
    daemon.try_start().expect("it starts");
    for name in ["fine", "a b/c"] {
        let _ = daemon.run(name);
    }
    let examples = std::env::var("SMOKER_TESTS_EXAMPLES").unwrap_or_else(|_| EXAMPLES.to_owned());
    let settings = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/daemon/api/schemathesis.toml");
    let mut command = Command::new("schemathesis");
    command.arg("--config-file").arg(settings);
    command.args(["run", &format!("http://{}/openapi.json", daemon.address())]);
    command.args(["--header", &format!("Authorization: Bearer {}", added.stdout.trim()), "--max-examples", &examples]);
    command.args(["--generation-deterministic", "--no-color", "--suppress-health-check", "all"]);
    // Its answer does not end.
    command.args(["--exclude-path", "/events"]);
    command.current_dir(daemon.path(""));
    let output = cli::run_within(&mut command, Duration::from_secs(600));
    assert_eq!(output.code, 0, "{}", output.text());
}
