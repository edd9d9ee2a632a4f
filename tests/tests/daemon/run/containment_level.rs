//! The level of containment: what the daemon says of it, what no plugin of another user can do at either, and what a
//! daemon makes of a cgroup of its own. What it makes of controllers, `make boot-test` tries: not every machine has them in cgroup v2.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::Command;

use smoker_tests::binary;
use smoker_tests::boot::Boot;
use smoker_tests::cli;
use smoker_tests::config::Config;
use smoker_tests::machine::containment::Level;
use smoker_tests::machine::processes;
use smoker_tests::machine::skip::skip;
use smoker_tests::sandbox::Sandbox;
use smoker_tests::wait;

/// Leaves orphans that carry the numbers of the newest runs that it can see, of other tests too, in their limits and in their environment.
const FORGER: &str = "import os, resource, subprocess, time\n\
    seen = set()\n\
    end = time.time() + 3\n\
    while time.time() < end:\n\
    \x20   for pid in reversed(list(filter(str.isdigit, os.listdir('/proc')))):\n\
    \x20       try: lines = open('/proc/%s/limits' % pid).read().splitlines()\n\
    \x20       except OSError: continue\n\
    \x20       number = [line for line in lines if line.startswith('Max file locks')][0].split()[3]\n\
    \x20       if len(number) != 19 or number in seen or len(seen) > 100: continue\n\
    \x20       seen.add(number)\n\
    \x20       for forged in (int(number), int(number) + 1):\n\
    \x20           if os.fork() == 0:\n\
    \x20               os.setsid()\n\
    \x20               if os.fork(): os._exit(0)\n\
    \x20               hard = resource.getrlimit(10)[1]\n\
    \x20               resource.setrlimit(10, (forged, hard))\n\
    \x20               for stream in (0, 1, 2): os.close(stream)\n\
    \x20               os.execve('/bin/sleep', ['sleep', '8'], {'SMOKER_RUN_ID': str(forged)})\n\
    \x20   time.sleep(0.2)\n\
    print('forged' if len(seen) > 1 else 'saw nothing')\n";

