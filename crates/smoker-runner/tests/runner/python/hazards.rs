//! What a module does to itself costs its own run an ERROR, and nothing else.

use std::fs;
use std::time::{Duration, Instant};

use smoker_model::messages::Level;
use smoker_model::plugin::{AccountId, RunAs};
use smoker_model::status::Status;
use tokio_util::sync::CancellationToken;

use crate::fixture::{Check, Modules, error, infos, is_alive, kill, plugin, texts, wait_for_log, wait_until};

/// Time in which a module begins its work even on a machine that is busy with
/// other tests, starting the interpreter included.
const ENOUGH: f64 = 4.0;
const OVER_TIME: &str = "Plugin execution exceeded timeout 4 seconds";

#[test]
fn what_a_module_prints_is_logged_and_not_part_of_the_reply() {
    let modules = Modules::new();
    let body =
        "print('{\"error\": \"no\"}')\nsys.stderr.write('5\\n')\nos.write(1, b'raw\\n')\nself.result.add_info('kept')";
    let result = modules.run_body("prints", body);
    assert_eq!(infos(&result), ["kept"]);
    for printed in ["{\"error\": \"no\"}", "5", "raw"] {
        wait_for_log(&["INFO", &format!("Plugin check-prints printed: {printed}")]);
    }
}

#[test]
fn a_result_of_100_mb_is_refused_with_its_size() {
    let modules = Modules::new();
    let result = modules.run_body("large", "self.result.add_info('x' * 100_000_000)");
    let error = error(&result);
    assert!(error.starts_with("the result has 1000"), "{error}");
    assert!(error.ends_with("raise MaxOutput"), "{error}");
    assert_eq!(infos(&modules.run_body("after", "self.result.add_info('fine')")), ["fine"]);
}

#[test]
fn a_process_that_ends_early_says_how() {
    let modules = Modules::new();
    let cases = [
        ("os._exit(3)", "the module ended its process with exit status 3 before it gave a result"),
        (
            "import ctypes; ctypes.string_at(0)",
            "the module was killed by signal 11 (SIGSEGV) before it gave a result; the log has what it printed",
        ),
        (
            "os.abort()",
            "the module was killed by signal 6 (SIGABRT) before it gave a result; the log has what it printed",
        ),
        (
            "os.closerange(0, 4096)",
            "the module closed the descriptor that its result goes through: close only what you opened",
        ),
        (
            "os.closerange(3, 4096)\nfor n in range(20): open('/dev/null', 'w').close, os.open('/dev/null', os.O_WRONLY)",
            "the module closed the descriptor that its result goes through: close only what you opened",
        ),
        ("sys.exit('bye')", "the module called sys.exit('bye') before it gave a result"),
        ("sys.exit()", "the module called sys.exit() before it gave a result"),
        ("self.result.result = None", "the .result of the module's Result has to be a dictionary, not NoneType"),
        (
            "self.result.result['me'] = self.result.result",
            "the result cannot be written as JSON: it contains itself, or is nested too deep",
        ),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("raise ValueError", "ValueError"),
        ("def deep(): return deep()\ndeep()", "maximum recursion depth exceeded"),
        ("return 5", "the module returned int, not a Result"),
    ];
    for (number, (body, expected)) in cases.into_iter().enumerate() {
        let result = modules.run_body(&format!("ends{number}"), body);
        assert!(error(&result).starts_with(expected), "{body}: {result:?}");
    }
}

