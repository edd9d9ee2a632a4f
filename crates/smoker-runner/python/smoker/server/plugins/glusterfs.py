"""The built-in glusterfs as a class to subclass."""

from smoker.server.builtin import BuiltinPlugin


class Plugin(BuiltinPlugin):
    builtin = 'smoker.server.plugins.glusterfs'
