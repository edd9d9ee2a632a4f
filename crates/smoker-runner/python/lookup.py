# Looks for modules without running any of them: an import would run the
# packages on their way. Arguments: the user's folders, '--', the packages that
# smokerd ships, '--', the names, '--', the names of built-ins, '--', and the modules
# to review, each in JSON: name, class, uid, gid and groups of the account that imports it, or null, and the accounts whose
# files it imports, or null for all. Each name that is not
# found is a line, so is each installed file of a built-in's name, and each module that cannot be imported, behind a sign,
# because what an interpreter imports at its start may print, too.
import sys

if sys.version_info < (3, 6):
    sys.stderr.write('it is Python %d.%d, and modules need 3.6 or newer\n' % sys.version_info[:2])
    sys.exit(1)

# What the interpreter has loaded by itself: a user's file of the same name comes too late.
CORE = frozenset(sys.modules)

# With -c the working directory comes first.
sys.path[:] = [entry for entry in sys.path if entry]

import ast
import json
import os
import re
import stat
import warnings

LARGEST_SOURCE = 4 * 1024 * 1024

# Where a module that sites have from Python 2 is now.
MOVED = {
    'ConfigParser': 'configparser', 'HTMLParser': 'html.parser', 'Queue': 'queue', 'StringIO': 'io',
    'SocketServer': 'socketserver', 'BaseHTTPServer': 'http.server', '__builtin__': 'builtins', 'cPickle': 'pickle',
    'cStringIO': 'io', 'commands': 'subprocess', 'cookielib': 'http.cookiejar', 'httplib': 'http.client',
    'md5': 'hashlib', 'thread': '_thread', 'urllib2': 'urllib.request', 'urlparse': 'urllib.parse',
    'xmlrpclib': 'xmlrpc.client',
}

# What only Python 2 takes.
PYTHON_2 = re.compile(
    r'^\s*(print|exec)\s+[^=(.,]|^\s*print\s+"|except\s+[\w.,() ]+,\s*\w+\s*:|^\s*raise\s+[\w.]+\s*,|<>|`|'
    r'\b0[0-7]+\b|\b\d+[lL]\b|\bur[\'"]')


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
    # Finders ask the parent of a package without __init__.py, which is not imported.
    folders = [os.path.join(entry, name.rpartition('.')[2]) for entry in path or []]
    folders = [folder for folder in folders if os.path.isdir(folder)]
    return Namespace(folders) if folders else None


class Namespace:
    """A package that is nothing but folders."""

    origin = None
    has_location = False

    def __init__(self, folders):
        self.submodule_search_locations = folders


def folders_below(folders, package):
    return [os.path.join(entry, *package.split('.')) for entry in folders]


def steps(name):
    """What an import of this name finds on its way, in order: the specs of packages and module, None at last for
    what is not there. What smokerd ships has none."""
    parts = name.split('.')
    path = None
    for count in range(1, len(parts) + 1):
        whole = '.'.join(parts[:count])
        if whole in shipped:
            # Ours, which others on the path add to.
            path = [folder for folder in folders_below(sys.path, whole) if os.path.isdir(folder)]
            continue
        found = spec(whole, path)
        yield found
        if found is None:
            return
        path = found.submodule_search_locations
        # A namespace package would ask its parent, which is not imported.
        path = list(getattr(path, '_path', path) or [])


def is_there(name):
    return all(name.split('.')) and all(found is not None for found in steps(name))


def why_not(name, class_name, owners):
    """Why an import of the module fails, or gives no such class; None when neither can be seen."""
    found = list(steps(name))
    if not found or found[-1] is None:
        return 'the account that it runs as cannot find it; let that account read its folder'
    hidden = hidden_file(name)
    if hidden:
        return 'Python has a module of this name itself, which it loads before any of yours; rename %s, and the name here' \
            % hidden
    for place, step in enumerate(found):
        refusal = owners and owners.refusal_of(step)
        if refusal:
            return refusal
        is_last = place == len(found) - 1
        if step.origin and step.has_location and step.origin.endswith('.py'):
            reason = why_not_file(step.origin, class_name if is_last else None, owners)
            if reason is not None:
                return reason
        elif is_last and not step.origin and step.submodule_search_locations is not None:
            return 'it is a folder without __init__.py; name a file in it: %s.NAME' % name
    return None


def hidden_file(name):
    """The user's file or folder that the name means, where the interpreter's own module of the name is loaded."""
    top = name.partition('.')[0]
    if top not in CORE:
        return None
    loaded = getattr(sys.modules.get(top), '__file__', None)
    for entry in folders:
        for path in (os.path.join(entry, top), os.path.join(entry, top + '.py')):
            own = os.path.join(path, '__init__.py') if os.path.isdir(path) else path
            if os.path.exists(path) and not (loaded and os.path.realpath(own) == os.path.realpath(loaded)):
                return path
    return None


