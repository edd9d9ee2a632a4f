"""The host's loop: orders come in, children are forked, their exits are reported.

Single-threaded, because a fork of a process with threads is a lottery. What
goes over the control socket is one JSON object a line:

in:  {"run": ID} with three descriptors (job, output, log)
     {"reap": ID}
out: {"ready": VERSION, "path": [..]}
     {"started": ID, "pid": N}        the child leads a session of its own
     {"exited": ID, "code": N} or {"exited": ID, "signal": N}
     {"failed": ID, "reason": TEXT}
"""

import array
import gc
import json
import os
import select
import signal
import socket
import sys
import time

from _smoker_host import bytecode, child, isolation
from smoker.server import builtin

DESCRIPTORS = 3

# How long, in seconds, the guardian of a daemon that is gone has to end its runs: the grace period, and a moment.
GUARDIAN_TIMEOUT = 6

# Blocked around a fork: no handler of the host's runs in a child.
HANDLED = (signal.SIGCHLD, signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


def _utf8(path):
    """A path as text that has a form in JSON."""
    return os.fsencode(path).decode('utf-8', 'replace')


class Child:
    """A child and what was reported of it."""

    def __init__(self, run, pid):
        self.run = run
        self.pid = pid
        self.ended = False
        self.reaped = False
        self.unwanted = False


class Host:
    """One process for the daemon's life, unless it dies."""

    def __init__(self, control, users_path, program, core, owners):
        builtin.PROGRAM = program
        bytecode.write_only_settled()
        self.control = control
        # As PYTHONPATH would: the user's folders before the interpreter's.
        self.path = users_path + [entry for entry in sys.path if entry not in users_path]
        self.shared = child.SharedState(users_path, self.path, core, owners)
        self.children = {}
        self.received = b''
        self.descriptors = []

    def serve(self):
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.close(nothing)
        self.deaths, self.death = os.pipe()
        os.set_blocking(self.deaths, False)
        os.set_blocking(self.death, False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.set_wakeup_fd(self.death)
        if hasattr(gc, 'freeze'):
            # Collections in children then leave the shared pages alone.
            gc.collect()
            gc.freeze()
        self.send({'ready': '%d.%d.%d' % sys.version_info[:3], 'path': [_utf8(entry) for entry in self.path]})
        poll = select.poll()
        poll.register(self.control, select.POLLIN)
        poll.register(self.deaths, select.POLLIN)
        while True:
            ready = [descriptor for descriptor, _ in poll.poll()]
            if self.deaths in ready:
                self.report_deaths()
            if self.control.fileno() in ready:
                self.receive()

    def send(self, message):
        try:
            self.control.sendall(json.dumps(message).encode('ascii') + b'\n')
        except OSError:
            self.end()

    def receive(self):
        """Takes what came; descriptors come in the order of their messages."""
        descriptors = array.array('i')
        space = socket.CMSG_SPACE(8 * DESCRIPTORS * descriptors.itemsize)
        try:
            data, ancillary, _, _ = self.control.recvmsg(65536, space)
        except OSError:
            data, ancillary = b'', []
        for level, kind, received in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                descriptors.frombytes(received[:len(received) - len(received) % descriptors.itemsize])
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)
            self.descriptors.append(descriptor)
        if not data:
            self.end()
        *lines, self.received = (self.received + data).split(b'\n')
        for line in lines:
            self.handle(json.loads(line.decode('utf-8')))

    def handle(self, order):
        if 'run' in order:
            descriptors, self.descriptors = self.descriptors[:DESCRIPTORS], self.descriptors[DESCRIPTORS:]
            self.start(order['run'], descriptors)
        elif 'reap' in order:
            self.reap(order['reap'])

    def start(self, run, descriptors):
        """Forks, and reports the child once it leads a session of its own."""
        alone, leads = os.pipe()
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, HANDLED)
        parent = os.getpid()
        try:
            pid = os.fork()
        except OSError as error:
            pid = None
            reason = str(error)
        if pid == 0:
            try:
                os.setsid()
                os.close(leads)
                # A child must not keep descriptors of other runs.
                for descriptor in [alone, self.deaths, self.death] + self.descriptors:
                    os.close(descriptor)
                signal.set_wakeup_fd(-1)
                self.control.close()
                child.run_one_job(self.shared, parent, mask, *descriptors)
            finally:
                os._exit(1)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        os.close(leads)
        for descriptor in descriptors:
            os.close(descriptor)
        if pid is None:
            os.close(alone)
            self.send({'failed': run, 'reason': reason})
            return
        os.read(alone, 1)
        os.close(alone)
        self.children[run] = Child(run, pid)
        self.send({'started': run, 'pid': pid})
        # It may have died before it was listed.
        self.report_exit(self.children[run])

    def report_deaths(self):
        try:
            while os.read(self.deaths, 4096):
                pass
        except BlockingIOError:
            pass
        for one in list(self.children.values()):
            self.report_exit(one)

    def report_exit(self, one):
        """Reports a child's exit. It stays a zombie until the daemon orders to reap
        it, so that no other process gets its number while it is still signalled."""
        if one.ended:
            return
        end = isolation.exit_of(one.pid)
        if end is None:
            return
        one.ended = True
        how, number, one.reaped = end
        self.send({'exited': one.run, how: number})
        if one.unwanted:
            self.reap(one.run)

    def reap(self, run):
        one = self.children.get(run)
        if one is None:
            return
        if not one.ended:
            one.unwanted = True
            return
        del self.children[run]
        if not one.reaped:
            os.waitpid(one.pid, 0)

    def end(self):
        """The daemon is gone, and its runs end with it. Its guardian ends them:
        it needs the children of this host as parents of what they started.
        What it does not end, or where there is none, is killed here."""
        limit = time.monotonic() + (GUARDIAN_TIMEOUT if sys.platform.startswith('linux') else 0)
        while self.living() and time.monotonic() < limit:
            select.select([self.deaths], [], [], 0.1)
            try:
                os.read(self.deaths, 4096)
            except BlockingIOError:
                pass
        for one in self.living():
            try:
                os.killpg(one.pid, signal.SIGKILL)
            except OSError:
                pass
        os._exit(0)

    def living(self):
        """The children that have not ended."""
        for one in self.children.values():
            one.ended = one.ended or isolation.exit_of(one.pid) is not None
        return [one for one in self.children.values() if not one.ended]
