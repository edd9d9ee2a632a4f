"""What a plugin knows of its own run: self.plugin."""

from smoker.server.plugins import Result

# As re.escape of Python 3.7 and newer does, whatever Python this is.
ESCAPES = {ord(character): '\\' + character for character in '()[]{}?*+-|^$\\.&~# \t\n\r\v\f'}


class PluginWorker(object):
    """One run of a plugin."""

    def __init__(self, name, params, forced, timeout):
        self.name = name
        self.plugin_name = name
        self.params = params
        self.forced = forced
        self.timeout = timeout
        self.result = None

    def get_param(self, name, default=None):
        """A parameter's value; the default only when there is no such parameter."""
        return self.params.get(name, default)

    def escape(self, value):
        """A text with a backslash before each character that has a meaning;
        anything else as it is. No protection against hostile values."""
        return value.translate(ESCAPES) if isinstance(value, str) else value

    def error_result(self, text):
        """A Result with status ERROR and this message."""
        self.result = Result()
        self.result.set_status('ERROR')
        self.result.add_error(text)
        return self.result
