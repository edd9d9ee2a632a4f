//! A run with ids of its own has these, and nothing of what makes root root.

use smoker_tests::boot::Boot;
use smoker_tests::config::Config;
use smoker_tests::machine::processes;

/// A daemon whose inheritable capabilities a change of the user would not take away.
const GENEROUS: [&str; 2] = ["setpriv", "--inh-caps=+setuid,+dac_override,+net_raw"];

/// One that would keep all of them, by its security bits.
const CLINGING: [&str; 3] = ["setpriv", "--inh-caps=+setuid,+dac_override,+net_raw", "--securebits=+no_setuid_fixup"];

/// As whom the runs are: an account without groups of its own, and one that does not exist.
const IDS: &str = "uid: 12345\ngid: 12346";

/// What each of them shows.
const CONFINED: [&str; 8] = [
    "CapAmb: 0000000000000000",
    "CapEff: 0000000000000000",
    "CapInh: 0000000000000000",
    "CapPrm: 0000000000000000",
    "Gid: 12346 12346 12346 12346",
    "Groups:",
    "NoNewPrivs: 0",
    "Uid: 12345 12345 12345 12345",
];

/// Prints the lines of its own process, then tries to return and prints how it goes.
const SCRIPT: &str = "import os\n\
    WANTED = ('Uid', 'Gid', 'Groups', 'CapInh', 'CapPrm', 'CapEff', 'CapAmb', 'NoNewPrivs')\n\
    def look():\n\
    \x20   status = (line.partition(':') for line in open('/proc/self/status'))\n\
    \x20   return sorted((name + ': ' + ' '.join(value.split())).strip() for name, _, value in status if name in WANTED)\n\
    def regain():\n\
    \x20   for how in (lambda: os.setuid(0), lambda: os.seteuid(0), lambda: os.setresuid(-1, 0, 0), lambda: os.setreuid(0, 0),\n\
    \x20               lambda: os.setgid(0), lambda: os.setegid(0), lambda: os.setresgid(0, 0, 0), lambda: os.setgroups([0]),\n\
    \x20               lambda: os.chroot('/')):\n\
    \x20       try:\n\
    \x20           how()\n\
    \x20       except PermissionError:\n\
    \x20           continue\n\
    \x20       return ['regained']\n\
    \x20   return ['kept out']\n";

/// A module that shows the same of its own process.
const MODULE: &str = "from smoker.server.plugins import BasePlugin\n\
    from smoker.server.parser import BaseParser\n\
    import ids\n\n\
    class Plugin(BasePlugin):\n\
    \x20   def run(self):\n\
    \x20       for line in ids.look() + ids.regain(): self.result.add_info(line)\n\
    \x20       self.result.set_status('OK')\n\n\
    class Parser(BaseParser):\n\
    \x20   def parse(self):\n\
    \x20       for line in ids.look() + ids.regain(): self.result.add_info(line)\n\
    \x20       self.result.set_status('OK')\n\
    \x20       return self.result\n";

fn with_files(config: Config) -> Config {
    config.file("ids.py", SCRIPT).file("looks.py", MODULE)
}

fn in_shell(shell: &str) -> String {
    let names = CONFINED.map(|line| line.split(':').next().unwrap_or_default()).join("|");
    format!("{shell} -c 'grep -E \"^({names}):\" /proc/$$/status' | tr -s \"\\t \" \" \" | sed \"s/ $//\" | sort")
}

fn confined_and_kept_out() -> Vec<&'static str> {
    [&CONFINED[..], &["kept out"]].concat()
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn a_run_has_its_ids_and_no_capability_and_cannot_return() {
    let python = "python3 -I -c 'import sys; sys.path.insert(0, \"{{DIR}}\"); import ids; print(*ids.look() + ids.regain(), sep=\"\\n\")'";
    let command = |line: &str| format!("Command: |\n  {line}\n{IDS}");
    let shells = ["sh", "dash", "bash"];
    let config =
        shells.iter().fold(with_files(Config::new()), |config, shell| config.plugin(shell, &command(&in_shell(shell))));
    let config = config
        .action("command", &format!("Command: |\n  {python}"))
        .action("module", "Module: looks")
        .plugin("python", &(command(python) + "\nAction: command"))
        .plugin("module", &format!("Module: looks\n{IDS}\nAction: module"))
        .plugin("parser", &format!("Command: 'true'\nParser: looks\n{IDS}"));
    let daemon = Boot::of(config).through(&CLINGING).start();
    for shell in shells {
        daemon.run(shell).expect_ok(&CONFINED);
    }
    for name in ["python", "module", "parser"] {
        daemon.run(name).expect_ok(&confined_and_kept_out());
    }
    for name in ["python", "module"] {
        daemon.run(name).action().expect("an action").expect_ok(&confined_and_kept_out());
    }
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn a_daemon_with_ids_of_its_own_keeps_nothing_either() {
    let config = with_files(Config::new().top(IDS)).plugin("sh", &format!("Command: |\n  {}", in_shell("sh")));
    let daemon = Boot::of(config.plugin("module", "Module: looks")).through(&GENEROUS).start();
    daemon.run("sh").expect_ok(&CONFINED);
    daemon.run("module").expect_ok(&confined_and_kept_out());
    let status = processes::status(daemon.pid()).expect("it runs");
    for line in CONFINED {
        let (name, value) = line.split_once(':').expect("a name");
        assert_eq!(status[name].split_whitespace().collect::<Vec<_>>().join(" "), value.trim(), "{name} of the daemon");
    }
}