def why_not_file(file, class_name, owners):
    try:
        # A named pipe would be waited for.
        with os.fdopen(os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY), 'rb') as opened:
            if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
                return '%s is no regular file; put a file in its place' % file
            source = opened.read(LARGEST_SOURCE + 1)
    except OSError as error:
        return '%s cannot be read: %s; let the account that it runs as read it' % (file, error.strerror)
    if len(source) > LARGEST_SOURCE:
        return None
    try:
        tree = compile(source, file, 'exec', ast.PyCF_ONLY_AST, True)
        compile(tree, file, 'exec', 0, True)
    except SyntaxError as error:
        return '%s:%s: %s%s' % (file, error.lineno or 1, error.msg, hint_for(source, error.lineno or 1))
    except Exception as error:
        return '%s: %s' % (file, error)
    text = source.decode('utf-8', 'replace')
    reason = missing_import(tree, text, file, owners)
    if reason is None and class_name is not None:
        reason = missing_class(tree, text, file, class_name)
    return reason


def hint_for(source, number):
    lines = source.decode('utf-8', 'replace').splitlines()
    # The statement may have begun before.
    if any(PYTHON_2.search(line) for line in lines[max(number - 2, 0):number]):
        return '; it is code for Python 2: convert it, as 2to3 does'
    return ''


def missing_import(tree, text, file, owners):
    # It may find what we do not.
    if re.search(r'\bsys\.path\b|\bsys\.meta_path\b|\bsite\b|\bimportlib\b', text):
        return None
    for node in tree.body:
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names = [node.module]
        else:
            continue
        for top in [name.split('.')[0] for name in names]:
            if top in shipped or top in sys.builtin_module_names:
                continue
            found = spec(top, None)
            if found is not None:
                refusal = owners and owners.refusal_of(found)
                if refusal:
                    return '%s:%d: it imports %s, which is refused: %s' % (file, node.lineno, top, refusal)
                continue
            advice = 'install it for this interpreter'
            if top in MOVED:
                advice = 'in Python 3 it is %s' % MOVED[top]
            return '%s:%d: it imports %s, which is not there; %s' % (file, node.lineno, top, advice)
    return None


def names_of(nodes):
    """The names that statements give values to, those inside of functions and classes left out."""
    for node in nodes:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name
            continue
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                yield alias.asname or alias.name.split('.')[0]
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        for name in names_of(ast.iter_child_nodes(node)):
            yield name


def missing_class(tree, text, file, class_name):
    names = set(names_of(tree.body))
    if class_name in names or '*' in names:
        return None
    # It may make the class by other means.
    if re.search(r'\b(globals|locals|vars|exec|setattr|__getattr__|__dict__)\b|\bsys\.modules\b', text):
        return None
    classes = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    others = ', only %s' % ', '.join(classes[:3]) if classes else ''
    return '%s has no class %s%s; the class that is run has to be called %s' % (file, class_name, others, class_name)


def become(account):
    if account is not None:
        uid, gid, groups = account
        os.setgroups(groups)
        os.setgid(gid)
        os.setuid(uid)


def review(modules):
    """A line for each module that cannot be imported, each seen by the account that imports it."""
    warnings.simplefilter('ignore')
    accounts = []
    for module in modules:
        if module['account'] not in accounts:
            accounts.append(module['account'])
    for account in accounts:
        rest = [(index, module) for index, module in enumerate(modules) if module['account'] == account]
        while rest:
            count, status = review_as(account, rest)
            if count < len(rest):
                how = 'signal %d' % os.WTERMSIG(status) if os.WIFSIGNALED(status) else 'status %d' % (status >> 8)
                refuse(rest[count][0], 'the interpreter ended with %s as it compiled the module; make the module '
                       'simpler, or take another interpreter' % how)
            # Those behind it are for another child.
            rest = rest[count + 1:]


def refuse(index, reason):
    sys.stdout.write('smokerd cannot import %s\n' % json.dumps([index, reason]))
    sys.stdout.flush()


def review_as(account, modules):
    """Reviews modules in a child that becomes the account: how many of them it was done with, and its wait status."""
    sys.stdout.flush()
    done, tell = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            review_here(account, modules, tell)
        finally:
            os._exit(1)
    os.close(tell)
    with os.fdopen(done, 'rb') as opened:
        count = len(opened.read())
    return count, os.waitpid(child, 0)[1]


def review_here(account, modules, tell):
    failure = None
    try:
        become(account)
    except Exception as error:
        failure = 'smokerd cannot become the account that it runs as: %s; give smokerd the right to (CAP_SETUID, ' \
            'CAP_SETGID)' % error
    owners = modules[0][1]['owners']
    owners = None if owners is None else Owners(owners)
    for index, module in modules:
        try:
            reason = failure or why_not(module['name'], module['class'], owners)
        except Exception as error:
            reason = 'smokerd cannot look at it: %s: %s; try it with --test-plugin' % (type(error).__name__, error)
        if reason is not None:
            refuse(index, reason)
        os.write(tell, b'.')
    os._exit(0)


folders, rest = split(sys.argv[1:])
shipped, rest = split(rest)
names, rest = split(rest)
built_in, modules = split(rest)
sys.path[:] = folders + [entry for entry in sys.path if entry and entry not in folders]
for name in names:
    if not is_there(name):
        sys.stdout.write('smokerd has not found %s\n' % name)
for name in built_in:
    files = [os.path.join(entry, *name.split('.')) + '.py' for entry in sys.path if entry not in folders]
    for file in [file for file in files if os.path.isfile(file)][:1]:
        sys.stdout.write('smokerd does not use %s\n' % file)
review([json.loads(module) for module in modules])
