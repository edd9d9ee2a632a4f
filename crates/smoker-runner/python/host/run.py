"""Runs a plugin's, an action's or a parser's module and gives its answer."""

import copy
import datetime
import importlib
import logging
import os
import signal
import sys
import threading
import time

from _smoker_host import carry, forked, reply
from smoker.server.exceptions import PluginExecutionError, PluginExecutionTimeout, ValidationError
from smoker.server.limit import TimeLimit
from smoker.server.plugins import Result
from smoker.server.plugins.worker import PluginWorker

LOG = logging.getLogger('smokerd.module')

# The names that a Python literal of configured values can hold.
LITERAL_NAMES = {'__builtins__': {}, 'datetime': datetime, 'nan': float('nan'), 'inf': float('inf')}

# How many seconds beyond its time limit a module's import and constructor may take. The daemon knows it, too.
LOADING_ALLOWANCE = 10


def run(request, roots=(), on_loaded=lambda: None):
    """{"result": ...} or {"error": text}, always. When the result was not shaped
    as one, it is there, too, as "invalid". An action that changed the plugin's
    result gives this as "changed", and what is not shaped as one as
    "changed_invalid". "timed_out" is there when the module left its
    time limit's exception to the host. A module whose plugin has actions gives
    what they find of it as "carried", and the parameters that it changed as
    "parameters". `roots` are the user's folders of modules; `on_loaded` is called
    when a module's own limit begins, with its run()."""
    run_ = _Run(request, on_loaded)
    answer = _answer(request, run_)
    acted_on = run_.acted_on
    if acted_on is not None and acted_on.result != run_.before:
        reason = _refusal(acted_on)
        if reason is None:
            answer['changed'] = acted_on.result
        else:
            answer.update(changed=_refused(reason), changed_invalid=acted_on.result)
    if request['carries'] and run_.worker is not None:
        answer.update(run_.carried(answer, roots))
    return answer


class _Run:
    """The objects of one run of a module."""

    def __init__(self, request, on_loaded):
        self.request = request
        self.on_loaded = on_loaded
        self.terminated = _Terminated(request['timeout'])
        is_parser = request['kind'] == 'parser'
        self.limit = TimeLimit(request['timeout'] + (0 if is_parser else LOADING_ALLOWANCE))
        self.worker = None
        # What the module gave.
        self.result = None
        # For an action: the plugin's result, live, and as it was.
        self.acted_on = self.before = None

    def begin(self):
        request = self.request
        self.worker = PluginWorker(
            request['plugin'], eval(request['parameters_literal'], LITERAL_NAMES), request['forced'],
            request['timeout'], is_action=request['kind'] == 'action', max_output=request['max_output'])
        live = None
        if request['carried'] is not None:
            own = self.worker.params.get('Action')
            live = carry.unpack(request['carried'], self.worker)
            if request['kind'] == 'action':
                # Each action finds its own.
                self.worker.params['Action'] = own
        if request['kind'] == 'action':
            self.acted_on = _live(live, request['result'])
            self.before = copy.deepcopy(self.acted_on.result)

    def loaded(self):
        """From here on, with its run(), the module has its whole time limit."""
        self.limit.restart(self.request['timeout'])
        self.terminated.restart()
        self.on_loaded()

    def carried(self, answer, roots):
        """What the next of the plugin's actions finds."""
        request = self.request
        # Valid or not: an action may complete it, and it is validated after the last one.
        if request['kind'] == 'action':
            result = self.acted_on
        else:
            result = self.result if 'result' in answer else None
        found = {}
        try:
            found['carried'] = carry.pack(self.worker, result, roots, request['reply_limit'])
            configured = eval(request['parameters_literal'], LITERAL_NAMES)
            changed = {name: value for name, value in self.worker.params.items()
                       if isinstance(name, str) and name != 'Action'
                       and (name not in configured or configured[name] != value)}
            reply.plain(changed)
            found['parameters'] = changed
        except Exception as error:
            LOG.info('what the module leaves does not reach its action: %s', error)
        return found


def _live(carried, shown):
    """The plugin's Result for its action: the module's own, else one with what the daemon has."""
    if isinstance(getattr(carried, 'result', None), dict):
        for name in ('lastRun', 'forced'):
            if name in shown:
                carried.result[name] = shown[name]
        return carried
    made = Result()
    made.result = copy.deepcopy(shown)
    return made


class _Step:
    """How far a run has come, in the words of the original's log for a failure there."""

    def __init__(self, request):
        name = request['module']
        if request['kind'] == 'parser':
            self.words = ("can't load parser %s" % name, "can't initialize parser", 'parser execution failed')
        else:
            self.words = ("can't load module %s" % name, "can't initialize plugin module", 'module execution failed')
        self.number = 0

    def log(self, error, text):
        LOG.error('%s: %s', self.words[self.number], text, exc_info=(type(error), error, error.__traceback__))


