"""What a command printed becomes a Result, as the daemon reads a plugin's Command."""

import importlib
import json

from smoker.server.exceptions import PluginMalformedOutput, ValidationError
from smoker.server.plugins.result import STATUSES, Result


def result_of(stdout, stderr, status, max_output=None):
    """A JSON object on standard output is the result; any other output becomes
    messages, and the exit status decides. Raises PluginMalformedOutput.

    What is not so plain is for the daemon to read: a signal (a `status` below 0), more than `max_output` bytes,
    and what only looks like a result."""
    result = Result()
    is_cut = max_output is not None and any(_size(text) > max_output for text in (stdout, stderr))
    value = None if is_cut else _json(stdout)
    if status < 0 or is_cut or not value and ('{' in stdout or 'status' in stdout.lower()):
        # Its classes import the modules that import this one.
        from smoker.server import builtin
        read = builtin.read_output(stdout, stderr, status, max_output)
        if read is not None and (not value or _has_status(value)):
            result.set_result(read, validate=True)
            return result
    if value:
        if not _has_status(value):
            raise PluginMalformedOutput('Missing status in JSON output: %s' % (value,))
        try:
            result.set_result(value, validate=True)
        except ValidationError as error:
            raise PluginMalformedOutput('Invalid JSON structure: %s' % error)
        return result
    result.set_status('OK' if status == 0 else 'ERROR')
    if stdout:
        result.add_info(stdout)
    if stderr:
        result.add_error(stderr)
    return result


def _has_status(value):
    return isinstance(value, dict) and value.get('status') in STATUSES


def _size(text):
    return len(text.encode('utf-8', 'replace'))


def _json(text):
    """The object or list that the text is; None for any other text."""
    if not text.startswith(('{', '[')):
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None


def parser(name):
    """The class Parser of a module, or one that runs the built-in of this name."""
    try:
        return importlib.import_module(name).Parser
    except ImportError as error:
        if error.name != name:
            raise
        # Its classes import the modules that import this one.
        from smoker.server import builtin
        return type('Parser', (builtin.BuiltinParser,), {'builtin': name})
