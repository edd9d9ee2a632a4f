"""Logging for programs of one's own. A module inside smokerd needs none of it:
what it logs by Python's logging goes to the daemon's log."""

import logging
import logging.config
import logging.handlers
import os
import sys

from smoker.logger.level_handler import LevelHandler

# The logger that init() made.
lg = None


def init(name='', level=logging.WARNING, syslog=True, console=True, config_file=''):
    """Makes a logger and gives it. An existing `config_file`, an ini of
    logging.config, takes the place of the handlers."""
    global lg
    lg = logging.getLogger(name)
    lg.setLevel(level)
    if config_file and os.path.exists(config_file):
        logging.config.fileConfig(config_file, disable_existing_loggers=False)
        return lg
    if console:
        handler = LevelHandler(sys.stderr, sys.stdout)
        handler.setFormatter(logging.Formatter('%(levelname)s: %(message)s'))
        lg.addHandler(handler)
    if syslog and os.path.exists('/dev/log'):
        lg.addHandler(logging.handlers.SysLogHandler(address='/dev/log'))
    return lg


def disable_console_logging(logger):
    """Takes the console's handlers from a logger."""
    for handler in list(logger.handlers):
        if isinstance(handler, LevelHandler):
            logger.removeHandler(handler)
