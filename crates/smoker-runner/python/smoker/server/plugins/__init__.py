"""The base of plugins, the result that they fill, and the other names that
plugins get by `from smoker.server.plugins import *`, which include modules."""

import datetime
import gc
import importlib
import json
import logging
import multiprocessing
import os
import re
import signal
import socket
import time
from builtins import object, str

import smoker.util.command
from smoker.server.exceptions import (
    ActionNotFound, BasePluginTemplateNotFound, InvalidArgument, InvalidConfiguration, NoActionsConfigured,
    NoPluginsFound, NoRunningPlugins, NoSuchPlugin, NoTemplatesConfigured, PluginExecutionError,
    PluginExecutionTimeout, PluginMalformedOutput, TemplateNotFound, ValidationError)
from smoker.server.plugins.baseplugin import BasePlugin
from smoker.server.plugins.result import Result
from smoker.server.plugins.types import Plugin, PluginManager
from smoker.server.plugins.worker import PluginWorker, alarm_handler

__all__ = [
    'ActionNotFound', 'BasePlugin', 'BasePluginTemplateNotFound', 'InvalidArgument', 'InvalidConfiguration',
    'NoActionsConfigured', 'NoPluginsFound', 'NoRunningPlugins', 'NoSuchPlugin', 'NoTemplatesConfigured', 'Plugin',
    'PluginExecutionError', 'PluginExecutionTimeout', 'PluginMalformedOutput', 'PluginManager', 'PluginWorker',
    'Result', 'TemplateNotFound', 'ValidationError', 'alarm_handler', 'datetime', 'gc', 'json', 'lg', 'logging',
    'multiprocessing', 'object', 'os', 're', 'semaphore', 'signal', 'smoker', 'socket', 'str',
    'time']

lg = logging.getLogger('smokerd.pluginmanager')

# A name that plugins may import; the daemon limits its runs itself.
semaphore = None

try:
    # Plugins that use it got it from here; it need not be installed.
    setproctitle = importlib.import_module('setproctitle')
    __all__.append('setproctitle')
except ImportError:
    pass