#[test]
fn threads_that_are_left_running_do_not_keep_the_result() {
    let modules = Modules::new();
    let started = Instant::now();
    let body =
        "import threading\nthreading.Thread(target=time.sleep, args=(60,)).start()\nself.result.add_info('done')";
    assert_eq!(infos(&modules.run_body("threads", body)), ["done"]);
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_copy_that_the_module_forks_does_not_answer_for_it() {
    let modules = Modules::new();
    let body = "pid = os.fork()\nif pid: os.waitpid(pid, 0)\nself.result.add_info('parent' if pid else 'child')";
    assert_eq!(infos(&modules.run_body("forks", body)), ["parent"]);
}

/// A module that judges by its children's exit statuses must not take every one of them for a success.
#[test]
fn a_forked_copy_ends_with_the_exit_status_of_a_python_program() {
    let modules = Modules::new();
    for (name, copy, expected) in [
        ("raises", "raise ValueError('no')", 1),
        ("exits", "sys.exit(2)", 2),
        ("leaves", "sys.exit()", 0),
        ("says", "sys.exit('why')", 1),
        ("returns", "return", 0),
        ("interrupted", "raise KeyboardInterrupt()", 1),
    ] {
        let body = format!(
            "pid = os.fork()\nif pid == 0:\n    {copy}\nstatus = os.waitpid(pid, 0)[1]\n\
             self.result.add_info(str(os.WEXITSTATUS(status) if os.WIFEXITED(status) else status))"
        );
        assert_eq!(infos(&modules.run_body(name, &body)), [expected.to_string().as_str()], "{name}");
    }
}

#[test]
fn a_module_over_its_time_may_clean_up() {
    let modules = Modules::new();
    let note = modules.path("note");
    let body = format!("try:\n    time.sleep(60)\nfinally:\n    open({:?}, 'w').write('cleaned')", note.display());
    modules.file("slow.py", &plugin(&body));
    let result = modules.run(&Check::module("slow").timeout(ENOUGH));
    assert_eq!(error(&result), OVER_TIME);
    assert_eq!(fs::read_to_string(note).expect("a note"), "cleaned");
}

/// Runs a module that writes its pid and never ends, and returns what it took
/// to end it.
fn endless(name: &str, body: &str) -> Duration {
    let modules = Modules::new();
    let pid_file = modules.path("pid");
    let body = format!("open({:?}, 'w').write(str(os.getpid()))\n{body}", pid_file.display());
    modules.file(&format!("{name}.py"), &plugin(&body));
    let started = Instant::now();
    let result = modules.run(&Check::module(name).timeout(ENOUGH));
    assert_eq!(error(&result), OVER_TIME);
    let pid = fs::read_to_string(pid_file).expect("a pid");
    assert!(!is_alive(&pid), "process {pid} lives");
    started.elapsed()
}

#[test]
fn an_endless_loop_is_ended() {
    // One that obeys needs no grace.
    assert!(endless("loops", "while True: pass") < Duration::from_secs_f64(ENOUGH + 2.5));
}

#[test]
fn a_loop_that_swallows_every_exception_is_killed() {
    endless("stubborn", "while True:\n    try:\n        time.sleep(1)\n    except BaseException: pass");
}

#[test]
fn a_call_that_blocks_in_c_is_killed() {
    let body = "import ctypes\nlibc, lock = ctypes.PyDLL(None), ctypes.create_string_buffer(64)\n\
                libc.pthread_mutex_lock(lock)\nlibc.pthread_mutex_lock(lock)";
    endless("blocked", body);
}

#[test]
fn what_left_group_and_session_without_exec_is_found_and_ended() {
    let modules = Modules::new();
    let pid_file = modules.path("pid");
    let body = format!(
        "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        open({:?}, 'w').write(str(os.getpid()))\n        \
         time.sleep(60)\n    os._exit(0)\ntime.sleep(60)",
        pid_file.display()
    );
    modules.file("orphan.py", &plugin(&body));
    let result = modules.run(&Check::module("orphan").timeout(ENOUGH));
    assert_eq!(error(&result), OVER_TIME);
    let pid = fs::read_to_string(pid_file).expect("a pid");
    assert!(!is_alive(&pid), "the orphan {pid} lives");
}

#[test]
fn a_command_of_a_module_over_its_time_is_ended_with_it() {
    let modules = Modules::new();
    let pid_file = modules.path("pid");
    modules.file("shell.py", &plugin(&format!("self.execute('echo $$ > {}; sleep 60; :')", pid_file.display())));
    let result = modules.run(&Check::module("shell").timeout(ENOUGH));
    assert_eq!(error(&result), OVER_TIME);
    let pid = fs::read_to_string(pid_file).expect("a pid");
    assert!(!is_alive(&pid), "the shell {pid} lives");
}

#[test]
fn what_a_module_leaves_in_the_background_lives_on() {
    let modules = Modules::new();
    let body = "import subprocess\nself.result.add_info(str(subprocess.Popen(['sleep', '60']).pid))";
    let started = Instant::now();
    let result = modules.run_body("service", body);
    assert!(started.elapsed() < Duration::from_secs(10));
    let pid = infos(&result)[0];
    assert!(is_alive(pid));
    kill(pid);
    wait_until("end of the service", || !is_alive(pid));
}

#[test]
fn a_cancelled_module_is_ended() {
    let modules = Modules::new();
    let begun = modules.path("begun");
    modules.file("cancelled.py", &plugin(&format!("open({:?}, 'w')\ntime.sleep(60)", begun.display())));
    let cancel = CancellationToken::new();
    let canceller = cancel.clone();
    std::thread::spawn(move || {
        wait_until("module to begin", || begun.exists());
        canceller.cancel();
    });
    let result = modules.run_until(&Check::module("cancelled"), &cancel);
    assert_eq!(error(&result), "stopped together with smokerd");
}

#[test]
fn a_module_runs_as_its_account_for_good() {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("not run: only root can change the user");
        return;
    }
    let modules = Modules::new();
    let readable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(modules.folder.path(), readable).expect("permissions");
    let body = "try:\n    os.setuid(0)\nexcept OSError: pass\n\
                self.result.add_info('%s %s %s' % (os.getresuid(), os.getresgid(), os.getgroups()))\n\
                self.result.add_info(str(len(os.listdir('/proc/self/fd')) > 2))\n\
                self.result.add_info(self.execute('id -u')[0])";
    modules.file("account.py", &plugin(body));
    let mut check = Check::module("account");
    let nobody = AccountId::Number(65534);
    check.spec.run_as = RunAs::Account { user: nobody.clone(), group: nobody };
    let result = modules.run(&check);
    assert_eq!(infos(&result)[0], "(65534, 65534, 65534) (65534, 65534, 65534) [65534]");
    assert_eq!(infos(&result)[1..], ["True", "65534"]);
    check.spec.run_as = RunAs::Unusable("uid alone".to_owned());
    assert!(error(&modules.run(&check)).contains("uid alone"));
}

