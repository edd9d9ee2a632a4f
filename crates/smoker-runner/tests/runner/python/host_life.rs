//! The host itself: how it starts, dies and comes back.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::fixture::{Check, Modules, error, infos, is_alive, kill, plugin, wait_until};

#[test]
fn runs_are_forked_from_one_host() {
    let modules = Modules::new();
    let parent = "self.result.add_info(str(os.getppid()))\nself.result.add_info(str(os.getsid(0) == os.getpid()))";
    let first = modules.run_body("first", parent);
    let second = modules.run_body("second", parent);
    assert_eq!(infos(&first), infos(&second));
    assert_eq!(infos(&first)[1], "True");
}

#[test]
fn the_host_reaps_its_children() {
    let modules = Modules::new();
    let both = "self.result.add_info('%d %d' % (os.getpid(), os.getppid()))";
    let result = modules.run_body("child", both);
    let (child, host) = infos(&result)[0].split_once(' ').expect("two pids");
    wait_until("reaped child", || !PathBuf::from(format!("/proc/{child}")).exists());
    assert!(is_alive(host));
}

#[test]
fn a_host_that_dies_under_a_run_is_reported_and_replaced() {
    let modules = Modules::new();
    let result = modules.run_body("killer", "os.kill(os.getppid(), 9)\ntime.sleep(60)");
    assert_eq!(error(&result), "the Python host died under this run: killed by signal 9 (SIGKILL)");
    assert_eq!(infos(&modules.run_body("after", "self.result.add_info('fine')")), ["fine"]);
}

#[test]
fn the_end_of_the_host_ends_its_children() {
    let modules = Modules::new();
    let pid_file = modules.path("pid");
    let body = format!(
        "open({:?}, 'w').write(str(os.getpid()))\nos.kill(os.getppid(), 9)\nwhile True:\n    try: time.sleep(60)\n    except BaseException: pass",
        pid_file.display()
    );
    modules.run_body("survivor", &body);
    let pid = fs::read_to_string(pid_file).expect("a pid");
    wait_until("end of the child", || !is_alive(&pid));
}

#[test]
fn a_host_that_died_between_runs_is_not_noticed() {
    let modules = Modules::new();
    let result = modules.run_body("who", "self.result.add_info(str(os.getppid()))");
    let host = infos(&result)[0].to_owned();
    kill(&host);
    wait_until("end of the host", || !is_alive(&host));
    let result = modules.run_body("who", "self.result.add_info(str(os.getppid()))");
    assert_ne!(infos(&result)[0], host);
}

#[test]
fn without_a_runner_host_and_spare_end() {
    let modules = Modules::new();
    let (host, _) = run_who(&modules);
    let spare = spare_of(&host);
    drop(modules);
    wait_until("end of the host", || !is_alive(&host) && !is_alive(&spare));
}

#[test]
fn the_next_run_is_given_to_a_child_that_waits_for_it() {
    let modules = Modules::new();
    let (host, first) = run_who(&modules);
    let spare = spare_of(&host);
    assert_ne!(spare, first);
    assert_eq!(run_who(&modules), (host.clone(), spare.clone()));
    assert_ne!(spare_of(&host), spare);
}

#[test]
fn a_run_carries_its_number_wherever_it_can_be_seen() {
    let modules = Modules::new();
    let (host, _) = run_who(&modules);
    let numbers = |process: &str| {
        let environment = fs::read(format!("/proc/{process}/environ")).expect("an environment");
        let number = environment.split(|byte| *byte == 0).find_map(|entry| entry.strip_prefix(b"SMOKER_RUN_ID="));
        let number = String::from_utf8_lossy(number.expect("a number")).into_owned();
        let limits = fs::read_to_string(format!("/proc/{process}/limits")).expect("limits");
        let limit = limits.lines().find_map(|line| line.strip_prefix("Max file locks")).expect("a limit");
        (number, limit.split_whitespace().next().expect("a soft limit").to_owned())
    };
    let spare = numbers(&spare_of(&host));
    assert_eq!(spare, numbers(&host), "a spare belongs to no run yet");
    let seen = modules.run_body(
        "marked",
        "limit = [line for line in open('/proc/self/limits') if 'file locks' in line][0].split()[3]\n\
         number = [entry[14:] for entry in open('/proc/self/environ').read().split('\\0') if entry.startswith('SMOKER_RUN_ID=')][0]\n\
         self.result.add_info(' '.join({limit, number, os.environ['SMOKER_RUN_ID']}))",
    );
    let seen = infos(&seen);
    let [number] = seen.as_slice() else { panic!("{seen:?}") };
    assert!(number.len() == 19 && number.bytes().all(|digit| digit.is_ascii_digit()), "one number: {number}");
    assert_ne!(*number, spare.0);
}

#[test]
fn a_spare_that_was_killed_is_replaced() {
    let modules = Modules::new();
    let (host, _) = run_who(&modules);
    let spare = spare_of(&host);
    kill(&spare);
    wait_until("reaped spare", || !PathBuf::from(format!("/proc/{spare}")).exists());
    let (same_host, child) = run_who(&modules);
    assert_eq!(same_host, host);
    assert_ne!(child, spare);
}

