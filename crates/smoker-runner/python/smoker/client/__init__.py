"""The side of Smoker that asks daemons: what plugins and scripts use to look at other hosts."""

from smoker.client.client import Client
from smoker.client.host import Host
from smoker.client.results import HostResult, PluginResult, PluginsResult

__all__ = ['Client', 'Host', 'HostResult', 'PluginResult', 'PluginsResult']
