"""The base of plugins and of action modules."""

import sys

from smoker.server.plugins.result import Result
from smoker.util import command as command_module

# The time limit of a command when the plugin has no Timeout, in seconds.
DEFAULT_TIMEOUT = 120


class BasePlugin(object):
    """Subclass it as Plugin, with a run() that fills self.result or returns a Result.

    An action module finds the result of the plugin in self.args['result'].
    """

    plugin = None
    result = None
    args = None

    def __init__(self, plugin, **kwargs):
        self.plugin = plugin
        self.result = Result()
        self.args = kwargs

    def run(self):
        """Does the check."""
        raise NotImplementedError('%s has no run()' % type(self).__name__)

    def get_result(self):
        """The result that the plugin fills, as a mapping. Raises ValidationError when it is not valid."""
        return self.result.get_result()

    def execute(self, command, **kwargs):
        """Runs a command and gives (stdout, stderr, exit status), both texts
        stripped. Text goes through the shell, a list does not. `timeout` is
        the plugin's Timeout unless given, in seconds, and 0 or None is no
        limit; other arguments go to subprocess.Popen.
        """
        if 'timeout' not in kwargs:
            kwargs['timeout'] = self._timeout()
        return command_module.execute(command, **kwargs)

    def _timeout(self):
        seconds = getattr(self.plugin, 'timeout', None)
        if seconds is None:
            return self.plugin.get_param('Timeout', default=DEFAULT_TIMEOUT)
        # As it was configured, so that a message shows it in this way.
        return int(seconds) if seconds == int(min(seconds, sys.maxsize)) else seconds
