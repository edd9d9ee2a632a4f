"""What makes a forked child a process of its own: ids, streams, signals, run mark."""

import faulthandler
import io
import os
import signal
import sys

try:
    import resource
except ImportError:
    # A slim interpreter.
    resource = None

try:
    import ctypes
    LIBC = ctypes.CDLL(None, use_errno=True)
except (ImportError, OSError):
    # A slim interpreter: what only C calls can do is left out.
    LIBC = None

RUN_MARK_VARIABLE = 'SMOKER_RUN_ID'
# RLIMIT_LOCKS, which Linux no longer counts and Python does not name: on all
# its architectures the number is this.
CARRIER = 10
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NAME, PR_SET_SECUREBITS = 1, 4, 15, 28
# The C library has no function for it.
SYS_KEYCTL = {'x86_64': 250, 'aarch64': 219}
KEYCTL_JOIN_SESSION_KEYRING = 1


def _run_mark_address():
    """Where the host's own run mark lies in its first environment, which is
    what /proc/PID/environ shows; None when that cannot be known."""
    if LIBC is None or not sys.platform.startswith('linux'):
        return None
    LIBC.getenv.restype = ctypes.c_void_p
    return LIBC.getenv(RUN_MARK_VARIABLE.encode())


RUN_MARK_ADDRESS = _run_mark_address()
# It is in the environment of everything that the daemon starts.
HOST_RUN_MARK = os.environ[RUN_MARK_VARIABLE]


def carry_run_mark(tag):
    """Marks this process and all that it will start as members of the run."""
    if resource is not None and sys.platform.startswith('linux'):
        try:
            resource.setrlimit(CARRIER, (int(tag), resource.getrlimit(CARRIER)[1]))
        except (OSError, ValueError):
            # A sandbox or a hard limit refuses it; the environment has to do.
            pass
    if RUN_MARK_ADDRESS and len(tag) == len(HOST_RUN_MARK):
        # A fork keeps the environment that the kernel shows, so it is
        # overwritten in place: an orphan that left group and session and never
        # called exec is found by it.
        ctypes.memmove(RUN_MARK_ADDRESS, tag.encode('ascii'), len(tag))
    os.environ[RUN_MARK_VARIABLE] = tag


def set_environment(request):
    """Names the run to all that the module starts, as a command's environment
    does, but without the parameters: the module has them with their types, and
    they may contain passwords."""
    # `Env` of the plugin has been set, and must not hide the run.
    os.environ[RUN_MARK_VARIABLE] = request['run_mark']
    os.environ['SMOKER_PLUGIN'] = request['plugin'].replace('\0', '')
    os.environ['SMOKER_TIMEOUT'] = request['timeout_text']
    if request['kind'] == 'action':
        # As for a command: a result that has no valid status becomes an ERROR unless the action mends it.
        status = request['result'].get('status')
        os.environ['SMOKER_STATUS'] = status if status in ('OK', 'WARN') else 'ERROR'


def restore_signals(mask):
    """Signals as in an interpreter that was just started."""
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def allow_setsid():
    """A module that makes itself the leader of a session finds that it is one: in the original its process was none."""
    make = os.setsid

    def setsid():
        if os.getsid(0) != os.getpid():
            make()

    os.setsid = setsid


def take_streams(output):
    """What is printed goes to the daemon's log; there is nothing to read, as
    in the host itself."""
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    for number, name in ((1, 'stdout'), (2, 'stderr')):
        stream = io.open(number, 'w', buffering=1, encoding='utf-8', errors='backslashreplace', closefd=False)
        setattr(sys, name, stream)
        setattr(sys, '__%s__' % name, stream)
    faulthandler.enable(2)


def change_account(account):
    """Changes user and groups for good, and checks it."""
    uid, gid, before = account['uid'], account['gid'], os.geteuid()
    leave_root_behind()
    # A pipe belongs to who made it, and /dev/stdout opens it once more by its owner's rights.
    os.fchown(1, uid, gid)
    os.setgroups(account['groups'])
    if hasattr(os, 'setresuid'):
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)
        taken = os.getresuid() == (uid,) * 3 and os.getresgid() == (gid,) * 3
    else:
        os.setgid(gid)
        os.setuid(uid)
        taken = (os.getuid(), os.geteuid(), os.getgid(), os.getegid()) == (uid, uid, gid, gid)
    if uid != 0 and taken:
        try:
            os.setuid(0)
            taken = False
        except OSError:
            give_up_capabilities()
    if not taken:
        raise PermissionError('the system did not change them for good')
    if uid != before:
        keep_memory_from_others()


def leave_root_behind():
    """A session keyring of its own, and no security bits by which capabilities
    outlive a change of the user. Where the system refuses these, what they
    would take away is not there or is refused later."""
    if LIBC is None or not sys.platform.startswith('linux'):
        return
    keyctl = SYS_KEYCTL.get(os.uname().machine)
    if keyctl is not None:
        LIBC.syscall(keyctl, KEYCTL_JOIN_SESSION_KEYRING, None)
    LIBC.prctl(PR_SET_SECUREBITS, 0, 0, 0, 0)


def give_up_capabilities():
    """A change of the user leaves inheritable ones, and under some security bits all."""
    if LIBC is None or not sys.platform.startswith('linux'):
        return
    # As linux/capability.h has them: version 3 and this thread; effective, permitted and inheritable bits, twice.
    header, capabilities = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    if LIBC.capset(header, capabilities) != 0:
        # A sandbox can refuse the change; then there must be none.
        if LIBC.capget(header, capabilities) != 0 or any(capabilities):
            raise PermissionError('the system leaves capabilities')


def keep_memory_from_others():
    """No process of the account reads or traces this one: a fork has a copy of
    the host's memory, which is the daemon's. The kernel does so by itself at a
    change of the user, unless it is set up to dump the memory of such processes.
    What this process starts is as open as any other."""
    if LIBC is not None and sys.platform.startswith('linux'):
        LIBC.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def follow_parent(parent):
    """Ends with the host. After the ids: changing them undoes it."""
    if LIBC is None or not sys.platform.startswith('linux'):
        return
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def set_process_name(name):
    """Sets the name that a listing of processes shows."""
    if LIBC is not None and sys.platform.startswith('linux'):
        LIBC.prctl(PR_SET_NAME, name.encode('utf-8', 'replace')[:15], 0, 0, 0)


def identity_of_interpreter():
    """What tells a replaced interpreter from the one that runs; None when
    that cannot be known."""
    try:
        status = os.stat(sys.executable)
    except (OSError, TypeError, ValueError):
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime


def exit_of(pid):
    """('code' or 'signal', number, whether it was reaped) of a child; None while it lives."""
    if hasattr(os, 'waitid'):
        info = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if info is None or info.si_pid == 0:
            return None
        how = 'code' if info.si_code == os.CLD_EXITED else 'signal'
        return how, info.si_status, False
    waited, status = os.waitpid(pid, os.WNOHANG)
    if waited == 0:
        return None
    if os.WIFSIGNALED(status):
        return 'signal', os.WTERMSIG(status), True
    return 'code', os.WEXITSTATUS(status), True
