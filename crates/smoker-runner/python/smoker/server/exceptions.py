"""What can go wrong in a plugin, by name."""


class SmokerException(Exception):
    """The base of all exceptions of Smoker."""


class InvalidConfiguration(SmokerException):
    """The configuration makes no sense."""


class InvalidArgument(SmokerException):
    """A method was given a value that it does not take."""


class NoSuchPlugin(SmokerException):
    """No plugin has this name."""


class PluginDisabled(SmokerException):
    """The plugin is switched off."""


class BasePluginTemplateNotFound(SmokerException):
    """The configuration has no BasePlugin template."""


class TemplateNotFound(SmokerException):
    """The configuration has no such template."""


class NoRunningPlugins(SmokerException):
    """No plugin is left to run."""


class NoPluginsFound(SmokerException):
    """No plugin matches."""


class InProgress(SmokerException):
    """The plugin is still running."""


class PluginExecutionError(SmokerException):
    """A plugin could not be run to its end."""


class PluginExecutionTimeout(PluginExecutionError):
    """A plugin ran longer than its Timeout."""


class PluginMalformedOutput(SmokerException):
    """A plugin's output cannot be read."""


class ValidationError(SmokerException):
    """A result is not shaped as a result has to be."""
