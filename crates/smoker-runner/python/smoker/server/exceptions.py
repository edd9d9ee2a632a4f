"""The exceptions of Smoker. Each is a direct subclass of Exception, so that no
`except` clause for one of them catches another."""


class TemplateNotFound(Exception):
    """The configuration has no such template."""


class NoTemplatesConfigured(Exception):
    """The configuration has no templates."""


class BasePluginTemplateNotFound(Exception):
    """The configuration has no BasePlugin template."""


class ActionNotFound(Exception):
    """The configuration has no such action."""


class NoActionsConfigured(Exception):
    """The configuration has no actions."""


class NoRunningPlugins(Exception):
    """No plugin is loaded."""


class NoSuchPlugin(Exception):
    """No plugin has this name."""


class NoPluginsFound(Exception):
    """No plugin matches."""


class InvalidConfiguration(Exception):
    """The parameters of a plugin make no sense."""


class InvalidArgument(Exception):
    """A method was given a value that it does not take."""


class ValidationError(Exception):
    """A result is not shaped as a result has to be."""


class PluginExecutionError(Exception):
    """A command or a module could not be run to its end."""


class PluginExecutionTimeout(Exception):
    """A module, or a command that it ran, exceeded its time limit."""


class PluginMalformedOutput(Exception):
    """A command printed JSON that is not a result."""


class InProgress(Exception):
    """The process has not finished."""
