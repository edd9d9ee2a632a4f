"""The base of plugins and of action modules."""

from smoker.server.plugins.result import Result
from smoker.util import command as command_module


class BasePlugin(object):
    """Subclass it as Plugin, with a run() that fills self.result or returns a Result.

    An action module finds the result of the plugin in self.args['result'].
    """

    def __init__(self, plugin, **kwargs):
        self.plugin = plugin
        self.result = Result()
        self.args = kwargs

    def get_result(self):
        """The result that the plugin fills."""
        return self.result

    def execute(self, command, **kwargs):
        """Runs a command and gives (stdout, stderr, exit status), both texts
        stripped. Text goes through the shell, a list does not. `timeout` is
        the plugin's Timeout unless given; other arguments go to subprocess.Popen.
        """
        kwargs.setdefault('timeout', self.plugin.timeout)
        return command_module.execute(command, **kwargs)

    def run(self):
        """Does the check."""
        raise NotImplementedError('%s has no run()' % type(self).__name__)
