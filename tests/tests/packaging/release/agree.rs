//! Version, changelog, man pages and tag of a release agree.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use smoker_tests::cli::{self, Output};
use tempfile::TempDir;

use crate::built::root;

/// Sources with an entry of the changelog and the date of a man page, committed on the first of March 2027.
struct Sources {
    folder: TempDir,
}

impl Sources {
    fn new(entry: &str, dated: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let man = folder.path().join("docs/man");
        fs::create_dir_all(&man).expect("writable");
        fs::write(
            folder.path().join("docs/CHANGELOG.md"),
            format!("# Changelog\n\n## {entry}\n\n- New.\n\n## 3.0.9 (2026-01-01)\n"),
        )
        .expect("writable");
        fs::write(man.join("smokerd.8"), format!(".Dd {dated}\n.Dt SMOKERD 8\n")).expect("writable");
        let sources = Self { folder };
        for arguments in [&["init", "-q"][..], &["add", "."], &["commit", "-q", "-m", "All of it"]] {
            sources.git(arguments);
        }
        sources
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn git(&self, arguments: &[&str]) {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=Jo", "-c", "user.email=jo@example.org", "-c", "commit.gpgsign=false"]);
        git.env("GIT_COMMITTER_DATE", "2027-03-01T12:00:00Z").env("GIT_AUTHOR_DATE", "2027-03-01T12:00:00Z");
        cli::run(git.args(arguments).current_dir(self.path())).expect_code(0);
    }

    fn agree(&self, key: &str) -> Output {
        let mut script = Command::new("sh");
        script.arg(root().join("rc.d/packages/release/agree.sh")).arg("3.1.0").arg(self.path());
        // 2027-03-01T12:00:00Z
        script.env("SOURCE_DATE_EPOCH", "1803902400").env("MINISIGN_KEY", key).env("TZ", "Pacific/Kiritimati");
        cli::run(&mut script)
    }

    #[track_caller]
    fn refused(&self, key: &str, told: &str) {
        let output = self.agree(key);
        output.expect_code(1);
        assert!(output.stderr.contains(told), "{}", output.stderr);
    }

    #[track_caller]
    fn agrees(&self, told: &str) {
        let output = self.agree("");
        output.expect_code(0);
        assert!(output.stdout.starts_with(told), "{}", output.stdout);
    }
}

#[test]
fn the_newest_entry_is_of_this_version() {
    Sources::new("3.1.0 (not released)", "February 28, 2027").agrees("smoker 3.1.0, not released, commit ");
    Sources::new("3.1.0 (2027-03-01)", "March 1, 2027").agrees("smoker 3.1.0, 2027-03-01, commit ");
    for entry in ["3.0.0 (not released)", "3.1.0", "3.1.0 (soon)", "3.1.0 (1.3.2027)"] {
        Sources::new(entry, "March 1, 2027").refused("", &format!("docs/CHANGELOG.md begins with \"{entry}\""));
    }
}

#[test]
fn no_date_is_later_than_the_release() {
    Sources::new("3.1.0 (2027-03-02)", "March 1, 2027")
        .refused("", "dates 3.1.0 2027-03-02, this commit is of 2027-03-01");
    Sources::new("3.1.0 (2027-02-27)", "March 1, 2027")
        .refused("", "smokerd.8 is dated 2027-03-01, after the release of 2027-02-27");
    Sources::new("3.1.0 (not released)", "March 2, 2027").refused("", "smokerd.8 is dated 2027-03-02");
    Sources::new("3.1.0 (not released)", "").refused("", "smokerd.8 has no date");
}

#[test]
fn a_tag_is_of_this_version_and_day() {
    let sources = Sources::new("3.1.0 (2027-03-01)", "March 1, 2027");
    sources.git(&["tag", "v3.1.0"]);
    let output = sources.agree("");
    output.expect_code(0);
    assert!(output.stdout.ends_with(", tag v3.1.0\n"), "{}", output.stdout);
    sources.git(&["tag", "v3.2.0"]);
    sources.refused("", "this commit has the tag v3.2.0, Cargo.toml has 3.1.0");
    let sources = Sources::new("3.1.0 (not released)", "March 1, 2027");
    sources.git(&["tag", "v3.1.0"]);
    sources.refused("", "says \"not released\"");
    let sources = Sources::new("3.1.0 (2027-02-28)", "February 1, 2027");
    sources.agrees("smoker 3.1.0, 2027-02-28");
    sources.git(&["tag", "v3.1.0"]);
    sources.refused("", "dates 3.1.0 2027-02-28, the commit with the tag v3.1.0 is of 2027-03-01");
}

#[test]
fn nothing_that_is_not_committed_is_signed() {
    let sources = Sources::new("3.1.0 (not released)", "March 1, 2027");
    fs::write(sources.path().join("more"), "").expect("writable");
    assert!(sources.agree("").stdout.contains("changes that are not committed"));
    sources.refused("/some/key", "nothing is signed with /some/key");
}

#[test]
fn the_sources_of_this_repository_agree() {
    let mut script = Command::new("sh");
    script.arg(root().join("rc.d/packages/release/agree.sh")).arg(env!("CARGO_PKG_VERSION")).arg(root());
    // A page may be of today, where it already is tomorrow, and not yet committed.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970").as_secs();
    let when = (now + 24 * 60 * 60).to_string();
    let output = cli::run(script.env("SOURCE_DATE_EPOCH", when).env("MINISIGN_KEY", ""));
    output.expect_code(0);
}
