//! No interpreter that the daemon starts takes a file from the working directory.

use smoker_tests::boot::Boot;
use smoker_tests::cli;
use smoker_tests::config::Config;
use smoker_tests::sandbox::Sandbox;

const IN_PLACE: [&str; 3] = ["sh", "-c", "cd {{DIR}}/here && exec \"$0\" \"$@\""];

/// What an interpreter imports before anything else, and what the host and its modules do.
const TAKEN: [&str; 5] = ["sitecustomize", "usercustomize", "json", "socket", "helper"];

fn config() -> Config {
    let trap = "open('{{DIR}}/taken', 'a').write(__name__ + '\\n')\n";
    let module = "from smoker.server.plugins import BasePlugin\nclass Plugin(BasePlugin):\n    def run(self):\n        \
                  try:\n            import helper\n        except ImportError:\n            self.result.add_info('no helper')\n        \
                  self.result.set_status('OK')\n";
    let config = Config::new().file("module.py", module).plugin("module", "Module: module");
    TAKEN.iter().fold(config, |config, name| config.file(&format!("here/{name}.py"), trap))
}

#[test]
fn no_python_of_the_daemon_looks_in_the_working_directory() {
    for path in ["", ":", "/nowhere:", ":/nowhere", "/nowhere::/nowhere"] {
        let daemon = Boot::of(config()).through(&IN_PLACE).environment("PYTHONPATH", path).start();
        daemon.run("module").expect_ok(&["no helper"]);
        assert!(!daemon.path("taken").exists(), "{path:?}: {}", daemon.wait_for_file("taken"));
    }
}

#[test]
fn neither_does_that_of_a_check() {
    let sandbox = Sandbox::new();
    config().write(&sandbox).expect("writable");
    let mut command = cli::smokerd_command(&sandbox, &["--check", "-c", "{{DIR}}/smokerd.yaml"]);
    let output = cli::run(command.current_dir(sandbox.path("here")).env("PYTHONPATH", ":/nowhere"));
    output.expect_code(0);
    assert!(!sandbox.path("taken").exists(), "{}", output.text());
}
