//! Whatever the daemon has open, its children have three descriptors.

use std::fs;

use smoker_tests::boot::Boot;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::machine::processes;
use smoker_tests::wait;

/// A daemon that somebody left descriptors open for.
const CARELESS: [&str; 3] = ["/bin/sh", "-c", "exec 7</dev/null 8>>/dev/null; exec \"$0\" \"$@\""];

/// Prints the descriptors of the shell itself; what the loop over them opens is closed by then.
const LOOK: &str = "for fd in /proc/$$/fd/*; do [ -e $fd ] && echo ${fd##*/}; done; true";

const MODULE: &str = "import os\n\
    from smoker.server.plugins import BasePlugin\n\n\
    def own():\n\
    \x20   return [fd for fd in range(1000) if os.path.exists('/proc/self/fd/%d' % fd)]\n\n\
    class Plugin(BasePlugin):\n\
    \x20   def run(self):\n\
    \x20       for fd in own():\n\
    \x20           target = os.readlink('/proc/self/fd/%d' % fd)\n\
    \x20           self.result.add_info('%d %s' % (fd, target.partition(':')[0]))\n\
    \x20       child = self.execute(self.plugin.get_param('Look'), close_fds=False)[0]\n\
    \x20       self.result.add_info('child ' + ' '.join(child.split()))\n\
    \x20       self.result.set_status('OK')\n";

fn careless(config: Config) -> Daemon {
    let daemon = Boot::of(config).through(&CARELESS).start();
    assert!(fs::exists(format!("/proc/{}/fd/7", daemon.pid())).is_ok_and(|there| there), "the daemon has it");
    daemon
}

/// Where the descriptors of a process lead to, in their order.
fn open_of(pid: i32) -> Vec<String> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).expect("the process lives");
    let mut numbers: Vec<u32> =
        entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    numbers.sort_unstable();
    let target =
        |number: u32| fs::read_link(format!("/proc/{pid}/fd/{number}")).unwrap_or_default().display().to_string();
    numbers.into_iter().map(|number| format!("{number} {}", target(number))).collect()
}

#[test]
fn commands_and_actions_have_three() {
    let shells = ["sh", "dash", "bash"];
    let line = |shell: &str| format!("Command: |\n  exec {shell} -c '{LOOK}'\nAction: look");
    let config = Config::new().action("look", &format!("Command: |\n  {LOOK}"));
    let config = shells.iter().fold(config, |config, shell| config.plugin(shell, &line(shell)));
    let daemon = careless(config.plugin("python", "Command: |\n  python3 -I -c 'import os; print(*[fd for fd in range(1000) if os.path.exists(\"/proc/self/fd/%%d\" %% fd)])'"));
    for shell in shells {
        let outcome = daemon.run(shell);
        outcome.expect_ok(&["0", "1", "2"]);
        outcome.action().expect("an action").expect_ok(&["0", "1", "2"]);
    }
    daemon.run("python").expect_ok(&["0 1 2"]);
}

#[test]
fn a_module_has_its_reply_and_its_log_besides_and_hands_them_to_nobody() {
    let config = Config::new()
        .file("look.py", MODULE)
        .plugin("look", &format!("Module: look\nLook: '{}'", LOOK.replace('\'', "''")));
    let outcome = careless(config).run("look");
    let info = outcome.info();
    let (child, own) = info.split_last().expect("lines");
    assert_eq!(*child, "child 0 1 2");
    let kinds: Vec<_> = own.iter().map(|line| line.split_once(' ').expect("a number").1).collect();
    assert_eq!(kinds[..3], ["/dev/null", "pipe", "pipe"], "{own:?}");
    let mut others = kinds[3..].to_vec();
    others.sort_unstable();
    assert_eq!(others, ["pipe", "socket"], "its log and its reply: {own:?}");
}

#[test]
fn a_built_in_has_three_and_its_own() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = silent.local_addr().expect("an address").port();
    let config = Config::new()
        .plugin("mongo", &format!("Module: smoker.server.plugins.mongo\nHosts: ['127.0.0.1:{port}']\nTimeout: 15"));
    let daemon = careless(config);
    let _ = daemon.force(&["mongo"]);
    let connection = silent.accept().expect("it asks");
    let built_in = wait::until("the built-in", || {
        processes::with_argument("__module").into_iter().find(|pid| daemon.processes().contains(pid))
    });
    let open = open_of(built_in);
    let unknown: Vec<_> = open.iter().skip(3).filter(|line| !line.contains("socket:")).collect();
    assert!(unknown.is_empty() && open.len() == 4, "the three and its connection: {open:?}");
    drop(connection);
}

#[test]
fn guardian_and_python_host_have_nothing_of_the_daemons() {
    let config = Config::new().file("look.py", MODULE).plugin("look", "Module: look\nLook: 'true'");
    let daemon = careless(config);
    assert_eq!(daemon.run("look").status(), "OK");
    let helper = |argument: &str| {
        let found = processes::with_argument(argument);
        found.into_iter().find(|pid| daemon.processes().contains(pid)).unwrap_or_else(|| panic!("no {argument}"))
    };
    let guardian = open_of(helper("__guardian"));
    assert!(guardian[0].starts_with("0 pipe:"), "{guardian:?}");
    assert_eq!(guardian[1..], ["1 /dev/null", "2 /dev/null"]);
    let host = open_of(helper("smokerd-python-host"));
    let count =
        |kind: &str| host.iter().filter(|line| line.split(' ').nth(1).is_some_and(|it| it.starts_with(kind))).count();
    assert_eq!((count("socket:"), count("/dev/null")), (1, 1), "the control socket and its input: {host:?}");
    let listening = open_of(daemon.pid());
    let inherited: Vec<_> =
        host.iter().filter(|line| line.contains('/') && listening.contains(line) && !line.starts_with("0 ")).collect();
    assert!(inherited.is_empty(), "{inherited:?}");
}
