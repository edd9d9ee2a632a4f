//! Where a test makes a release: a folder for the artefacts, and stand-ins for the tools that build.

use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use smoker_tests::cli::{self, Output};
use smoker_tests::executable;
use smoker_tests::machine::skip::{find, program};
use smoker_tests::wait;
use tempfile::TempDir;

use crate::built::root;

/// The version of the programs.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Later than any date in the sources.
const EPOCH: &str = "4102444800";

/// Builds shell scripts in place of the programs, but none for a target that `FAIL_FOR` names; knows the real workspace.
const CARGO: &str = r#"#!/bin/sh
set -eu
case $1 in
metadata) exec "$REAL_CARGO" "$@" ;;
auditable) ;;
*) exit 2 ;;
esac
while [ "$1" != --target ]; do shift; done
triple=${2%.2.17}
case $triple in *"${FAIL_FOR:-none}"*) echo "$triple is not built" >&2; exit 101 ;; esac
mkdir -p "$CARGO_TARGET_DIR/$triple/release"
for name in smokerd smokercli check_smoker_plugin smoker-fleet smoker-bridge; do
    printf '#!/bin/sh\necho %s %s "$@"\n' "$name" "$VERSION" > "$CARGO_TARGET_DIR/$triple/release/$name"
    chmod 755 "$CARGO_TARGET_DIR/$triple/release/$name"
done
"#;

/// A compiler that has the libraries of two targets.
const RUSTC: &str = "#!/bin/sh\n[ \"$*\" != '--print sysroot' ] || { echo \"$SYSROOT\"; exit; }\nexec \"${REAL_CARGO%cargo}rustc\" \"$@\"\n";

/// Where one test works.
pub(crate) struct Workplace {
    folder: TempDir,
}

impl Workplace {
    /// Tools in place, nothing built; `None` after a loud line when this machine cannot sign.
    pub(crate) fn new() -> Option<Self> {
        program("minisign", "apt-get install minisign")?;
        let place = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        fs::create_dir(place.path("tools")).expect("writable");
        for (name, text) in [("cargo", CARGO), ("rustc", RUSTC)] {
            place.tool(name, text);
        }
        for name in ["cargo-zigbuild", "cargo-auditable", "zig"] {
            place.tool(name, "#!/bin/sh\n");
        }
        for triple in ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"] {
            let library = place.path("sysroot/lib/rustlib").join(triple).join("lib");
            fs::create_dir_all(&library).expect("writable");
            fs::write(library.join("libstd-0.rlib"), "").expect("writable");
        }
        Some(place)
    }

    /// A path in the folder of this test.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts a script in place of a tool.
    pub(crate) fn tool(&self, name: &str, text: &str) {
        executable::write(&self.path("tools").join(name), text);
    }

    /// Takes a tool away; those of the system go with it.
    pub(crate) fn without(&self, name: &str) {
        fs::remove_file(self.path("tools").join(name)).expect("it was there");
        for kept in ["sh", "dirname", "grep", "sed", "tar", "gzip", "git", "ls", "cat", "sha256sum", "minisign"] {
            let real = find(kept).unwrap_or_else(|| panic!("{kept} is needed"));
            symlink(real, self.path("tools").join(kept)).expect("writable");
        }
        self.tool("python3", "#!/bin/sh\nexit 1\n");
    }

    /// A script of the release, with the tools of this test before those of the system.
    pub(crate) fn script(&self, name: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.arg(root().join("rc.d/packages/release").join(name));
        let tools = self.path("tools");
        let path = env::join_paths(std::iter::once(tools.clone()).chain(self.system())).expect("a path");
        command.env("PATH", path).env("CARGO", tools.join("cargo")).env("REAL_CARGO", env!("CARGO"));
        command.env("SYSROOT", self.path("sysroot")).env("CARGO_TARGET_DIR", self.path("built"));
        command.env("VERSION", VERSION).env("SOURCE_DATE_EPOCH", EPOCH).env("TARGETS", "x86_64-gnu aarch64-gnu");
        command.env("RUNNABLE", self.path("built/aarch64-unknown-linux-gnu/release"));
        for name in ["MINISIGN_KEY", "JOBS", "RUSTC", "CARGO_ENCODED_RUSTFLAGS"] {
            command.env_remove(name);
        }
        command
    }

    /// The folders of the system's tools; none when one was taken away.
    fn system(&self) -> Vec<PathBuf> {
        if self.path("tools/sh").exists() {
            return Vec::new();
        }
        env::split_paths(&env::var_os("PATH").unwrap_or_default()).collect()
    }

    /// Makes a release in a folder of this test.
    pub(crate) fn release(&self, folder: &str, settings: &[(&str, &str)]) -> Output {
        let mut command = self.script("release.sh");
        let command = command.arg(VERSION).arg(self.path(folder)).envs(settings.iter().copied());
        cli::run_within(command, wait::DEADLINE * 10)
    }

    /// Looks at the artefacts in a folder.
    pub(crate) fn check(&self, folder: &Path) -> Output {
        // No system is fetched to try the programs on.
        let mut command = self.script("check.sh");
        cli::run_within(command.arg(VERSION).arg(folder).env("OLD_SYSTEMS", " "), wait::DEADLINE * 10)
    }

    /// The names in a folder, sorted.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).into_iter().flatten().flatten();
        let mut names: Vec<_> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// The text of a file.
    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }
}
