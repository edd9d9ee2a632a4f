"""A run without consequences, while a child waits for the real one.

A page of memory that a fork shares is copied when it is first written to,
which is most of what a short run takes. So every page that each run writes to
is written to before the run begins.
"""

import importlib
import json
import sys

from _smoker_host import isolation, paths, reply, run
from smoker.server.plugins import BasePlugin

# A module of the interpreter's that is small and has no effect goes the way of an import from a file.
IMPORTED = 'colorsys'

REQUEST = json.dumps({
    'kind': 'plugin', 'module': __name__, 'plugin': '', 'forced': False, 'timeout': 60, 'timeout_text': '60',
    'parameters_literal': "{'Command': None, 'Interval': 0, 'uid': 'default'}", 'reply_limit': 65536,
    'max_output': 65536, 'carries': False, 'carried': None,
})


class Plugin(BasePlugin):
    """Does what all plugins do."""

    def run(self):
        self.result.add_info('rehearsal')
        self.result.set_status('OK')


def rehearse(shared):
    """Does all that a run does and forgets it."""
    request = json.loads(REQUEST)
    isolation.carry_run_mark(isolation.HOST_RUN_MARK)
    paths.look(shared)
    if IMPORTED not in sys.modules:
        try:
            importlib.import_module(IMPORTED)
        except ImportError:
            # An interpreter without its whole library: the run is only slower.
            pass
        # The user can have a module of this name.
        sys.modules.pop(IMPORTED, None)
    reply.encode(run.run(request), request['reply_limit'])
