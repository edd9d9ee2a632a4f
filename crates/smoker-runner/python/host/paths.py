"""Where a user's imports are looked up."""

import os
import sys

from _smoker_host import importer

# The package of the modules that come with Smoker.
SHIPPED = 'smoker.server.plugins'

# Those of its modules that a user may have changed: a file in a folder of the user's own counts.
REPLACEABLE = ('fsmount', 'glusterfs', 'mongo', 'testconnection', 'uname', 'varnishparser')


def use(shared):
    """The user's folders come first, as if nothing had been imported yet."""
    sys.path[:] = shared.path
    sys.argv[:] = ['smokerd']
    names, roots = look(shared)
    for name in names:
        if name in sys.modules and name not in shared.core and name != 'smoker':
            _forget(name)
    for package in shared.packages:
        package.__path__ = _folders(roots, package.__name__)
    importer.replace(_replaced(folder for folder in roots if folder in shared.users_path))


def look(shared):
    """The modules in the user's folders, and the folders that have more of ours."""
    roots = [entry for entry in shared.path if os.path.isdir(os.path.join(entry, 'smoker'))]
    return _own_names(shared.users_path), roots


def _replaced(roots):
    folders = _folders(roots, SHIPPED)
    return ['%s.%s' % (SHIPPED, name) for name in REPLACEABLE
            if any(os.path.isfile(os.path.join(folder, name + '.py')) for folder in folders)]


def packages():
    """The packages that we ship and others add to. Found by the host, since
    each module that a child looks at costs it a page of memory."""
    return [module for name, module in sys.modules.items()
            if name.partition('.')[0] == 'smoker' and hasattr(module, '__path__')]


def _own_names(folders):
    """The top-level modules that the user's folders hold."""
    names = set()
    for folder in folders:
        try:
            entries = os.listdir(folder)
        except OSError:
            continue
        for entry in entries:
            stem, extension = os.path.splitext(entry)
            if extension == '.py':
                names.add(stem)
            elif not extension and entry in sys.modules and os.path.isdir(os.path.join(folder, entry)):
                names.add(entry)
    return names


def _forget(name):
    """The host imported the interpreter's module of this name, and keeps
    using it; the user's next import finds the user's."""
    for loaded in list(sys.modules):
        if loaded == name or loaded.startswith(name + '.'):
            del sys.modules[loaded]


def _folders(roots, package):
    """The folders of the same name on the path, so that a smoker.* module
    that we do not ship is still found there."""
    tail = os.path.join(*package.split('.'))
    folders = (os.path.join(entry, tail) for entry in roots)
    return [folder for folder in folders if os.path.isdir(folder)]
