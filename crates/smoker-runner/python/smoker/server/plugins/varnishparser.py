"""The built-in varnishparser as a class to subclass."""

from smoker.server.builtin import BuiltinParser


class Parser(BuiltinParser):
    builtin = 'smoker.server.plugins.varnishparser'
