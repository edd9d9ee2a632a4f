# Runs the host discovery plugins of plugin_paths for smokercli.
#
# The first argument is a JSON list of files with their packages. One line goes
# out with the options that the plugins add; one line comes in with what was
# typed for them; one line goes out with the hosts. The plugins' own prints go
# to standard error, so that they cannot disturb this conversation.
import sys

# With -c the working directory comes first, where a file may have the name of any module.
sys.path[:] = [entry for entry in sys.path if entry]

import argparse
import importlib
import importlib.util
import json
import os

answers = os.fdopen(os.dup(1), 'w')
os.dup2(2, 1)


def answer(**members):
    answers.write(json.dumps(members) + '\n')
    answers.flush()


class Parser(argparse.ArgumentParser):
    def error(self, message):
        answer(usage=message)
        sys.exit(0)


def load(file):
    if file['root']:
        sys.path.append(file['root'])
    if file['module']:
        try:
            return importlib.import_module(file['module'])
        except ImportError:
            pass    # its package may need what only the original's installation has
    spec = importlib.util.spec_from_file_location('smoker_discovery_' + str(abs(hash(file['path']))), file['path'])
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, os.path.dirname(file['path']))
    spec.loader.exec_module(module)
    return module


def values(keywords):
    if keywords.get('action', 'store') not in ('store', 'append', 'extend'):
        return None
    nargs = keywords.get('nargs')
    return {None: [1, 1], '?': [0, 1], '*': [0, None], '+': [1, None]}.get(nargs) or [int(nargs), int(nargs)]


def describe(short, long, keywords):
    metavar = keywords.get('metavar')
    if not isinstance(metavar, str):
        metavar = (keywords.get('dest') or long or short).lstrip('-').replace('-', '_').upper()
    return {
        'short': short.lstrip('-')[:1] if short else None,
        'long': long.lstrip('-') if long else None,
        'help': str(keywords.get('help') or '').replace('%%', '%'),
        'metavar': metavar,
        'values': values(keywords),
    }


current = None
try:
    plugins = []
    options = []
    parser = Parser(prog='smokercli', add_help=False)
    for file in json.loads(sys.argv[1]):
        current = file['path']
        plugin = load(file).HostDiscoveryPlugin()
        for short, long, keywords in getattr(plugin, 'arguments', None) or []:
            options.append(describe(short, long, keywords))
            parser.add_argument(*[name for name in (short, long) if name], **keywords)
        plugins.append((current, plugin))
    answer(options=options)

    line = sys.stdin.readline()
    if line:
        question = json.loads(line)
        namespace = parser.parse_args(question['argv'])
        for name, value in question['known'].items():
            setattr(namespace, name, value)
        hosts = []
        for current, plugin in plugins:
            hosts.extend(str(host) for host in plugin.get_hosts(namespace) or [])
        answer(hosts=hosts)
except Exception as error:
    answer(error='%s: %s: %s' % (current, type(error).__name__, error))
