"""What a command printed becomes a Result, as the daemon reads a plugin's Command."""

import importlib
import json

from smoker.server.exceptions import PluginMalformedOutput, ValidationError
from smoker.server.plugins.result import STATUSES, Result


def result_of(stdout, stderr, status):
    """A JSON object on standard output is the result; any other output becomes
    messages, and the exit status decides. Raises PluginMalformedOutput."""
    result = Result()
    value = _json(stdout)
    if value:
        if not isinstance(value, dict) or value.get('status') not in STATUSES:
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
