"""The built-in varnishparser as a class to subclass."""

from smoker.server.builtin import BuiltinParser


class Parser(BuiltinParser):
    """A component for each backend that varnishadm lists."""

    builtin = 'smoker.server.plugins.varnishparser'
