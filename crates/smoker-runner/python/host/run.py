"""Runs a plugin's, an action's or a parser's module and gives its answer."""

import datetime
import importlib
import logging
import os
import signal
import threading
import time
import traceback

from smoker.server.exceptions import PluginExecutionError, PluginExecutionTimeout, ValidationError
from smoker.server.plugins import Result
from smoker.server.worker import PluginWorker

LOG = logging.getLogger('smokerd.module')

# The names that a Python literal of configured values can hold.
LITERAL_NAMES = {'__builtins__': {}, 'datetime': datetime, 'nan': float('nan'), 'inf': float('inf')}


def run(request):
    """{"result": ...} or {"error": text}, always. When the result is not shaped
    as one, it is there, too, as "invalid"."""
    terminated = _Terminated(request)
    result = None
    try:
        try:
            signal.signal(signal.SIGTERM, terminated)
            result = _result(request)
            result.validate(force=True)
            return {'result': result.result}
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
    except ValidationError as error:
        answer = _failure(error, 'ValidationError: %s' % error)
        return answer if result is None else dict(answer, invalid=result.result)
    except SystemExit as error:
        what = 'parser' if request['kind'] == 'parser' else 'module'
        return _failure(error, 'the %s called sys.exit(%s) before it gave a result' % (what, _text(error.code)))
    except BaseException as error:
        return _failure(error, _text(error).strip() or type(error).__name__)


class _Terminated:
    """The handler of SIGTERM, by which the daemon ends a run. Raising lets the
    module clean up; SIGKILL follows after the grace period."""

    def __init__(self, request):
        self.seconds = request['timeout_text']
        # Our clock started after the daemon's.
        self.deadline = time.monotonic() + request['timeout'] - 1
        self.pid = os.getpid()

    def __call__(self, number, frame):
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if os.getpid() != self.pid:
            # A process that the module forked: it ends as any other would.
            os.kill(os.getpid(), signal.SIGTERM)
            return
        if time.monotonic() < self.deadline:
            raise PluginExecutionError('ended by SIGTERM')
        raise PluginExecutionTimeout('Plugin execution exceeded timeout %s seconds' % self.seconds)


def reset_sigterm_in_forks():
    """Processes that a module forks end by SIGTERM as any others do, from
    their first moment: Python forgets signals that arrive between a fork and
    the child's first step, so they wait until the handler is gone. A lost one
    would leave multiprocessing's pools waiting for ever."""
    if not hasattr(os, 'register_at_fork'):
        return  # Python 3.6.
    masks = threading.local()

    def before():
        masks.old = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])

    def in_parent():
        signal.pthread_sigmask(signal.SIG_SETMASK, masks.old)

    def in_child():
        if isinstance(signal.getsignal(signal.SIGTERM), _Terminated):
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, masks.old)

    os.register_at_fork(before=before, after_in_parent=in_parent, after_in_child=in_child)


def _text(error):
    try:
        return str(error)
    except Exception:
        return ''


def _failure(error, text):
    LOG.info('%s', ''.join(traceback.format_exception(type(error), error, error.__traceback__)))
    return {'error': text}


def _result(request):
    worker = PluginWorker(
        request['plugin'], eval(request['parameters_literal'], LITERAL_NAMES), request['forced'],
        request['timeout'])
    module = importlib.import_module(request['module'])
    if request['kind'] == 'parser':
        parser = _class(module, 'Parser')(request['stdout'], request['stderr'])
        return _checked(parser.parse(), 'parser')
    arguments = {}
    if request['kind'] == 'action':
        result = Result()
        result.set_result(request['result'])
        arguments['result'] = result
    plugin = _class(module, 'Plugin')(worker, **arguments)
    returned = plugin.run()
    return _checked(returned or plugin.result, 'module')


def _class(module, name):
    try:
        return getattr(module, name)
    except AttributeError:
        raise AttributeError("module '%s' has no class %s" % (module.__name__, name)) from None


def _checked(result, what):
    if not isinstance(result, Result):
        raise TypeError('the %s returned %s, not a Result' % (what, type(result).__name__))
    return result