#[test]
fn the_check_and_the_log_say_the_level_and_what_it_cannot_do() {
    let config = Config::new().plugin("good", "Command: 'true'");
    let sandbox = Sandbox::new();
    config.write(&sandbox).expect("writable");
    let check = |options: &[&str]| {
        let output = cli::smokerd(&sandbox, &[&["--check", "-c", "{{DIR}}/smokerd.yaml"], options].concat());
        output.expect_code(0);
        output.stderr
    };
    let quiet = check(&[]);
    assert!(!quiet.contains("Containment"), "{quiet}");
    let said = check(&["-v"]);
    let lines: Vec<_> = said.lines().filter(|line| line.starts_with("Containment: ")).collect();
    let level = lines.first().unwrap_or_else(|| panic!("no level: {said}"));
    let has_cgroups = level.contains("each run has a cgroup of its own below /");
    assert!(has_cgroups || level.contains("no cgroups ("), "{said}");
    assert!(lines[1].starts_with("Containment: limitation: "), "{said}");
    let level = &level["Containment: ".len()..];
    let daemon = Boot::of(config).start();
    wait::until_true("the level in the log", || daemon.console().lines().any(|line| line.contains(level)));
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn the_numbers_of_others_harm_no_run() {
    for level in [Level::OfHost, Level::Marks] {
        let Some(through) = level.through() else { continue };
        let config = Config::new()
            .file("forger.py", FORGER)
            .plugin("forger", "Command: python3 -I {{DIR}}/forger.py\nuid: 12351\ngid: 12351\nTimeout: 60")
            .plugin("root", "Command: sleep 6; echo finished\nTimeout: 60")
            .plugin("another", "Command: sleep 6; echo finished\nuid: 12347\ngid: 12347\nTimeout: 60");
        let daemon = Boot::of(config).through(through).start();
        let process = daemon.force(&["root", "another", "forger"]);
        for (name, outcome) in daemon.finish(&process) {
            outcome.expect_ok(&[if name == "forger" { "forged" } else { "finished" }]);
        }
        wait::until_true("no orphan of the forger", || {
            processes::with_arguments(&["sleep"]).is_empty() || daemon.processes().len() < 3
        });
    }
}

/// Becomes its arguments alone in a cgroup of its own, as a service of systemd does.
const AS_A_SERVICE: [&str; 3] = [
    "/bin/sh",
    "-c",
    "own=$(grep -m1 ' - cgroup2 ' /proc/self/mountinfo | cut -d' ' -f5)$(sed -n s/^0:://p /proc/self/cgroup)/service-$$\n\
     mkdir \"$own\" && echo $$ > \"$own/cgroup.procs\" && exec \"$0\" \"$@\"",
];

/// Names each file above the daemon's tree that this account can write: by these it would move, freeze or kill what is not its own.
const ABOVE_THE_TREE: &str = "mount=$(grep -m1 ' - cgroup2 ' /proc/self/mountinfo | cut -d' ' -f5)\n\
    own=$(sed -n s/^0:://p /proc/self/cgroup)\n\
    case $own in */smokerd-*/run-*) ;; *) echo \"in no cgroup of a run: $own\"; exit 1 ;; esac\n\
    folder=$mount${own%/smokerd-*}\n\
    while :; do\n\
    \x20 for file in $folder $folder/[!s]*; do if test -w $file; then echo \"writable: $file\"; fi; done\n\
    \x20 case $folder in $mount | $mount/ | /) break ;; esac\n\
    \x20 folder=${folder%/*}\n\
    done\n\
    echo looked\n";

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn a_daemon_that_drops_root_gives_away_nothing_but_its_own_tree() {
    if !fs::read_to_string("/proc/self/mountinfo").is_ok_and(|mounts| mounts.contains(" - cgroup2 ")) {
        skip("no test of who owns the daemon's cgroups", "run it where cgroup v2 is mounted");
        return;
    }
    let config = Config::new()
        .file("look.sh", ABOVE_THE_TREE)
        .top("uid: 12377\ngid: 12377")
        .plugin("look", "Command: sh {{DIR}}/look.sh");
    let mut daemon = Boot::of(config).through(&AS_A_SERVICE).start();
    let of_daemon = cgroup_of(daemon.pid());
    let tree = of_daemon.strip_suffix("/daemon").unwrap_or_else(|| panic!("the daemon is in {of_daemon}"));
    let (above, tree) = (cgroup_folder(tree.rsplit_once('/').expect("a parent").0), cgroup_folder(tree));
    daemon.run("look").expect_ok(&["looked"]);
    assert_eq!(fs::metadata(&tree).expect("there").uid(), 12377);
    assert_eq!(fs::metadata(&above).expect("there").uid(), 0);
    daemon.signal(nix::sys::signal::Signal::SIGTERM);
    assert_eq!(daemon.wait_for_exit(), 0);
    // The next start as root does the same. What has guarded the daemon ends behind it.
    for (folder, content) in [(&tree, "the cgroups of the daemon"), (&above, "anything else")] {
        wait::until_true(&format!("an end of {content}"), || fs::remove_dir(folder).is_ok());
    }
}

/// As systemd starts a unit with `User=` and `Delegate=yes`: the account owns the unit's cgroup, and its files that systemd gives away.
const AS_A_DELEGATED_SERVICE: [&str; 4] = [
    "/bin/sh",
    "-c",
    "own=$(grep -m1 ' - cgroup2 ' /proc/self/mountinfo | cut -d' ' -f5)$(sed -n s/^0:://p /proc/self/cgroup)/unit-$$\n\
     mkdir \"$own\" && chown -R 12378:12378 \"$0\"\n\
     chown 12378 \"$own\" \"$own/cgroup.procs\" \"$own/cgroup.subtree_control\" \"$own/cgroup.threads\"\n\
     echo $$ > \"$own/cgroup.procs\" && exec setpriv --reuid=12378 --regid=12378 --clear-groups \"$@\"",
    "{{DIR}}",
];

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn a_daemon_of_another_account_uses_the_cgroup_that_its_unit_gives_it() {
    if !fs::read_to_string("/proc/self/mountinfo").is_ok_and(|mounts| mounts.contains(" - cgroup2 ")) {
        skip("no test of a cgroup that is given away", "run it where cgroup v2 is mounted");
        return;
    }
    let mut reaches = Command::new("setpriv");
    reaches.args(["--reuid=12378", "--regid=12378", "--clear-groups", "test", "-x"]).arg(binary::path("smokerd"));
    if !reaches.status().is_ok_and(|status| status.success()) {
        skip("no test of a cgroup that is given away", "build where every account can run programs, not below /root");
        return;
    }
    let leaves =
        "Command: sed -n s/^0:://p /proc/self/cgroup; setsid env -i sleep 1234.56789 < /dev/null > /dev/null 2>&1 &";
    let config = Config::new().plugin("leaves", leaves);
    let mut daemon = Boot::of(config).through(&AS_A_DELEGATED_SERVICE).start();
    let unit = format!("/unit-{}", daemon.pid());
    let of_run = daemon.run("leaves").info().join("");
    assert!(of_run.contains(&unit) && of_run.contains("/smokerd-") && of_run.contains("/run-"), "{of_run}");
    let uids = processes::status(daemon.pid()).expect("it runs")["Uid"].clone();
    assert!(uids.split_whitespace().all(|uid| uid == "12378"), "{uids}");
    wait::until_true("nothing is left of the run", || processes::with_argument("1234.56789").is_empty());
    daemon.signal(nix::sys::signal::Signal::SIGTERM);
    assert_eq!(daemon.wait_for_exit(), 0);
    let unit = cgroup_folder(&(cgroup_of(std::process::id().cast_signed()).trim_end_matches('/').to_owned() + &unit));
    wait::until_true("the daemon has left nothing in its unit", || {
        fs::read_dir(&unit).expect("there").flatten().all(|entry| !entry.path().is_dir())
    });
    fs::remove_dir(&unit).expect("nothing is in it");
}

fn cgroup_of(pid: i32) -> String {
    let cgroups = fs::read_to_string(format!("/proc/{pid}/cgroup")).expect("it runs");
    cgroups.lines().find_map(|line| line.strip_prefix("0::")).expect("cgroup v2").to_owned()
}

fn cgroup_folder(cgroup: &str) -> PathBuf {
    let mounts = fs::read_to_string("/proc/self/mountinfo").expect("Linux");
    let mount = mounts.lines().find(|line| line.contains(" - cgroup2 ")).expect("mounted");
    PathBuf::from(mount.split(' ').nth(4).expect("a mount point").to_owned() + cgroup)
}
