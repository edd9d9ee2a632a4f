"""Keeps compiled modules from being taken for those of an edited file."""

import importlib.machinery
import os
import time

# A compiled module is recognised by its source's size and time in whole
# seconds (PEP 3147), so within these seconds an edit of the same size is not seen.
SETTLED = 2


def write_only_settled():
    """Modules that were edited just now are compiled and not written, so
    that the next run sees the next edit."""
    loader = importlib.machinery.SourceFileLoader
    write = getattr(loader, '_cache_bytecode', None)
    if write is None:
        return

    def cache_bytecode(self, source_path, cache_path, data):
        if os.stat(source_path).st_mtime < time.time() - SETTLED:
            # A plugin's own umask may let everybody write what others import.
            mask = os.umask(0o077)
            os.umask(mask | 0o022)
            try:
                return write(self, source_path, cache_path, data)
            finally:
                os.umask(mask)
        return None

    loader._cache_bytecode = cache_bytecode
