# The first thing that the host's interpreter runs. It is sent over the control
# socket, which is descriptor 0, and has to compile on any Python, so that an
# interpreter that is too old can say so.
import sys

if sys.version_info < (3, 6):
    sys.stderr.write('it is Python %d.%d, and modules need 3.6 or newer\n' % sys.version_info[:2])
    sys.exit(1)

import os

# What the interpreter itself needs; a user's file of the same name comes too late for it.
CORE = frozenset(sys.modules)


def interpreter_path():
    """sys.path without the working directory and PYTHONPATH.

    What the host imports has to come from the interpreter, even when a
    json.py of the user's stands first on the path.
    """
    library = os.path.dirname(os.path.abspath(os.__file__))
    users = os.environ.get('PYTHONPATH', '').split(os.pathsep)
    users = set(os.path.abspath(entry) for entry in users if entry)
    users.add('')
    users.discard(library)
    users.discard(os.path.join(library, 'lib-dynload'))
    return [entry for entry in sys.path if entry not in users]


sys.path[:] = interpreter_path()

import json
import socket


def hello(control):
    """The first message: its length in decimal, a newline, JSON."""
    length = b''
    while not length.endswith(b'\n'):
        byte = control.recv(1)
        if not byte:
            sys.exit(0)
        length += byte
    left = int(length)
    parts = []
    while left:
        part = control.recv(min(left, 65536))
        if not part:
            sys.exit(0)
        parts.append(part)
        left -= len(part)
    return json.loads(b''.join(parts).decode('utf-8'))


control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, fileno=os.dup(0))
message = hello(control)
importer = {'__name__': 'importer'}
exec(compile(message['sources']['_smoker_host/importer.py'], '<smokerd>/importer.py', 'exec'), importer)
importer['install'](message['sources'])

from _smoker_host import loop

loop.Host(control, message['path'], message['program'], CORE, message['owners']).serve()