def _answer(request, run_):
    step = _Step(request)
    try:
        try:
            signal.signal(signal.SIGTERM, run_.terminated)
            with run_.limit:
                result = forked.call(_result, request, run_, step)
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
    except PluginExecutionTimeout as error:
        if _text(error):
            # Not the run's own limit, but that of a command, which has ended.
            return _failure(step, error, _text(error))
        LOG.info('Plugin timeout exceeded')
        text = 'Plugin execution exceeded timeout %s seconds' % request['timeout_text']
        return {'error': text, 'timed_out': True}
    except SystemExit as error:
        what = 'parser' if request['kind'] == 'parser' else 'module'
        code = '' if error.code is None else repr(error.code)
        return _failure(step, error, 'the %s called sys.exit(%s) before it gave a result' % (what, code))
    except BaseException as error:
        return _failure(step, error, _text(error).strip() or type(error).__name__)
    reason = _refusal(result)
    if reason is None:
        return {'result': _found(result)}
    if request['kind'] == 'parser':
        # A parser that failed, which leaves what the command printed.
        return {'error': reason, 'invalid': result.result}
    return {'result': _refused(reason), 'invalid': result.result}


def _refusal(result):
    """What is wrong with a result; None when it is valid."""
    own = getattr(result, 'refusal', None)
    if own is not None:
        return own
    checked = Result()
    checked.result = result.result
    try:
        checked.validate()
    except ValidationError as error:
        return 'ValidationError: %s' % error
    return None


def _refused(reason):
    """The ERROR in the place of a result that is not valid."""
    refused = Result()
    refused.set_status('ERROR')
    refused.add_error(reason)
    return _found(refused)


def _found(result):
    """The result's mapping, without the time at which the object was made: the daemon knows when the run started.
    A time that the module set is there."""
    mapping = result.result
    if mapping.get('lastRun') == getattr(result, 'made_at', None):
        mapping = {name: value for name, value in mapping.items() if name != 'lastRun'}
    return mapping


class _Terminated:
    """The handler of SIGTERM, by which the daemon ends a run. Raising lets the
    module clean up; SIGKILL follows after the grace period."""

    def __init__(self, timeout):
        self.timeout = timeout
        self.pid = os.getpid()
        self.restart()

    def restart(self):
        # Our clock started after the daemon's.
        self.deadline = time.monotonic() + self.timeout - 1

    def __call__(self, number, frame):
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if os.getpid() != self.pid:
            # A process that the module forked: it ends as any other would.
            os.kill(os.getpid(), signal.SIGTERM)
            return
        if time.monotonic() < self.deadline:
            raise PluginExecutionError('ended by SIGTERM')
        raise PluginExecutionTimeout()


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


def _failure(step, error, text):
    step.log(error, text)
    return {'error': text}


def _result(request, run_, step):
    run_.begin()
    worker, acted_on = run_.worker, run_.acted_on
    module = importlib.import_module(request['module'])
    step.number = 1
    if request['kind'] == 'parser':
        parser = _class(module, 'Parser')(request['stdout'], request['stderr'])
        if hasattr(parser, 'exit_status'):
            parser.exit_status = request['exit_status']
        step.number = 2
        run_.result = parser.parse()
        return _checked(run_.result, 'parser')
    arguments = {} if acted_on is None else {'result': acted_on}
    plugin = _class(module, 'Plugin')(worker, **arguments)
    step.number = 2
    run_.loaded()
    run_.result = plugin.run() or plugin.result
    return _checked(run_.result, 'module')


def _class(module, name):
    try:
        return getattr(module, name)
    except AttributeError:
        text = "module '%s' has no attribute '%s'" % (module.__name__, name)
        hidden = _hidden_file(module)
        if hidden:
            text += '; it is not %s, but the module of this name that Python has itself: rename the file, and the name in ' \
                'the configuration' % hidden
        raise AttributeError(text) from None


def _hidden_file(module):
    """The file that an import of the module would find first, where another one was loaded before."""
    loaded = getattr(module, '__file__', None)
    path = module.__name__.replace('.', '/')
    for entry in sys.path:
        for file in (os.path.join(entry, path, '__init__.py'), os.path.join(entry, path + '.py')):
            if os.path.isfile(file):
                return None if loaded and os.path.realpath(file) == os.path.realpath(loaded) else file
    return None


def _checked(result, what):
    """The result; of a class of the module's own, what its get_result() gives."""
    if not hasattr(result, 'result'):
        raise TypeError('the %s returned %s, not a Result' % (what, type(result).__name__))
    if not isinstance(result.result, dict):
        raise TypeError('the .result of the %s\'s %s has to be a dictionary, not %s'
                        % (what, type(result).__name__, type(result.result).__name__))
    if type(result) is Result or not callable(getattr(result, 'get_result', None)):
        return result
    given = _Given(result)
    try:
        given.result = result.get_result()
    except ValidationError as error:
        given.refusal = 'ValidationError: %s' % error
    if not isinstance(given.result, dict):
        raise TypeError('get_result() of the %s\'s %s returned %s, not a dictionary'
                        % (what, type(result).__name__, type(given.result).__name__))
    return given


class _Given:
    """The mapping that a result's own get_result() gives, or why it refuses to give one."""

    def __init__(self, result):
        self.result = result.result
        self.made_at = getattr(result, 'made_at', None)
        self.refusal = None
