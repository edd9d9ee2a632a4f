"""The base of plugins and the result that they fill."""

from smoker.server.plugins.baseplugin import BasePlugin
from smoker.server.plugins.result import Result

__all__ = ['BasePlugin', 'Result']
