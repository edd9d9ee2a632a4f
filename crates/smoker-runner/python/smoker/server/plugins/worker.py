"""What a plugin knows of its own run: self.plugin."""

import importlib
import signal

from smoker.server import output
from smoker.server.exceptions import PluginExecutionError, PluginExecutionTimeout
from smoker.server.limit import TimeLimit, alarm_handler
from smoker.server.plugins.result import Result
from smoker.util import command

# As re.escape of Python 3.7 and newer does, whatever Python this is.
ESCAPES = {ord(character): '\\' + character for character in '()[]{}?*+-|^$\\.&~# \t\n\r\v\f'}


class PluginWorker(object):
    """One run of a plugin or of its action. `params` are the plugin's parameters, `timeout` the limit in seconds."""

    def __init__(self, name, params, forced=False, timeout=None, is_action=False, max_output=None):
        self.name = name
        self.plugin_name = name
        self.params = params
        self.forced = forced
        self.timeout = timeout
        self.result = None
        self._is_action = is_action
        self._max_output = max_output

    def get_param(self, name, default=None):
        """A parameter's value; the default only when there is no such parameter."""
        return self.params.get(name, default)

    def error_result(self, message):
        """A Result with status ERROR and this message."""
        result = Result()
        result.set_status('ERROR')
        result.add_error(message)
        return result

    def escape(self, value):
        """A text with a backslash before each character that has a meaning; in
        a list and in a mapping each text, one level deep. No protection
        against hostile values."""
        if isinstance(value, list):
            return [_escape(item) for item in value]
        if isinstance(value, dict):
            return {key: _escape(item) for key, item in value.items()}
        if isinstance(value, (str, bytes, int)):
            return _escape(value)
        raise Exception('Unknown data type')

    def run_command(self, command_line, timeout=0):
        """Runs a command as a plugin's Command is run, with the plugin's
        Parser if it has one, and gives its Result. In an action the Parser is
        left out: it reads the plugin's output alone. `timeout` in seconds, 0
        for no limit.

        Raises PluginExecutionTimeout, PluginExecutionError when the command
        cannot be run, PluginMalformedOutput when it prints JSON that is no result.
        """
        try:
            stdout, stderr, status = command.execute(command_line, timeout=timeout)
        except command.ExecutionTimeout as error:
            raise PluginExecutionTimeout(error)
        except PluginExecutionTimeout:
            raise
        except Exception as error:
            raise PluginExecutionError("Can't execute command %s: %s" % (command_line, error))
        if self.get_param('Parser') and not self._is_action:
            result = self.run_parser(stdout, stderr, None if status < 0 else status)
            if status < 0:
                result.set_status('ERROR')
                result.add_error('killed by signal %d (%s)' % (-status, _signal_name(-status)))
            return result
        return output.result_of(stdout, stderr, status, self._max_output)

    def run_module(self, module, **kwargs):
        """Runs the Plugin of another module and gives its Result. The
        arguments are the other one's `args`; `timeout` among them is its time
        limit, too, which otherwise is the plugin's Timeout. Over it, the
        Result is an ERROR. Exceptions of the module are passed on."""
        seconds = kwargs.get('timeout', self.get_param('Timeout', self.timeout))
        plugin = importlib.import_module(module).Plugin(self, **kwargs)
        limit = TimeLimit(seconds)
        try:
            with limit:
                return plugin.run() or plugin.result
        except PluginExecutionTimeout:
            if limit.alone_exceeded():
                return self.error_result('Plugin execution exceeded timeout %s seconds' % _number(seconds))
            raise

    def run_parser(self, stdout, stderr, exit_status=0):
        """What the plugin's Parser makes of these outputs. Raises TypeError when the plugin has none."""
        name = self.get_param('Parser')
        if not isinstance(name, str):
            raise TypeError('module name must be a string')
        parser = output.parser(name)(stdout, stderr)
        if hasattr(parser, 'exit_status'):
            parser.exit_status = exit_status
        return parser.parse()


def _number(seconds):
    """Whole seconds without a point."""
    return int(seconds) if seconds == int(seconds) else seconds


def _signal_name(number):
    try:
        return signal.Signals(number).name
    except ValueError:
        return 'real-time'


def _escape(value):
    if isinstance(value, str):
        return value.translate(ESCAPES)
    if isinstance(value, bytes):
        # Latin-1 has a character for each byte.
        return value.decode('latin-1').translate(ESCAPES).encode('latin-1')
    return value
