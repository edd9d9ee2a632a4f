"""The life of a forked child: a job comes in, a module runs, a reply goes out."""

import json
import os
import sys

from _smoker_host import isolation, logs, ownership, paths, rehearsal, reply, run, setup

# The daemon knows this exit code: the descriptor for the reply is gone.
LOST_REPLY = 113

# The daemon ends what a run with this exit code left, as after a time limit of its own.
TIMED_OUT = 114

# The first byte that a child sends. BEGUN: it has its job, which no other child
# may run now. REPLACED: the interpreter was replaced, and the new one has to run it.
BEGUN, REPLACED = b'+', b'-'

# The byte behind BEGUN: the module is imported and constructed, and its time limit begins.
LOADED = b'!'


class SharedState:
    """State that all children of a host share."""

    def __init__(self, users_path, path, core, owners):
        self.users_path = users_path
        # The accounts whose files are imported; None: of all.
        self.owners = owners
        self.path = path
        self.core = core
        self.packages = paths.packages()
        self.interpreter = isolation.identity_of_interpreter()

    def is_replaced(self):
        """Whether the interpreter's file is no longer the one that this process
        runs: its library is another one now, too."""
        now = isolation.identity_of_interpreter()
        # One that is gone is not replaced.
        return None not in (now, self.interpreter) and now != self.interpreter


class Job:
    """The connection over which one job comes in and its reply goes out."""

    def __init__(self, descriptor):
        self.descriptor = descriptor
        self.identity = self._identity()
        self.pid = os.getpid()

    def _identity(self):
        status = os.fstat(self.descriptor)
        return status.st_dev, status.st_ino

    def receive(self):
        """One JSON object behind its length; None when the daemon gave the run up."""
        received = b''
        while b'\n' not in received:
            part = os.read(self.descriptor, 65536)
            if not part:
                return None
            received += part
        length, _, received = received.partition(b'\n')
        parts, left = [received], int(length) - len(received)
        while left > 0:
            part = os.read(self.descriptor, min(left, 1 << 20))
            if not part:
                return None
            parts.append(part)
            left -= len(part)
        return json.loads(b''.join(parts).decode('utf-8'))

    def begin(self, is_replaced):
        os.write(self.descriptor, REPLACED if is_replaced else BEGUN)

    def loaded(self):
        if os.getpid() != self.pid:
            # A copy that the module forked.
            return
        try:
            self._check()
            os.write(self.descriptor, LOADED)
        except OSError:
            # The reply will fail, too.
            pass

    def _check(self):
        if self._identity() != self.identity:
            raise OSError('another file has taken the place of the reply')

    def send(self, data):
        """Sends a reply. Raises OSError when the descriptor is no longer what
        it was: the module may have closed it and opened a file in its place."""
        self._check()
        data = b'%d\n%s' % (len(data), data)
        while data:
            data = data[os.write(self.descriptor, data):]


def run_one_job(shared, parent, mask, job, output, log):
    """Waits for a job and runs its module. Never returns.

    What does not depend on the job is done before it comes: a child can have
    been forked long before its run, or just for it."""
    isolation.restore_signals(mask)
    isolation.take_streams(output)
    isolation.follow_parent(parent)
    isolation.set_process_name('smokerd spare')
    logs.start(log)
    run.reset_sigterm_in_forks()
    isolation.allow_setsid()
    rehearsal.rehearse(shared)
    connection = Job(job)
    request = connection.receive()
    if request is None:
        os._exit(0)
    is_replaced = shared.is_replaced()
    connection.begin(is_replaced)
    if is_replaced:
        os._exit(0)
    isolation.carry_run_mark(request['run_mark'])
    isolation.set_process_name('smokerd plugin')
    account, settings = request['account'], request['setup']
    try:
        setup.limit(settings)
    except Exception as error:
        finish(connection, {'error': str(error)}, request)
    if account is not None:
        try:
            isolation.change_account(account)
        except Exception as error:
            text = "cannot run it as uid %s and gid %s: %s" % (account['uid'], account['gid'], error)
            finish(connection, {'error': text}, request)
        isolation.follow_parent(parent)
    try:
        setup.surround(settings)
    except Exception as error:
        finish(connection, {'error': str(error)}, request)
    isolation.set_environment(request)
    logs.take_from(request['log_level'])
    paths.use(shared)
    if shared.owners is not None:
        sys.meta_path.insert(0, ownership.Guard(ownership.Owners(shared.owners)))
    finish(connection, run.run(request, shared.users_path, connection.loaded), request)


def finish(connection, answer, request):
    code = TIMED_OUT if answer.pop('timed_out', False) else 0
    try:
        connection.send(reply.encode(answer, request['reply_limit']))
    except OSError:
        code = LOST_REPLY
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass
    # Neither threads that were left running nor exit handlers delay the result.
    os._exit(code)
