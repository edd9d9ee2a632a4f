"""Imports modules from texts in memory."""

import importlib.abc
import importlib.util
import sys


class MemoryImporter(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Finds and loads the modules whose sources came over the control socket."""

    def __init__(self, sources):
        self.sources = sources
        # Modules that the user has a file of their own for.
        self.replaced = frozenset()
        # The folders that have more modules of a package of ours.
        self.folders = lambda package: []

    def _file(self, fullname):
        if fullname in self.replaced:
            return None
        path = fullname.replace('.', '/')
        for name in (path + '/__init__.py', path + '.py'):
            if name in self.sources:
                return name
        return None

    def find_spec(self, fullname, path=None, target=None):
        name = self._file(fullname)
        if name is None:
            return None
        spec = importlib.util.spec_from_loader(fullname, self, origin='<smokerd>/' + name,
                                               is_package=name.endswith('/__init__.py'))
        if spec.submodule_search_locations is not None:
            spec.submodule_search_locations.extend(self.folders(fullname))
        return spec

    def is_package(self, fullname):
        name = self._file(fullname)
        return name is not None and name.endswith('/__init__.py')

    def get_source(self, fullname):
        name = self._file(fullname)
        if name is None:
            raise ImportError('smokerd has no module %s' % fullname, name=fullname)
        return self.sources[name]

    def get_code(self, fullname):
        return compile(self.get_source(fullname), '<smokerd>/' + self._file(fullname), 'exec', dont_inherit=True)


def install(sources):
    """Makes the modules importable, before any of the same name elsewhere."""
    sys.meta_path.insert(0, MemoryImporter(sources))


def replace(names):
    """Leaves modules to the other finders."""
    for finder in sys.meta_path:
        # The first one ran before this module could be imported, so its class is another.
        if hasattr(finder, 'replaced'):
            finder.replaced = frozenset(names)
