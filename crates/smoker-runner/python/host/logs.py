"""Python's logging, sent to the daemon's log."""

import json
import logging
import os


class PipeHandler(logging.Handler):
    """One JSON object a line: level, logger, message."""

    def __init__(self, descriptor):
        super().__init__()
        self.descriptor = descriptor

    def emit(self, record):
        try:
            message = record.getMessage()
            if record.exc_info:
                message += '\n' + logging.Formatter().formatException(record.exc_info)
            line = json.dumps({'level': record.levelno, 'logger': record.name, 'message': message})
            data = line.encode('ascii') + b'\n'
            while data:
                data = data[os.write(self.descriptor, data):]
        except Exception:
            # A log record that cannot be sent must not harm the run.
            pass


def start(descriptor):
    """Sends all records to the daemon."""
    logging.getLogger().addHandler(PipeHandler(descriptor))


def take_from(level):
    """Sends those from `level` on."""
    logging.getLogger().setLevel(level)
