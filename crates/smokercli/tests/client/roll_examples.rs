//! The examples of `smokercli roll`, as they are printed.

use std::fs;
use std::path::Path;

use smoker_tests::executable;

use crate::fake::Fake;
use crate::roll::Fleet;
use crate::run::{Done, Run, SMOKERCLI};

/// A home whose group `prod` has these hosts, and programs that the examples call, which note what they were called with; `ssh`
/// fails until there is a file `mended`.
struct Site {
    fleet: Fleet,
    path: String,
}

impl Site {
    fn of(statuses: &[&str]) -> Self {
        let fleet = Fleet::of(statuses);
        // A command tells hosts apart by their names alone.
        let names = ["127.0.0.1", "localhost"];
        assert!(statuses.len() <= names.len(), "no further name of this machine");
        let line = |(name, fake): (&str, &Fake)| format!("'{name}:{}'", fake.port());
        let hosts = names.into_iter().zip(&fleet.fakes).map(line).collect::<Vec<_>>().join(", ");
        fs::write(fleet.path(".smokercli.yaml"), format!("groups: {{prod: [{hosts}]}}\n")).expect("written");
        for (name, more) in [("ssh", "[ -e mended ]"), ("ansible-playbook", "true")] {
            let script = format!("#!/bin/sh\necho {name} \"$@\" >> log; {more}\n");
            executable::write(Path::new(&fleet.path(name)), &script);
        }
        let programs = Path::new(SMOKERCLI).parent().expect("a folder").display().to_string();
        let others = std::env::var("PATH").unwrap_or_default();
        let path = format!("{programs}:{}:{others}", fleet.folder.path().display());
        Self { fleet, path }
    }

    fn shell(&self, line: &str) -> Done {
        let home = self.fleet.folder.path().display().to_string();
        let line = format!("cd; {line}");
        Run::of("/bin/sh").env("HOME", &home).env("PATH", &self.path).args(["-c", &line]).done()
    }
}

/// Every line of the help, of the man page and of the page that begins with `smokercli roll` can be typed.
#[test]
fn the_examples_of_the_help_are_understood() {
    let site = Site::of(&["OK"; 2]);
    let help = Run::of(SMOKERCLI).args(["roll", "--help"]).done().stdout;
    let man = include_str!("../../../../docs/man/smokercli.1").replace(".Dl ", "");
    let page = include_str!("../../../../docs/cli.md");
    let is_example = |line: &&str| line.trim().starts_with("smokercli roll ");
    let examples: Vec<_> = help.lines().chain(man.lines()).chain(page.lines()).filter(is_example).collect();
    assert!(examples.len() >= 5, "{examples:?}");
    for example in examples {
        let line = example.split(" #").next().unwrap_or_default();
        if line.contains("--resume") {
            let _ = fs::remove_file(site.fleet.path("mended"));
            let stopped = site.shell("smokercli roll -g prod --run 'ssh {host} deploy'");
            assert_eq!(stopped.code, Some(69), "{stopped:?}");
        }
        fs::write(site.fleet.path("mended"), "").expect("written");
        let done = site.shell(line);
        assert_eq!(done.code, Some(0), "{line}: {done:?}");
    }
    let log = site.fleet.log();
    assert!(log.iter().any(|line| line == "ssh 127.0.0.1 deploy"), "{log:?}");
}

#[test]
fn the_page_shows_what_is_printed() {
    let site = Site::of(&[]);
    fs::write(site.fleet.path(".smokercli.yaml"), "groups: {prod: 'web[01-08]'}\n").expect("written");
    let page = include_str!("../../../../docs/roll.md");
    let (_, example) = page.split_once("```console\n$ ").expect("an example");
    let (line, shown) = example.split_once('\n').expect("lines");
    let (shown, _) = shown.split_once("```").expect("its end");
    let done = site.shell(line);
    assert_eq!((done.code, done.stdout.as_str()), (Some(0), shown), "{done:?}");
}
