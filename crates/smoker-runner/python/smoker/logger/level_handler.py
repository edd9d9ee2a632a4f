"""A handler that writes to one of two streams."""

import logging


class LevelHandler(logging.StreamHandler):
    """Records from `level` on go to the first stream, the others to the second."""

    def __init__(self, stream_greater_or_equal, stream_lower, level=logging.ERROR):
        super(LevelHandler, self).__init__(stream_lower)
        self.stream_greater_or_equal = stream_greater_or_equal
        self.stream_lower = stream_lower
        self.split_level = level

    def emit(self, record):
        """Writes a record."""
        is_high = record.levelno >= self.split_level
        self.stream = self.stream_greater_or_equal if is_high else self.stream_lower
        super(LevelHandler, self).emit(record)
