"""The built-in uname as a class to subclass."""

from smoker.server.builtin import BuiltinPlugin


class Plugin(BuiltinPlugin):
    """OK, with the five fields of uname(2)."""

    builtin = 'smoker.server.plugins.uname'
