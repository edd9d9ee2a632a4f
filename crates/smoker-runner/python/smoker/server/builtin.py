"""The modules that come with Smoker are built into smokerd; these classes run
them from Python, so that a plugin can subclass them."""

import json
import shutil

from smoker.server.exceptions import PluginExecutionError
from smoker.server.parser import BaseParser
from smoker.server.plugins.baseplugin import BasePlugin
from smoker.util import command

# The program that runs a built-in, set by the host. Outside of the daemon it is looked for.
PROGRAM = None


class BuiltinPlugin(BasePlugin):
    """A built-in module; `builtin` is its name."""

    builtin = None

    def run(self):
        """Runs it with the plugin's parameters and takes its result over."""
        self.result.set_result(self.ask())
        return self.result

    def ask(self, **parameters):
        """Runs it with the plugin's parameters and, over them, these, and
        gives its result as a mapping. Raises PluginExecutionError with its reason."""
        worker = self.plugin
        return _ask({
            'kind': 'plugin', 'module': self.builtin, 'plugin': worker.plugin_name, 'forced': bool(worker.forced),
            'timeout': float(self._timeout()), 'parameters': dict(worker.params, **parameters),
        })


class BuiltinParser(BaseParser):
    """A built-in parser; `builtin` is its name."""

    builtin = None

    def parse(self):
        """Gives it self.stdout and self.stderr and takes its result over."""
        self.result.set_result(_ask({
            'kind': 'parser', 'module': self.builtin, 'plugin': '', 'forced': False, 'timeout': 60.0,
            'parameters': {}, 'stdout': self.stdout, 'stderr': self.stderr, 'exit_status': self.exit_status,
        }))
        return self.result


def read_output(stdout, stderr, status, max_output):
    """What the daemon reads in the output of a command that ended with this `returncode`, as a mapping; None outside of the daemon."""
    if _program() is None:
        return None
    return _ask({'module': 'output of a command', 'timeout': 60.0, 'stdout': stdout, 'stderr': stderr,
                 'returncode': status, 'max_output': max_output})


def _program():
    return PROGRAM or shutil.which('smokerd') or shutil.which('smokerd', path='/usr/sbin:/usr/local/sbin')


def _ask(request):
    """The built-in's result as a mapping. Raises PluginExecutionError with its reason."""
    program = _program()
    if program is None:
        raise PluginExecutionError('%s is built into smokerd, and there is no smokerd on the PATH: install it'
                                   % request['module'])
    request = dict({'result': None, 'stdout': '', 'stderr': '', 'exit_status': None}, **request)
    text = json.dumps(request, default=_iso)
    stdout, stderr, status = command.execute([program, '__module'], timeout=request['timeout'], input=text)
    try:
        reply = json.loads(stdout)
    except ValueError:
        raise PluginExecutionError('%s ended with %s: %s' % (request['module'], status, stderr)) from None
    if 'error' in reply:
        raise PluginExecutionError(reply['error'])
    return reply['result']


def _iso(value):
    return value.isoformat() if hasattr(value, 'isoformat') else str(value)
