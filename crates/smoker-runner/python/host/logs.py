"""Python's logging, sent to the daemon's log."""

import json
import logging
import os

# Longer messages are cut: the daemon bounds a line.
MAX_MESSAGE = 16000


class PipeHandler(logging.Handler):
    """One JSON object a line: level, logger, message."""

    def __init__(self, descriptor):
        super().__init__()
        self.descriptor = descriptor

    def emit(self, record):
        try:
            message = _text(_message(record))
            if len(message) > MAX_MESSAGE:
                cut = len(message) - MAX_MESSAGE
                message = '%s... (%d characters cut)' % (message[:MAX_MESSAGE], cut)
            line = json.dumps({'level': record.levelno, 'logger': _text(record.name), 'message': message})
            data = line.encode('ascii') + b'\n'
            while data:
                data = data[os.write(self.descriptor, data):]
        except Exception:
            # A log record that cannot be sent must not harm the run.
            pass


def _message(record):
    """As Python's formatter writes it. What has no text is still logged, with the reason."""
    try:
        message = record.getMessage()
    except Exception as error:
        message = '%r with arguments %r (%s: %s)' % (record.msg, record.args, type(error).__name__, error)
    if record.exc_info:
        message += '\n' + logging.Formatter().formatException(record.exc_info)
    if record.stack_info:
        message += '\n' + record.stack_info
    return message


def _text(text):
    """Bytes that are no text, which Python keeps as surrogates, become \\xNN."""
    text = str(text)
    try:
        return text.encode('utf-8', 'surrogateescape').decode('utf-8', 'backslashreplace')
    except UnicodeEncodeError:
        return text.encode('utf-8', 'backslashreplace').decode('utf-8')


def start(descriptor):
    """Sends all records to the daemon."""
    logging.getLogger().addHandler(PipeHandler(descriptor))


def take_from(level):
    """Sends those from `level` on."""
    logging.getLogger().setLevel(level)
