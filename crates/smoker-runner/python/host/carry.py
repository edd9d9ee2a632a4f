"""What a plugin's module leaves for its action.

In the original the action runs in the process of its plugin, so it finds what the module put on
self.plugin and into its parameters, the attributes and the class of its Result, and the globals of the
user's own modules. Here each has a process of its own, and all of that goes from one to the other as a
pickle. What cannot be pickled, such as a lock or a connection, stays behind; the log says so at INFO.
"""

import base64
import collections
import datetime
import decimal
import importlib
import logging
import os
import pickle
import sys
import types

LOG = logging.getLogger('smokerd.module')

# Globals of these types are data. Others may be marks that code compares by identity.
DATA = (bool, int, float, complex, str, bytes, bytearray, list, tuple, dict, set, frozenset, type(None), datetime.date,
        datetime.time, datetime.timedelta, decimal.Decimal, collections.deque, collections.OrderedDict,
        collections.defaultdict, collections.Counter)

# What a worker has of its own in each process.
OWN = ('name', 'plugin_name', 'forced', 'timeout', 'result', 'params', '_is_action', '_max_output')


def pack(worker, result, roots, limit):
    """The text that `unpack` reads: what the worker, the result (or None) and the modules below `roots` have
    that can be carried. None when it has more than `limit` bytes."""
    state = {
        'params': _items(worker.params, 'the parameter'),
        'worker': _items({name: value for name, value in vars(worker).items() if name not in OWN}, 'self.plugin.'),
        'result': _result(result),
        'modules': {name: _items(values, name + '.') for name, values in _globals(roots).items()},
    }
    data = base64.b64encode(pickle.dumps(state, protocol=pickle.HIGHEST_PROTOCOL)).decode('ascii')
    if len(data) > limit:
        LOG.warning('what the module leaves has %d bytes, and at most %d are taken to its action', len(data), limit)
        return None
    return data


def unpack(text, worker):
    """Gives the worker what was packed, and the user's modules their globals. The Result, or None."""
    # A pickle names the user's modules, and is read only as the account that made it.
    state = pickle.loads(base64.b64decode(text))
    worker.params.clear()
    worker.params.update(_read(state['params']))
    for name, value in _read(state['worker']).items():
        setattr(worker, name, value)
    for name, values in state['modules'].items():
        try:
            module = importlib.import_module(name)
        except Exception as error:
            LOG.info('the action does not find the globals of %s: %s', name, error)
            continue
        for variable, value in _read(values).items():
            _restore(module, variable, value)
    return _read(state['result']).get('result') if state['result'] else None


def _items(values, what):
    """Those of the values that can be pickled, all in one, so that what they share stays shared."""
    kept = dict(values)
    try:
        return pickle.dumps(kept)
    except Exception:
        pass
    for name, value in list(kept.items()):
        try:
            pickle.loads(pickle.dumps(value))
        except Exception as error:
            LOG.info('%s %s does not reach the action: %s', what, name, error)
            del kept[name]
    return pickle.dumps(kept)


def _read(data):
    try:
        return pickle.loads(data)
    except Exception as error:
        LOG.info('a part of what the module left does not reach its action: %s', error)
        return {}


def _result(result):
    """The Result with its class, or with its mapping alone where the class cannot be carried."""
    if result is None:
        return None
    try:
        data = pickle.dumps({'result': result})
        pickle.loads(data)
        return data
    except Exception as error:
        LOG.info("the action gets a plain Result, not the module's %s: %s", type(result).__name__, error)
        return None


def _globals(roots):
    """The data in the globals of the modules that lie below the user's folders."""
    roots = [os.path.join(os.path.realpath(root), '') for root in roots]
    found = {}
    for name, module in list(sys.modules.items()):
        file = getattr(module, '__file__', None)
        if not isinstance(module, types.ModuleType) or not file or name == '__main__':
            continue
        path = os.path.realpath(file)
        if any(path.startswith(root) for root in roots) and 'site-packages' not in path:
            own = {variable: value for variable, value in vars(module).items()
                   if not variable.startswith('__') and _is_data(value)}
            if own:
                found[name] = own
    return found


def _is_data(value):
    return type(value) in DATA


def _restore(module, variable, value):
    """In place where that can be done: other modules may have imported the object."""
    current = vars(module).get(variable)
    if type(current) is type(value) and current is not value:
        if isinstance(value, (list, bytearray)):
            current[:] = value
            return
        if isinstance(value, (dict, set)):
            current.clear()
            current.update(value)
            return
    setattr(module, variable, value)
