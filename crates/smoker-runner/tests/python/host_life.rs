//! The host itself: how it starts, dies and comes back.

use std::fs;
use std::path::PathBuf;

use crate::support::{Check, Modules, error, infos, is_alive, kill, plugin, wait_until};

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
fn a_host_that_dies_under_a_run_is_said_and_replaced() {
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
    let result = modules.run_body("who", "self.result.add_info(str(os.getppid()))");
    assert_ne!(infos(&result)[0], host);
}

#[test]
fn without_a_runner_the_host_ends() {
    let modules = Modules::new();
    let result = modules.run_body("who", "self.result.add_info(str(os.getppid()))");
    let host = infos(&result)[0].to_owned();
    drop(modules);
    wait_until("end of the host", || !is_alive(&host));
}

#[test]
fn a_missing_interpreter_is_named_with_the_way_out() {
    let modules = Modules::with_python(Some("/no/such/python"), &[]);
    let result = modules.run_body("any", "pass");
    let error = error(&result);
    assert!(error.starts_with("can't start /no/such/python: No such file"), "{error}");
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