#[test]
fn a_parser_that_fails_leaves_the_output() {
    let modules = Modules::new();
    modules.file("dies.py", "import os\nclass Parser:\n    def __init__(self, out, err): os._exit(4)\n");
    let result = modules.run(&Check::parsed("echo one", "dies"));
    assert_eq!(result.status, Status::Error);
    assert_eq!(
        error(&result),
        "Parser run failed: the parser ended its process with exit status 4 before it gave a result"
    );
    let read = |change: &str| {
        let parser = format!(
            "from smoker.server.parser import BaseParser\nclass Parser(BaseParser):\n    def parse(self):\n        \
             self.result.add_info('read')\n        {change}\n        return self.result\n"
        );
        modules.file("odd.py", &parser);
        let result = modules.run(&Check::parsed("echo one; echo two >&2", "odd"));
        assert_eq!((result.status, texts(&result, Level::Info)), (Status::Error, vec!["one"]));
        texts(&result, Level::Error).join("|")
    };
    let no_status = "two|Parser run failed: ValidationError: Result status has to be OK, ERROR or WARN, not None";
    assert_eq!(read("pass"), no_status);
    let no_text = "two|Parser run failed: ValidationError: Can't validate message: Result message type info has to be a string, not int";
    assert_eq!(read("self.result.set_status('OK'); self.result.result['messages']['info'] = [5]"), no_text);
}

#[test]
fn cut_output_is_not_parsed() {
    let modules = Modules::new();
    modules.file("fine.py", "from smoker.server.parser import BaseParser\nclass Parser(BaseParser): pass\n");
    let mut check = Check::parsed("printf 123456789", "fine");
    check.spec.invocation.max_output = 4;
    assert!(error(&modules.run(&check)).starts_with("Parser run failed: its output was cut"));
}

#[test]
fn a_stray_sigterm_is_not_called_a_timeout() {
    let modules = Modules::new();
    let result = modules.run_body("stray", "import signal\nos.killpg(0, signal.SIGTERM)\ntime.sleep(60)");
    assert_eq!(error(&result), "ended by SIGTERM");
}

#[test]
fn a_module_does_not_find_the_control_socket() {
    let modules = Modules::new();
    let body = "for fd in sorted(os.listdir('/proc/self/fd')):\n    try: self.result.add_info(os.readlink('/proc/self/fd/' + fd).split(':')[0])\n    except OSError: pass";
    let result = modules.run_body("descriptors", body);
    // Its own socket for the reply is the only one; pipes may come from the program that started the test.
    assert_eq!(infos(&result).iter().filter(|target| **target == "socket").count(), 1);
}
