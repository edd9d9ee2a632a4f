"""Running commands with a time limit."""

import logging
import os
import signal
import subprocess
import threading

from smoker.util import processes

lg = logging.getLogger('smoker.util.command')

# A time limit beyond a year is none; the system's calls take no infinity.
LONGEST = 366 * 24 * 3600


class ExecutionTimeout(Exception):
    """The command ran longer than it may; it was ended."""


class ThreadDeadlock(Exception):
    """The command ran longer than it may, and nothing could end it."""


class Command(object):
    """A command: text for the shell, or a list of program and arguments. The
    other arguments go to subprocess.Popen.

    stdout, stderr and returncode are None before the run."""

    def __init__(self, command, **kwargs):
        self.command = command
        self.kwargs = kwargs
        self.process = None
        self.stdout = None
        self.stderr = None
        self.returncode = None

    def __repr__(self):
        return "<Command '%s'>" % (self.command,)

    def run(self, timeout=None, timeout_sigterm=3, timeout_sigkill=5, input=None, **kwargs):
        """Runs it and gives (stdout, stderr, exit status), both texts stripped.

        `timeout` in seconds, and 0 or None is no limit. When it is over, the
        command and all that it started get SIGTERM and, `timeout_sigterm`
        seconds later, SIGKILL; then ExecutionTimeout is raised, or
        ThreadDeadlock when the command is still there after `timeout_sigkill`
        seconds. `input` is what the command reads, nothing unless given. All
        of its output is kept. Errors of subprocess.Popen are passed on.
        """
        kwargs = _popen_arguments(self.command, dict(self.kwargs, **kwargs), input)
        if input is not None and isinstance(input, str) and not _is_text(kwargs):
            input = input.encode('utf-8', 'replace')
        lg.debug('Executing command: %s', self.command)
        self.process = subprocess.Popen(self.command, **kwargs)
        owns_group = bool(kwargs['start_new_session'])
        limit = timeout if timeout and timeout <= LONGEST else None
        try:
            output = self.process.communicate(input, timeout=limit)
        except subprocess.TimeoutExpired:
            self._end(owns_group, timeout_sigterm, timeout_sigkill)
            raise ExecutionTimeout('Execution timeout after %s seconds' % timeout) from None
        except BaseException:
            self._end(owns_group, timeout_sigterm, timeout_sigkill)
            raise
        self.stdout, self.stderr = (_text(part) for part in output)
        self.returncode = self.process.returncode
        return self.stdout, self.stderr, self.returncode

    execute = run

    def _end(self, owns_group, timeout_sigterm, timeout_sigkill):
        """SIGTERM, pause, SIGKILL."""
        for number, patience in ((signal.SIGTERM, timeout_sigterm), (signal.SIGKILL, timeout_sigkill)):
            self._signal(number, owns_group)
            try:
                # Reads on, so that a full pipe blocks no process.
                self.process.communicate(timeout=patience)
                break
            except subprocess.TimeoutExpired:
                pass
            except ValueError:
                # A pipe was closed under our hands; what counts is the process.
                break
        if owns_group:
            # What outlived the command itself and closed its pipes.
            self._signal(signal.SIGKILL, owns_group)
        if self.process.poll() is None:
            raise ThreadDeadlock('Process %d deadlocked thread %s'
                                 % (self.process.pid, threading.current_thread().name))
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()

    def _signal(self, number, owns_group):
        if self.process.returncode is None:
            signal_ptree(self.process.pid, number)
        if owns_group:
            try:
                os.killpg(self.process.pid, number)
            except OSError:
                pass


def _popen_arguments(command, kwargs, input):
    if input is not None:
        kwargs['stdin'] = subprocess.PIPE
    kwargs.setdefault('stdout', subprocess.PIPE)
    kwargs.setdefault('stderr', subprocess.PIPE)
    kwargs.setdefault('shell', isinstance(command, (str, bytes)))
    # A function for the child may well make a session itself.
    kwargs.setdefault('start_new_session', kwargs.get('preexec_fn') is None)
    if kwargs.get('env') is not None and 'SMOKER_RUN_ID' in os.environ:
        # By it the daemon knows what belongs to the run.
        kwargs['env'] = dict(kwargs['env'], SMOKER_RUN_ID=os.environ['SMOKER_RUN_ID'])
    return kwargs


def _is_text(kwargs):
    return any(kwargs.get(name) for name in ('universal_newlines', 'text', 'encoding', 'errors'))


def _text(output):
    if output is None:
        return ''
    if isinstance(output, bytes):
        output = output.decode('utf-8', 'replace')
    return output.strip()


def execute(command, timeout=None, input=None, **kwargs):
    """Runs a command and gives (stdout, stderr, exit status); see Command.run.
    The other arguments go to subprocess.Popen."""
    return Command(command, **kwargs).run(timeout, input=input)


def get_ptree(process):
    """All descendants of a process, which is a pid or has one, the deepest
    first. Each has `pid` and `name()`. Raises ProcessLookupError when there is
    no such process."""
    return processes.descendants(getattr(process, 'pid', process))


def signal_ptree(pid, signal=signal.SIGTERM):
    """Sends a signal to all descendants of a process, the deepest first, then
    to itself. Processes that are gone are passed over."""
    try:
        found = [process.pid for process in get_ptree(pid)]
    except OSError:
        found = []
    for one in found + [pid]:
        try:
            os.kill(one, signal)
        except OSError:
            pass