#[test]
fn the_end_of_the_host_ends_the_spare() {
    let modules = Modules::new();
    let (host, _) = run_who(&modules);
    let spare = spare_of(&host);
    kill(&host);
    wait_until("reaped spare", || !PathBuf::from(format!("/proc/{spare}")).exists());
    assert_ne!(run_who(&modules).0, host);
}

#[test]
fn a_spare_has_no_descriptor_of_another_run() {
    let modules = Modules::new();
    let (host, _) = run_who(&modules);
    let flag = modules.path("flag");
    let body = format!("while not os.path.exists({:?}): time.sleep(0.01)", flag.display());
    modules.file("slow.py", &plugin(&body));
    std::thread::scope(|scope| {
        let run = scope.spawn(|| modules.run(&Check::module("slow")));
        let running = || children_of(&host).into_iter().find(|child| name_of(child) == "smokerd plugin");
        wait_until("slow run", || running().is_some());
        let (running, spare) = (running().expect("just seen"), spare_of(&host));
        let shared: Vec<_> = pipes_of(&running).intersection(&pipes_of(&spare)).cloned().collect();
        fs::write(&flag, "").expect("a file");
        run.join().expect("a run");
        assert!(shared.is_empty(), "{shared:?}");
    });
}

#[test]
fn a_replaced_interpreter_runs_the_next_module() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("python");
    install_python(&path);
    let modules = Modules::with_python(path.to_str(), &[]);
    let (host, _) = run_who(&modules);
    spare_of(&host);
    let upgraded = folder.path().join("upgraded");
    install_python(&upgraded);
    fs::rename(upgraded, &path).expect("an upgrade");
    let (after, _) = run_who(&modules);
    assert_ne!(after, host);
    wait_until("end of the first host", || !is_alive(&host));
    assert_eq!(run_who(&modules).0, after);
    fs::remove_file(&path).expect("a removal");
    assert_eq!(run_who(&modules).0, after);
}

/// A copy of the interpreter that `python3` stands for.
fn install_python(path: &Path) {
    let modules = Modules::new();
    let result = modules.run_body("which", "self.result.add_info(os.path.realpath(sys.executable))");
    fs::copy(infos(&result)[0], path).expect("a copy");
}

/// The pids of the host and of the child that ran.
fn run_who(modules: &Modules) -> (String, String) {
    let result = modules.run_body("who", "self.result.add_info('%d %d' % (os.getppid(), os.getpid()))");
    let (host, child) = infos(&result)[0].split_once(' ').expect("two pids");
    (host.to_owned(), child.to_owned())
}

/// The child that has no run yet.
fn spare_of(host: &str) -> String {
    let mut found = None;
    wait_until("spare", || {
        found = children_of(host).into_iter().find(|child| name_of(child) == "smokerd spare");
        found.is_some()
    });
    found.expect("just found")
}

fn children_of(host: &str) -> Vec<String> {
    let children = fs::read_to_string(format!("/proc/{host}/task/{host}/children")).unwrap_or_default();
    children.split_ascii_whitespace().map(str::to_owned).collect()
}

fn name_of(pid: &str) -> String {
    fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default().trim_end().to_owned()
}

/// The pipes and sockets that a process has.
fn pipes_of(pid: &str) -> BTreeSet<String> {
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    let targets = descriptors.filter_map(|entry| fs::read_link(entry.path()).ok());
    targets.map(|target| target.to_string_lossy().into_owned()).filter(|target| target.contains(":[")).collect()
}

#[test]
fn a_missing_interpreter_is_named_with_the_way_out() {
    let modules = Modules::with_python(Some("/no/such/python"), &[]);
    let result = modules.run_body("any", "pass");
    let error = error(&result);
    assert!(error.starts_with("cannot start /no/such/python: No such file"), "{error}");
    assert!(error.contains("'python' in the configuration"), "{error}");
}

#[test]
fn an_interpreter_that_is_none_or_too_old_says_why() {
    let script = "echo 'it is Python 2.7, and modules need 3.6 or newer' >&2; exit 1";
    let modules = Modules::with_script(script, &[]);
    let result = modules.run_body("any", "pass");
    let error = error(&result);
    assert!(error.contains("it is Python 2.7, and modules need 3.6 or newer (exit status 1)"), "{error}");
}

#[test]
fn many_runs_at_once_share_the_start() {
    let modules = Modules::new();
    modules.file("same.py", &plugin("self.result.add_info(str(os.getppid()))"));
    let hosts: Vec<String> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..16).map(|_| scope.spawn(|| modules.run(&Check::module("same")))).collect();
        runs.into_iter().map(|run| infos(&run.join().expect("a run"))[0].to_owned()).collect()
    });
    assert!(hosts.iter().all(|host| *host == hosts[0]), "{hosts:?}");
}

#[test]
fn an_interpreter_that_hangs_costs_the_time_limit() {
    let modules = Modules::with_script("exec sleep 20", &[]);
    modules.file("any.py", &plugin("pass"));
    let result = modules.run(&Check::module("any").timeout(0.5));
    assert_eq!(error(&result), "Plugin execution exceeded timeout 0.5 seconds");
    // Whether the user has such a parser is a question for the interpreter.
    let parsed = Check::parsed("true", "smoker.plugins.jmxparser").timeout(0.5);
    assert_eq!(error(&modules.run(&parsed)), "Parser run failed: Plugin execution exceeded timeout 0.5 seconds");
}
