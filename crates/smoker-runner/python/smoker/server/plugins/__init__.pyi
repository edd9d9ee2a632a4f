import datetime as datetime
import gc as gc
import json as json
import logging as logging
import multiprocessing as multiprocessing
import os as os
import re as re
import signal as signal
import socket as socket
import time as time

import smoker as smoker
from smoker.server.exceptions import ActionNotFound as ActionNotFound
from smoker.server.exceptions import BasePluginTemplateNotFound as BasePluginTemplateNotFound
from smoker.server.exceptions import InvalidArgument as InvalidArgument
from smoker.server.exceptions import InvalidConfiguration as InvalidConfiguration
from smoker.server.exceptions import NoActionsConfigured as NoActionsConfigured
from smoker.server.exceptions import NoPluginsFound as NoPluginsFound
from smoker.server.exceptions import NoRunningPlugins as NoRunningPlugins
from smoker.server.exceptions import NoSuchPlugin as NoSuchPlugin
from smoker.server.exceptions import NoTemplatesConfigured as NoTemplatesConfigured
from smoker.server.exceptions import PluginExecutionError as PluginExecutionError
from smoker.server.exceptions import PluginExecutionTimeout as PluginExecutionTimeout
from smoker.server.exceptions import PluginMalformedOutput as PluginMalformedOutput
from smoker.server.exceptions import TemplateNotFound as TemplateNotFound
from smoker.server.exceptions import ValidationError as ValidationError
from smoker.server.plugins.baseplugin import BasePlugin as BasePlugin
from smoker.server.plugins.result import Result as Result
from smoker.server.plugins.types import Plugin as Plugin
from smoker.server.plugins.types import PluginManager as PluginManager
from smoker.server.plugins.worker import PluginWorker as PluginWorker
from smoker.server.plugins.worker import alarm_handler as alarm_handler

lg: logging.Logger
semaphore: None
