//! A plugin under another user has no way to the terminal of who tries it.

use std::fs;
use std::process::Command;

use smoker_tests::config::Config;
use smoker_tests::machine::skip;
use smoker_tests::sandbox::Sandbox;
use smoker_tests::{binary, cli};

/// Runs its arguments as the leader of a session with a terminal, and prints what they show there.
const ON_A_TERMINAL: &str = "import os, pty, sys\n\
    pid, terminal = pty.fork()\n\
    if pid == 0: os.execv(sys.argv[1], sys.argv[1:])\n\
    shown = b''\n\
    while True:\n\
    \x20   try: part = os.read(terminal, 4096)\n\
    \x20   except OSError: break\n\
    \x20   if not part: break\n\
    \x20   shown += part\n\
    os.waitpid(pid, 0)\n\
    os.write(1, shown)\n";

/// Tries each way to a terminal.
const EVIL: &str = "import fcntl, os, termios\n\
    for name in ['/dev/tty', '/dev/stdin', '/dev/stdout', '/dev/stderr', '/proc/%d/fd/0' % os.getppid()]:\n\
    \x20   try:\n\
    \x20       terminal = os.open(name, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)\n\
    \x20       fcntl.ioctl(terminal, termios.TIOCGPGRP, b'0000')\n\
    \x20       fcntl.ioctl(terminal, termios.TIOCSTI, b'x')\n\
    \x20       print('typed by ' + name)\n\
    \x20   except OSError as error:\n\
    \x20       continue\n\
    print('terminal of stat: ' + open('/proc/self/stat').read().rpartition(')')[2].split()[4])\n";

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn it_cannot_type_into_the_terminal_of_a_trial() {
    let Some(python) = skip::program("/usr/bin/python3", "install python3 for all users") else { return };
    let sandbox = Sandbox::new();
    let module = "import runpy, contextlib, io\nfrom smoker.server.plugins import BasePlugin\nclass Plugin(BasePlugin):\n    def run(self):\n        \
                  text = io.StringIO()\n        with contextlib.redirect_stdout(text): runpy.run_path('{{DIR}}/evil.py')\n        \
                  self.result.add_info(text.getvalue().strip())\n        self.result.set_status('OK')\n";
    let ids = "uid: 12345\ngid: 12346";
    let config = Config::new()
        .top(&format!("python: {}", python.display()))
        .file("evil.py", EVIL)
        .file("evil_module.py", module)
        .plugin("command", &format!("Command: python3 -I {{{{DIR}}}}/evil.py\n{ids}"))
        .plugin("module", &format!("Module: evil_module\n{ids}"));
    config.write(&sandbox).expect("writable");
    fs::write(sandbox.path("terminal.py"), ON_A_TERMINAL).expect("writable");
    for plugin in ["command", "module"] {
        let program = binary::path("smokerd");
        let mut command: Command = sandbox.command("python3".as_ref());
        command.args(["-I".as_ref(), sandbox.path("terminal.py").as_path(), &program]);
        command.args(["--test-plugin", plugin, "--no-syslog", "-c"]).arg(sandbox.path("smokerd.yaml"));
        let shown = cli::run(&mut command).stdout;
        assert!(shown.contains("terminal of stat: 0"), "{plugin}: {shown}");
        assert!(!shown.contains("typed by"), "{plugin}: {shown}");
    }
}
