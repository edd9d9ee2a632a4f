//! What the processes of a run can do to outlive it.

/// What starts the processes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartedBy {
    /// A command runs the script.
    Command,
    /// A Python module runs the script and waits for more than it.
    Module,
    /// The row is the body of a Python module's `run` itself.
    Itself,
}

/// A row of the kill matrix.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// What its processes do.
    pub name: &'static str,
    /// What starts them.
    pub started_by: StartedBy,
    /// A shell script that gets a token as its first argument, which its
    /// processes have to keep in theirs, and as its second a file: processes
    /// that cannot be caught by a look lock it. Or a module's body, which has both as `token` and `lock`.
    pub text: &'static str,
    /// How many processes have the token when everything is in place; none: the lock tells.
    pub processes: usize,
}

/// What scripts do, for root or not.
const SCRIPTS: [(&str, usize, &str); 23] = [
    ("a plain child", 1, r#"exec sleep "$1""#),
    ("grandchildren", 3, r#"sh -c 'sh -c "sleep \$1; :" child "$1"; :' child "$1"; :"#),
    ("setsid", 3, r#"setsid sleep "$1" & sleep "$1"; :"#),
    ("double fork", 3, r#"(setsid sh -c 'sleep "$1" >/dev/null 2>&1 &' child "$1" &); sleep "$1"; :"#),
    ("nohup", 3, r#"nohup sleep "$1" >/dev/null 2>&1 & sleep "$1"; :"#),
    ("ignores TERM", 3, r#"trap '' TERM; setsid sleep "$1" & sleep "$1"; sleep "$1"; sleep "$1""#),
    (
        "stopped by SIGSTOP",
        3,
        r#"sleep "$1" & kill -STOP $!; setsid sh -c 'kill -STOP $$; sleep "$1"' child "$1" & kill -STOP $$; :"#,
    ),
    ("holds the pipes open after the parent left", 1, r#"setsid sleep "$1" & exit 0"#),
    ("closes its descriptors and sleeps", 1, r#"exec sleep "$1" <&- >&- 2>&-"#),
    (
        "a chain of forks, faster than one kill pass",
        0,
        r#"exec perl -e '
            use POSIX; $SIG{TERM} = "IGNORE"; open LOCK, "<", $ARGV[1] and flock LOCK, 2 or die;
            for (1..20000) { fork and POSIX::_exit(0); POSIX::setsid(); select(undef, undef, undef, 0.001) }' "$1" "$2""#,
    ),
    (
        "a fountain of forks, faster than one kill pass",
        60,
        r#"exec perl -e '
            use POSIX; $SIG{TERM} = "IGNORE"; $SIG{CHLD} = "IGNORE";
            for (1..60) { fork or do { POSIX::setsid(); exec "sleep", @ARGV }; select(undef, undef, undef, 0.001) }
            sleep 3600 while 1' "$1""#,
    ),
    (
        "changed name, which overwrites the environment",
        1,
        r#"exec perl -e '
            use POSIX; fork and POSIX::_exit(0); POSIX::setsid(); fork and POSIX::_exit(0);
            $0 = join "\0", @ARGV, "x" x 4096; sleep 3600' "$1""#,
    ),
    (
        "without group, session, parents, environment and descriptors",
        2,
        r#"env -i perl -e '
            use POSIX; POSIX::close($_) for 0..2; fork and POSIX::_exit(0); POSIX::setsid(); fork and POSIX::_exit(0);
            $SIG{TERM} = "IGNORE"; exec "sleep", @ARGV' "$1"; exec sleep "$1""#,
    ),
    (
        "a process whose first thread has ended, which looks like a zombie",
        0,
        r#"setsid python3 -I -c '
import ctypes, fcntl, os, signal, sys, threading, time
lock = open(sys.argv[1]); fcntl.flock(lock, fcntl.LOCK_EX)
for one in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT): signal.signal(one, signal.SIG_IGN)
threading.Thread(target=time.sleep, args=(300,)).start()
ctypes.CDLL(None).syscall({"x86_64": 60, "aarch64": 93}[os.uname().machine], 0)' "$2" & wait"#,
    ),
    (
        "a lowered limit",
        2,
        r#"env -i prlimit --locks=0: perl -e '
            use POSIX; POSIX::close($_) for 0..2; fork and POSIX::_exit(0); POSIX::setsid(); fork and POSIX::_exit(0);
            $SIG{TERM} = "IGNORE"; exec "sleep", @ARGV' "$1"; exec sleep "$1""#,
    ),
    (
        "a raised limit",
        2,
        r#"env -i prlimit --locks="$(prlimit --noheadings --raw --output=HARD --locks)": perl -e '
            use POSIX; POSIX::close($_) for 0..2; fork and POSIX::_exit(0); POSIX::setsid(); fork and POSIX::_exit(0);
            $SIG{TERM} = "IGNORE"; exec "sleep", @ARGV' "$1"; exec sleep "$1""#,
    ),
    (
        "the number of another run",
        2,
        r#"env -i SMOKER_RUN_ID=1000000000000000002 prlimit --locks=1000000000000000002: perl -e '
            use POSIX; POSIX::close($_) for 0..2; fork and POSIX::_exit(0); POSIX::setsid(); fork and POSIX::_exit(0);
            $SIG{TERM} = "IGNORE"; exec "sleep", @ARGV' "$1"; exec sleep "$1""#,
    ),
    (
        "a child whose parent is the daemon from the start (CLONE_PARENT)",
        2,
        r#"perl -e '
            use POSIX; my $clone = (POSIX::uname())[4] eq "aarch64" ? 220 : 56;
            exit if syscall($clone, 0x8011, 0, 0, 0, 0);
            POSIX::close($_) for 0..2; POSIX::setsid(); $SIG{TERM} = "IGNORE";
            exec "env", "-i", "prlimit", "--locks=0:", "sleep", @ARGV' "$1"; exec sleep "$1""#,
    ),
    (
        "a reaper of its own children that forks on and on, without any mark",
        4,
        r#"env -i prlimit --locks=0: perl -e '
            use POSIX; my $prctl = (POSIX::uname())[4] eq "aarch64" ? 167 : 157;
            POSIX::close($_) for 0..2; fork and POSIX::_exit(0); POSIX::setsid(); fork and POSIX::_exit(0);
            $SIG{TERM} = "IGNORE"; syscall($prctl, 36, 1, 0, 0, 0);
            for (1..200) {
                fork or do { POSIX::setsid(); fork and POSIX::_exit(0); exec "sleep", @ARGV };
                select(undef, undef, undef, 0.2)
            }
            sleep 3600 while 1' "$1"; exec sleep "$1""#,
    ),
    (
        "phoenixes, each of which forks again when its child is killed",
        0,
        r#"exec perl -e '
            use POSIX; $SIG{TERM} = "IGNORE"; open LOCK, "<", $ARGV[1] and flock LOCK, 2 or die;
            sub life {
                my $below = shift; POSIX::setsid();
                while (1) { if (!$below) { sleep 3600; next } my $child = fork // next; life($below - 1) if !$child; waitpid $child, 0 }
            }
            life(6)' "$1" "$2""#,
    ),
    (
        "a process that another one traces",
        4,
        r#"setsid perl -e '
            use POSIX; my $ptrace = (POSIX::uname())[4] eq "aarch64" ? 117 : 101; $SIG{TERM} = "IGNORE";
            if (!fork) { syscall($ptrace, 0, 0, 0, 0); kill "STOP", $$; exec "sleep", @ARGV }
            sleep 3600 while 1' "$1" & sleep "$1"; :"#,
    ),
    (
        "a process that another one stops all the time",
        4,
        r#"sleep "$1" & victim=$!
        setsid sh -c 'trap "" TERM; while kill -STOP "$2" 2>/dev/null; do sleep 0.01; done; exec sleep "$1"' stopper "$1" $victim &
        sleep "$1"; :"#,
    ),
    (
        "a process that nobody of its user looks into",
        2,
        r#"env -i perl -e '
            use POSIX; my $prctl = (POSIX::uname())[4] eq "aarch64" ? 167 : 157;
            POSIX::close($_) for 0..2; fork and POSIX::_exit(0); POSIX::setsid(); fork and POSIX::_exit(0);
            $SIG{TERM} = "IGNORE"; syscall($prctl, 4, 0, 0, 0, 0); sleep 3600 while 1' "$1"; exec sleep "$1""#,
    ),
];

/// What only root's scripts do.
const SCRIPTS_OF_ROOT: [(&str, usize, &str); 7] = [
    ("changed uid", 3, r#"setpriv --reuid 65534 --regid 65534 --clear-groups setsid sleep "$1" & sleep "$1"; :"#),
    (
        "namespaces of users and of processes",
        4,
        r#"setsid unshare --user --pid --fork sh -c 'trap "" TERM; exec sleep "$1"' inside "$1" & sleep "$1"; :"#,
    ),
    (
        "a cgroup of its own",
        3,
        r#"inner=$(grep -m1 ' - cgroup2 ' /proc/self/mountinfo | cut -d' ' -f5)$(sed -n s/^0:://p /proc/self/cgroup)/inner
        setsid sleep "$1" & mkdir -p "$inner" && echo $! > "$inner/cgroup.procs"; sleep "$1"; :"#,
    ),
    (
        "a cgroup of its own, deep below that of the run",
        3,
        r#"inner=$(grep -m1 ' - cgroup2 ' /proc/self/mountinfo | cut -d' ' -f5)$(sed -n s/^0:://p /proc/self/cgroup)
        setsid sleep "$1" & for level in 1 2 3 4 5 6 7 8 9; do inner=$inner/$level; done
        mkdir -p "$inner" && echo $! > "$inner/cgroup.procs"; sleep "$1"; :"#,
    ),
    (
        "a frozen cgroup of its own",
        3,
        r#"inner=$(grep -m1 ' - cgroup2 ' /proc/self/mountinfo | cut -d' ' -f5)$(sed -n s/^0:://p /proc/self/cgroup)/inner
        setsid sleep "$1" & mkdir -p "$inner" && echo $! > "$inner/cgroup.procs" && echo 1 > "$inner/cgroup.freeze"
        sleep "$1"; :"#,
    ),
    (
        "a run that freezes its own cgroup",
        3,
        r#"own=$(grep -m1 ' - cgroup2 ' /proc/self/mountinfo | cut -d' ' -f5)$(sed -n s/^0:://p /proc/self/cgroup)
        setsid sleep "$1" & sleep 2; sleep "$1" & [ ! -e "$own/cgroup.freeze" ] || echo 1 > "$own/cgroup.freeze"; wait"#,
    ),
    (
        "a process whose first thread has ended, a hundred cgroups below that of the run",
        0,
        r#"setsid python3 -I -c '
import ctypes, fcntl, os, signal, sys, threading, time
lock = open(sys.argv[1]); fcntl.flock(lock, fcntl.LOCK_EX)
for one in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT): signal.signal(one, signal.SIG_IGN)
own = [line[3:].strip() for line in open("/proc/self/cgroup") if line.startswith("0::")]
mounts = [line.split()[4] for line in open("/proc/self/mountinfo") if " - cgroup2 " in line]
if own and mounts:
    os.chdir(mounts[0] + own[0])
    for _ in range(100): os.mkdir("inner"); os.chdir("inner")
    open("cgroup.procs", "w").write(str(os.getpid()))
threading.Thread(target=time.sleep, args=(300,)).start()
ctypes.CDLL(None).syscall({"x86_64": 60, "aarch64": 93}[os.uname().machine], 0)' "$2" & wait"#,
    ),
];

/// What modules do. `spawn` starts a process with the token.
const BODIES: [(&str, usize, &str); 4] = [
    (
        "a module that ignores SIGTERM",
        1,
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nspawn()\nwhile True: time.sleep(9)",
    ),
    (
        "a module that ignores exceptions",
        1,
        "spawn()\nwhile True:\n    try: time.sleep(9)\n    except BaseException: pass",
    ),
    ("a module that is stopped by SIGSTOP", 1, "spawn()\nos.kill(os.getpid(), signal.SIGSTOP)"),
    (
        "a module's copies that never call exec",
        1,
        "lock = open(lock)\nfcntl.flock(lock, fcntl.LOCK_EX)\nif os.fork() == 0:\n    os.setsid()\n    if os.fork(): os._exit(0)\n    os.closerange(0, 3)\n    os.environ.clear()\n    \
         signal.signal(signal.SIGTERM, signal.SIG_IGN)\n    while True: time.sleep(9)\nspawn()\ntime.sleep(3600)",
    ),
];

/// All rows that this user can show.
#[must_use]
pub(super) fn all() -> Vec<Row> {
    let of_root = if cfg!(as_root) { &SCRIPTS_OF_ROOT[..] } else { &[] };
    let scripts = || SCRIPTS.iter().chain(of_root);
    let row = |started_by: StartedBy| {
        move |&(name, processes, text): &(&'static str, usize, &'static str)| Row { name, started_by, text, processes }
    };
    let commands = scripts().map(row(StartedBy::Command));
    commands.chain(scripts().map(row(StartedBy::Module))).chain(BODIES.iter().map(row(StartedBy::Itself))).collect()
}
