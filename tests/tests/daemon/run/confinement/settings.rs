//! What a plugin's keys say of its processes: `MaxMemory`, `MaxProcesses`,
//! `Nice`, `WorkDir`, `Umask`, `Env`, `NoNewPrivileges`.

use std::fs;
use std::os::unix::process::CommandExt;

use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::machine::{processes, skip};
use smoker_tests::sandbox::Sandbox;
use smoker_tests::started::Started;
use smoker_tests::wait;

use crate::run::confinement::looks;

const KEYS: &str = "Nice: 7\nWorkDir: /usr\nUmask: 027\nNoNewPrivileges: true\n\
    Env: {GREETING: hello, COUNT: 3, SMOKER_PLUGIN: forged, SMOKER_RUN_ID: forged}";

const EXPECTED: [&str; 6] = ["nice 7", "folder /usr", "umask 0027", "NoNewPrivs 1", "greeting hello 3", "forged []"];

const SCRIPT: &str = "import os\n\
    def look():\n\
    \x20   status = dict(line.split(':\\t', 1) for line in open('/proc/self/status') if ':\\t' in line)\n\
    \x20   mask = os.umask(0)\n\
    \x20   os.umask(mask)\n\
    \x20   env = os.environ\n\
    \x20   return ['nice %d' % os.getpriority(os.PRIO_PROCESS, 0), 'folder ' + os.getcwd(), 'umask %04o' % mask,\n\
    \x20           'NoNewPrivs ' + status['NoNewPrivs'].strip(), 'greeting %s %s' % (env.get('GREETING'), env.get('COUNT')),\n\
    \x20           'forged %s' % [name for name in env if env[name] == 'forged']]\n";

fn with_files(config: Config) -> Config {
    looks::with_files(config, SCRIPT, "if self.plugin.get_param('Eat', default=False): b'x' * (1 << 30)")
}

#[test]
fn commands_modules_parsers_and_actions_are_set_up_as_configured() {
    let daemon = Daemon::start(looks::with_every_kind(with_files(Config::new()), KEYS));
    looks::expect_everywhere(&daemon, &EXPECTED);
}

#[test]
fn an_action_has_keys_of_its_own() {
    let daemon = Daemon::start(
        Config::new()
            .action("plain", "Command: nice; pwd")
            .plugin("nice", "Command: nice; pwd\nNice: 5\nWorkDir: /usr\nAction: plain"),
    );
    let outcome = daemon.run("nice");
    outcome.expect_ok(&["5", "/usr"]);
    let action = outcome.action().expect("an action");
    let inherited = std::process::Command::new("nice").output().expect("coreutils").stdout;
    assert_eq!(action.info()[0], String::from_utf8_lossy(&inherited).trim());
    assert_ne!(action.info()[1], "/usr");
}

#[test]
fn a_built_in_is_set_up_as_configured() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let plugin = format!("{}\n{KEYS}", looks::waiting_built_in(&silent));
    let daemon = Daemon::start(Config::new().plugin("mongo", &plugin));
    let (built_in, connection) = looks::run_waiting(&daemon, "mongo", &silent);
    let status = processes::status(built_in).expect("it lives");
    assert_eq!((status["NoNewPrivs"].trim(), status["Umask"].trim()), ("1", "0027"));
    assert_eq!(fs::read_link(format!("/proc/{built_in}/cwd")).expect("it lives").to_str(), Some("/usr"));
    drop(connection);
}

#[test]
fn a_folder_that_is_not_there_is_the_error_of_the_run() {
    let daemon = Daemon::start(
        with_files(Config::new())
            .plugin("command", "Command: pwd\nWorkDir: /no/such/folder")
            .plugin("module", "Module: looking\nWorkDir: /no/such/folder"),
    );
    for name in ["command", "module"] {
        let outcome = daemon.run(name);
        assert!(outcome.expect_error().contains("WorkDir: No such file or directory"), "{}", outcome.0);
    }
}

