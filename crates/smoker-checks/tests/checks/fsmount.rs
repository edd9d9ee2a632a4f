//! The module `smoker.server.plugins.fsmount` on file systems that cannot be written.

use std::env;
use std::process::Command;

use smoker_tests::machine::skip::{program, skip};

use crate::request::module;
use nix::unistd::geteuid;
use serde_json::json;

const FOLDER: &str = "SMOKER_TEST_MOUNTS";

/// Mounts a good, a read-only and a full file system where only this shell
/// and what it starts see them, then runs the test below.
const SCRIPT: &str = r#"
set -e
mkdir "$SMOKER_TEST_MOUNTS/good" "$SMOKER_TEST_MOUNTS/read only" "$SMOKER_TEST_MOUNTS/full"
mount -t tmpfs -o size=64k none "$SMOKER_TEST_MOUNTS/good"
mount -t tmpfs -o ro none "$SMOKER_TEST_MOUNTS/read only"
mount -t tmpfs -o size=64k none "$SMOKER_TEST_MOUNTS/full"
head -c 1000000 /dev/zero > "$SMOKER_TEST_MOUNTS/full/fill" 2>/dev/null || true
exec "$0" --exact --include-ignored fsmount::inside_of_the_namespace
"#;

#[test]
fn file_systems_that_cannot_be_written_are_errors() {
    let Some(unshare) = program("unshare", "install with: apt-get install util-linux") else { return };
    if !geteuid().is_root() {
        return skip("no test of fsmount with a read-only and a full file system", "run the tests as root");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let test = env::current_exe().expect("this program");
    let mut command = Command::new(unshare);
    command.args(["--mount", "sh", "-c", SCRIPT]).arg(test).env(FOLDER, folder.path());
    let output = command.output().expect("a run");
    let stdout = String::from_utf8_lossy(&output.stdout);
    let printed = format!("{stdout}{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && stdout.contains("1 passed"), "{printed}");
}

#[test]
#[ignore = "run by file_systems_that_cannot_be_written_are_errors, with its mounts"]
fn inside_of_the_namespace() {
    let Some(folder) = env::var_os(FOLDER) else { return };
    let folder = folder.into_string().expect("text");
    let point = |name: &str| format!("{folder}/{name}");
    let mounts = [point("good"), point("read only"), point("full")];
    let answer =
        module("smoker.server.plugins.fsmount", &json!({"Mounts": mounts, "Types": ["tmpfs"]})).expect("findings");
    let error = |name: &str| answer["componentResults"][point(name)]["messages"]["error"].clone();
    assert_eq!(answer["status"], "ERROR");
    assert_eq!(answer["componentResults"][point("good")]["status"], "OK");
    for (name, reason) in
        [("read only", "[Errno 30] Read-only file system"), ("full", "[Errno 28] No space left on device")]
    {
        let errors = error(name);
        let text = errors[0].as_str().expect("an error");
        assert!(text.starts_with(&format!("Read/Write: file write failed: {reason}")), "{text}");
        assert_eq!(errors.as_array().map(Vec::len), Some(1));
    }
    let left = std::fs::read_dir(point("full")).expect("a list").count();
    assert_eq!(left, 1, "the temporary file is deleted also where it cannot be written");
    let ignored = json!({"Mounts": mounts, "Types": ["tmpfs"], "Ignore": format!("{folder}/(full|read)")});
    assert_eq!(module("smoker.server.plugins.fsmount", &ignored).expect("findings")["status"], "OK");
}
