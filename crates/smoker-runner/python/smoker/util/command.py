"""Running commands with a time limit."""

import os
import signal
import subprocess

# How long processes have between SIGTERM and SIGKILL, and after it, in seconds.
GRACE = 3
KILL_PATIENCE = 1

# A time limit beyond a year is none; the system's calls take no infinity.
LONGEST = 366 * 24 * 3600


class ExecutionTimeout(Exception):
    """The command ran longer than it may; it was ended."""


class ThreadDeadlock(Exception):
    """The command ran longer than it may, and nothing could end it."""


class Command(object):
    """A command: text for the shell, or a list of program and arguments."""

    def __init__(self, command):
        self.command = command
        self.process = None
        self.stdout = None
        self.stderr = None
        self.returncode = None

    def execute(self, timeout=None, input=None, **kwargs):
        """Runs it and gives (stdout, stderr, exit status), both texts stripped.

        `timeout` in seconds: ExecutionTimeout when it is over, with the
        command and its process group ended. `input` is what it reads, nothing
        unless given. All of its output is kept. Other arguments go to
        subprocess.Popen, whose errors are passed on.
        """
        if input is not None:
            kwargs['stdin'] = subprocess.PIPE
            if isinstance(input, str) and not _is_text(kwargs):
                input = input.encode('utf-8', 'replace')
        kwargs.setdefault('stdout', subprocess.PIPE)
        kwargs.setdefault('stderr', subprocess.PIPE)
        kwargs.setdefault('shell', isinstance(self.command, (str, bytes)))
        # Who brings a function for the child may well make a session in it.
        kwargs.setdefault('start_new_session', kwargs.get('preexec_fn') is None)
        if kwargs.get('env') is not None and 'SMOKER_RUN_ID' in os.environ:
            # By it the daemon knows what belongs to the run.
            kwargs['env'] = dict(kwargs['env'], SMOKER_RUN_ID=os.environ['SMOKER_RUN_ID'])
        self.process = subprocess.Popen(self.command, **kwargs)
        owns_group = bool(kwargs['start_new_session'])
        if timeout is not None and timeout > LONGEST:
            timeout = None
        try:
            output = self.process.communicate(input, timeout=timeout)
        except subprocess.TimeoutExpired:
            self._end(owns_group)
            raise ExecutionTimeout('Execution timeout after %s seconds' % _number(timeout)) from None
        except BaseException:
            self._end(owns_group)
            raise
        self.stdout, self.stderr = (_text(part) for part in output)
        self.returncode = self.process.returncode
        return self.stdout, self.stderr, self.returncode

    run = execute

    def _end(self, owns_group):
        """SIGTERM, grace, SIGKILL: to the whole group when it has one of its own."""
        for number, patience in ((signal.SIGTERM, GRACE), (signal.SIGKILL, KILL_PATIENCE)):
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
            # What outlived the command itself and let go of its pipes.
            self._signal(signal.SIGKILL, owns_group)
        if self.process.poll() is None:
            raise ThreadDeadlock('Process %d could not be ended' % self.process.pid)
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()

    def _signal(self, number, owns_group):
        try:
            if owns_group:
                os.killpg(self.process.pid, number)
            elif self.process.returncode is None:
                os.kill(self.process.pid, number)
        except OSError:
            pass


def _number(seconds):
    return int(seconds) if seconds == int(seconds) else seconds


def _is_text(kwargs):
    return any(kwargs.get(name) for name in ('universal_newlines', 'text', 'encoding', 'errors'))


def _text(output):
    if output is None:
        return ''
    if isinstance(output, bytes):
        output = output.decode('utf-8', 'replace')
    return output.strip()


def execute(command, timeout=None, **kwargs):
    """Runs a command; see Command.execute."""
    return Command(command).execute(timeout=timeout, **kwargs)
