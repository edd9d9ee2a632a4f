//! The child of the module host is a fork, so it has a copy of the host's memory. Under another user no process of that
//! user reads it; what else a process needs of its own entries in `/proc` stays.

use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::machine::skip;

const MODULE: &str = "import ctypes, os, subprocess, time\n\
    from smoker.server.plugins import BasePlugin\n\n\
    DUMPABLE = 'import ctypes; print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))'\n\n\
    class Plugin(BasePlugin):\n\
    \x20   def run(self):\n\
    \x20       add = self.result.add_info\n\
    \x20       add('dumpable %d' % ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))\n\
    \x20       for name in ('/dev/stdout', '/dev/stderr'):\n\
    \x20           with open(name, 'w') as stream: stream.write('written\\n')\n\
    \x20           add('wrote to ' + name)\n\
    \x20       add('sees its descriptors %s' % ('1' in os.listdir('/proc/self/fd')))\n\
    \x20       child = subprocess.run(['python3', '-I', '-c', DUMPABLE], stdout=subprocess.PIPE, close_fds=True)\n\
    \x20       add('dumpable child ' + child.stdout.decode().strip())\n\
    \x20       with open(self.plugin.get_param('File'), 'w') as file: file.write(str(os.getpid()))\n\
    \x20       while not os.path.exists(self.plugin.get_param('File') + '.read'): time.sleep(0.05)\n\
    \x20       self.result.set_status('OK')\n";

/// Tries to read another process of its own user.
const SPY: &str = "import os, sys, time\n\
    folder = sys.argv[1] + '/module'\n\
    while not os.path.exists(folder) or not open(folder).read(): time.sleep(0.05)\n\
    pid = open(folder).read()\n\
    for name in ('mem', 'environ', 'maps', 'fd', 'cwd'):\n\
    \x20   path = '/proc/%s/%s' % (pid, name)\n\
    \x20   try:\n\
    \x20       os.listdir(path) if name in ('fd', 'cwd') else open(path, 'rb').read(1)\n\
    \x20       print('read ' + name)\n\
    \x20   except PermissionError:\n\
    \x20       print('kept ' + name)\n\
    open(folder + '.read', 'w')\n";

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn no_process_of_its_user_reads_a_modules_child() {
    let Some(python) = skip::program("/usr/bin/python3", "install python3 for all users") else { return };
    let ids = "uid: 12345\ngid: 12346";
    let spy = "python3 -I {{DIR}}/spy.py {{DIR}}/open";
    let config = Config::new()
        .top(&format!("python: {}", python.display()))
        .file("looking.py", MODULE)
        .file("spy.py", SPY)
        .plugin("folder", "Command: mkdir {{DIR}}/open && chmod 777 {{DIR}}/open")
        .plugin("module", &format!("Module: looking\nFile: '{{{{DIR}}}}/open/module'\nTimeout: 60\n{ids}"))
        .plugin("spy", &format!("Command: {spy}\nTimeout: 60\n{ids}"));
    let daemon = Daemon::start(config);
    daemon.run("folder").expect_ok(&[]);
    let outcomes = daemon.finish(&daemon.force(&["module", "spy"]));
    outcomes[0].1.expect_ok(&[
        "dumpable 0",
        "wrote to /dev/stdout",
        "wrote to /dev/stderr",
        "sees its descriptors True",
        "dumpable child 1",
    ]);
    outcomes[1].1.expect_ok(&["kept mem", "kept environ", "kept maps", "kept fd", "kept cwd"]);
}
