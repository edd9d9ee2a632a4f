# Looks for modules without running any of them: an import would run the
# packages on their way. Arguments: the user's folders, '--', the packages that
# smokerd ships, '--', the names, '--', the names of built-ins. Each name that is not
# found is a line, and so is each installed file of a built-in's name, behind a sign,
# because what an interpreter imports at its start may print, too.
import sys

if sys.version_info < (3, 6):
    sys.stderr.write('it is Python %d.%d, and modules need 3.6 or newer\n' % sys.version_info[:2])
    sys.exit(1)

# With -c the working directory comes first.
sys.path[:] = [entry for entry in sys.path if entry]

import os


def split(arguments):
    at = arguments.index('--')
    return arguments[:at], arguments[at + 1:]


def spec(name, path):
    for finder in list(sys.meta_path):
        try:
            found = finder.find_spec(name, path)
        except Exception:
            continue
        if found is not None:
            return found
    return None


def folders_below(folders, package):
    return [os.path.join(entry, *package.split('.')) for entry in folders]


def is_there(name):
    parts = name.split('.')
    path = None
    for count in range(1, len(parts) + 1):
        whole = '.'.join(parts[:count])
        if whole in shipped:
            # Ours, which others on the path add to.
            path = [folder for folder in folders_below(sys.path, whole) if os.path.isdir(folder)]
            continue
        found = spec(whole, path)
        if found is None:
            return False
        path = found.submodule_search_locations
        # A namespace package would ask its parent, which is not imported.
        path = list(getattr(path, '_path', path) or [])
    return True


folders, rest = split(sys.argv[1:])
shipped, rest = split(rest)
names, built_in = split(rest)
sys.path[:] = folders + [entry for entry in sys.path if entry and entry not in folders]
for name in names:
    if not is_there(name):
        sys.stdout.write('smokerd has not found %s\n' % name)
for name in built_in:
    files = [os.path.join(entry, *name.split('.')) + '.py' for entry in sys.path if entry not in folders]
    for file in [file for file in files if os.path.isfile(file)][:1]:
        sys.stdout.write('smokerd does not use %s\n' % file)