#[test]
fn max_memory_bounds_commands_and_modules() {
    let eat = "Command: |\n  python3 -I -c 'x = b\"x\" * (1 << 30); print(\"had it\")'";
    let daemon = Daemon::start(
        with_files(Config::new())
            .plugin("free", eat)
            .plugin("command", &format!("{eat}\nMaxMemory: 256M"))
            .plugin("module", "Module: looking\nEat: true\nMaxMemory: 256M"),
    );
    daemon.run("free").expect_ok(&["had it"]);
    for name in ["command", "module"] {
        let outcome = daemon.run(name);
        assert_eq!(outcome.status(), "ERROR", "{name}: {}", outcome.0);
    }
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn max_processes_bounds_a_run_with_a_uid() {
    let many = "Command: for i in 1 2 3 4 5 6 7 8 9; do sleep 3 & done; wait; echo done\nuid: 12399\ngid: 12399";
    let daemon =
        Daemon::start(Config::new().plugin("default", many).plugin("few", &format!("{many}\nMaxProcesses: 5")));
    daemon.run("default").expect_ok(&["done"]);
    let few = daemon.run("few");
    assert_ne!(few.status(), "OK", "{}", few.0);
    assert!(few.0.to_string().to_lowercase().contains("fork"), "{}", few.0);
}

/// The account of a service has thousands of threads: they are not the run's.
#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn max_processes_comes_beside_what_the_account_has() {
    let Some(python) = skip::program("/usr/bin/python3", "install python3 for all users") else { return };
    let sandbox = Sandbox::new();
    let service = "import threading, time\nthreading.stack_size(65536)\nfor _ in range(1100): threading.Thread(target=time.sleep, args=(300,)).start()\nprint('ready', flush=True)\n";
    let mut command = sandbox.command(&python);
    command.args(["-I", "-c", service]).uid(12398).gid(12398);
    let _service = Started::spawn(&mut command).expect("python3");
    wait::until_true("the service", || sandbox.stdout().contains("ready"));
    let many = "Command: sleep 0.1 & sleep 0.1 & ls / >/dev/null; wait; echo done\nuid: 12398\ngid: 12398";
    let daemon = Daemon::start(
        with_files(Config::new())
            .plugin("default", many)
            .plugin("few", &format!("{many}\nMaxProcesses: 8"))
            .plugin("module", "Module: looking\nuid: 12398\ngid: 12398"),
    );
    for name in ["default", "few", "module"] {
        let outcome = daemon.run(name);
        assert_eq!(outcome.status(), "OK", "{name}: {}", outcome.0);
    }
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn with_a_uid_the_variables_are_those_of_the_account() {
    let show = "Command: echo $HOME $USER $LOGNAME $SHELL; ulimit -u";
    let module = "import os\nfrom smoker.server.plugins import BasePlugin\nclass Plugin(BasePlugin):\n    def run(self):\n        self.result.add_info(' '.join(os.environ[name] for name in ('HOME', 'USER', 'LOGNAME', 'SHELL')))\n        self.result.set_status('OK')\n";
    let daemon = Daemon::start(
        Config::new()
            .file("variables.py", module)
            .plugin("account", &format!("{show}\nuid: daemon\ngid: daemon"))
            .plugin("number", &format!("{show}\nuid: 12345\ngid: 12346"))
            .plugin("own", &format!("{show}\nuid: 12345\ngid: 12346\nEnv: {{HOME: /var/empty}}"))
            .plugin("module", "Module: variables\nuid: 12345\ngid: 12346"),
    );
    assert!(daemon.run("account").info()[0].contains(" daemon daemon /"), "{}", daemon.run("account").0);
    assert_eq!(daemon.run("number").info()[0], "/ 12345 12345 /bin/sh");
    assert_eq!(daemon.run("own").info()[0], "/var/empty 12345 12345 /bin/sh");
    daemon.run("module").expect_ok(&["/ 12345 12345 /bin/sh"]);
}

#[test]
fn a_value_that_is_not_meant_for_the_key_is_a_parameter_as_before() {
    let others = "MaxMemory: plenty\nMaxProcesses: [1]\nNice: 40\nWorkDir: office\nUmask: 999\nEnv: production\nNoNewPrivileges: maybe";
    let daemon = Daemon::start(
        Config::new()
            .plugin("old", &format!("Command: echo %(Env)s %(Nice)s $SMOKER_PARAM_WORKDIR\n{others}"))
            .plugin("plain", "Command: 'true'"),
    );
    daemon.run("old").expect_ok(&["production 40 office"]);
    let parameters = daemon.plugin("plain")["plugin"]["parameters"].clone();
    for key in ["MaxMemory", "MaxProcesses", "Nice", "WorkDir", "Umask", "Env", "NoNewPrivileges"] {
        assert!(parameters.get(key).is_none(), "{key}: {parameters}");
    }
}
