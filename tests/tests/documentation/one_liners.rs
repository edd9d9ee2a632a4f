//! The commands that `docs/modules.md` shows for e-mail and apprise send what they say.

use std::fs;

use smoker_tests::documents::markdown;
use smoker_tests::executable;
use smoker_tests::sandbox::Sandbox;
use smoker_tests::{binary, cli};

use crate::example::config;
use crate::page;

#[test]
fn the_commands_for_mail_and_apprise_send_a_line_for_each_plugin() {
    let blocks = markdown::blocks(&page::read("docs/modules.md"));
    let block = blocks.iter().find(|block| block.text.contains("apprise -t")).expect("the block with both");
    let sandbox = Sandbox::new();
    config(&block.text, &[]).write(&sandbox).expect("writable");
    for name in ["mail", "apprise"] {
        let script = "#!/bin/sh\nfor word; do echo \"$word\"; done > \"$0.got\"\ncat >> \"$0.got\"\n";
        executable::write(&sandbox.path(&format!("bin/{name}")), script);
    }
    let path = format!("{}:{}", sandbox.path("bin").display(), std::env::var("PATH").unwrap_or_default());
    for (action, program) in [("Mail", "mail"), ("Apprise", "apprise")] {
        let mut command = sandbox.command(&binary::path("smokerd"));
        command.args(["--test-action", action, "-c"]).arg(sandbox.path("smokerd.yaml")).env("PATH", &path);
        let output = cli::run(&mut command);
        assert_eq!(output.code, 0, "{}", output.text());
        let got = fs::read_to_string(sandbox.path(&format!("bin/{program}.got"))).expect("it was called");
        assert!(got.contains("\nsmoker: Disk is ERROR\n"), "{got}");
        let line = format!("\nDisk ERROR a test of the action {action}; nothing has happened\n");
        assert!(got.ends_with(&line), "{got}");
    }
}
