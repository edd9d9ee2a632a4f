# Runs the host discovery plugins of plugin_paths for smokercli.
#
# The first argument is a JSON list of files with their packages. A line comes in with the package smoker. A line goes
# out before each file is loaded, then one with the options that the plugins add; one line comes in with what was
# typed for them; a line goes out before each plugin is asked, then one with the hosts. The plugins'
# own prints go to standard error, so that they cannot disturb this conversation.
import sys

# With -c the working directory comes first, where a file may have the name of any module.
sys.path[:] = [entry for entry in sys.path if entry]

import argparse
import importlib
import importlib.util
import json
import os
import re

answers = os.fdopen(os.dup(1), 'w')
os.dup2(2, 1)


def answer(**members):
    answers.write(json.dumps(members) + '\n')
    answers.flush()


def offer_smoker():
    """What plugins of the original import from smoker: the first line that comes in has the sources of the package.
    Other modules below smoker are found where they are installed."""
    given = json.loads(sys.stdin.readline())
    namespace = {'__name__': 'importer'}
    exec(compile(given['importer'], '<smokercli>/importer.py', 'exec'), namespace)
    namespace['install'](given['sources'])
    sys.meta_path[0].folders = lambda package: [folder for folder in (
        os.path.join(entry, *package.split('.')) for entry in sys.path) if os.path.isdir(folder)]


def declared(argument):
    """The names and keywords of an option: an object as the original's, or a tuple."""
    if hasattr(argument, 'args'):
        return list(argument.args), dict(argument.kwargs)
    if not isinstance(argument, (tuple, list)) or len(argument) != 3 or not isinstance(argument[2], dict):
        raise ValueError('an option has to be a SpecificArgument, or (short, long, {keywords}), not %r' % (argument,))
    short, long, keywords = argument
    return [name for name in (short, long) if name], dict(keywords)


class Parser(argparse.ArgumentParser):
    def error(self, message):
        answer(usage=message)
        sys.exit(0)


def load(file):
    if file['root']:
        sys.path.append(file['root'])
    if file['module'] and not file['module'].startswith('smoker.'):
        try:
            return importlib.import_module(file['module'])
        except ImportError:
            pass    # its package may need what only the original's installation has
    spec = importlib.util.spec_from_file_location('smoker_discovery_' + str(abs(hash(file['path']))), file['path'])
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, os.path.dirname(file['path']))
    spec.loader.exec_module(module)
    return module


def values(action):
    """The least and the greatest number of values; None for a switch."""
    nargs = {argparse.OPTIONAL: [0, 1], argparse.ZERO_OR_MORE: [0, None], argparse.ONE_OR_MORE: [1, None],
             argparse.REMAINDER: [0, None], None: [1, 1]}.get(action.nargs) or [int(action.nargs)] * 2
    return nargs if nargs[1] != 0 else None


def metavars(action):
    """As argparse shows them: the metavar, the choices, or the name in capitals."""
    if isinstance(action.metavar, tuple):
        names = [str(name) for name in action.metavar]
        return names if len(names) == action.nargs else [' '.join(names)]
    if action.metavar is not None:
        return [str(action.metavar)]
    if action.choices is not None:
        return ['{%s}' % ','.join(str(choice) for choice in action.choices)]
    return [str(action.dest).upper()]


def help_of(action):
    """The help with `%(default)s` and the like filled in, as argparse does it."""
    fields = {name: value for name, value in vars(action).items() if value is not argparse.SUPPRESS}
    fields = {name: getattr(value, '__name__', value) for name, value in fields.items()}
    if action.choices is not None:
        fields['choices'] = ', '.join(str(choice) for choice in action.choices)
    return str(action.help or '') % dict(fields, prog='smokercli')


def check_names(names):
    if len(names) == 1 and re.match(r'[^-\s][^=\s]*$', names[0]):
        return    # what is typed without an option
    for name in names:
        if not re.match(r'-[^-=\s]|--[^-=\s][^=\s]*$', name):
            raise ValueError('%r is no name of an option' % name)


def describe(action):
    """What smokercli has to know of an option. An action can have more long names than one (`--no-x`): each is an option."""
    names = action.option_strings
    shorts = [name[1] for name in names if not name.startswith('--')]
    longs = [name[2:] for name in names if name.startswith('--')]
    is_hidden = action.help is argparse.SUPPRESS
    common = {'help': '' if is_hidden else help_of(action), 'hidden': is_hidden, 'metavar': metavars(action),
              'values': values(action)}
    if not names:
        return [dict(common, short=None, long=None)]
    pairs = [(short, long) for short, long in zip(shorts[:1] or [None], longs[:1] or [None])]
    pairs += [(short, None) for short in shorts[1:]] + [(None, long) for long in longs[1:]]
    return [dict(common, short=short, long=long) for short, long in pairs]


def reason_of(error):
    return ' '.join(('%s: %s' % (type(error).__name__, error)).split())


def parser_of(arguments, before=()):
    return parser_and_actions(arguments, before)[0]


def parser_and_actions(arguments, before=()):
    parser = Parser(prog='smokercli', add_help=False, parents=before)
    actions = [parser.add_argument(*names, **keywords) for names, keywords in arguments]
    return parser, actions


def load_all(files):
    """The plugins by path, each with its options; and for each file what smokercli has to know of it."""
    plugins, replies, parser = {}, [], parser_of([])
    for index, file in enumerate(files):
        # A plugin may end the interpreter, or never come back.
        answer(loading=index)
        try:
            plugin = load(file).HostDiscoveryPlugin()
            arguments = [declared(argument) for argument in getattr(plugin, 'arguments', None) or []]
            for names, _ in arguments:
                check_names(names)
            extended, actions = parser_and_actions(arguments, [parser])
            options = [option for action in actions for option in describe(action)]
            parser = extended
        except (Exception, SystemExit) as error:
            replies.append({'path': file['path'], 'broken': reason_of(error)})
            continue
        plugins[file['path']] = (plugin, arguments)
        replies.append({'path': file['path'], 'options': options})
    return plugins, replies


def hosts_of(plugin, namespace):
    found = plugin.get_hosts(namespace) or []
    return [found] if isinstance(found, str) else [str(host) for host in found]


try:
    offer_smoker()
    plugins, replies = load_all(json.loads(sys.argv[1]))
    answer(plugins=replies)

    line = sys.stdin.readline()
    if line:
        question = json.loads(line)
        used = [(path, plugins[path]) for path in plugins if path not in question['left_out']]
        parser = parser_of([argument for _, (_, arguments) in used for argument in arguments])
        namespace = parser.parse_args(question['argv'])
        known = question['known']
        for name in ('error', 'nook', 'ok', 'unknown', 'warn'):
            known['state_' + name] = known[name]
        for name, value in known.items():
            setattr(namespace, name, value)
        hosts, failed = [], []
        for path, (plugin, _) in used:
            answer(asking=path)
            try:
                hosts.extend(hosts_of(plugin, namespace))
            except (Exception, SystemExit) as error:
                failed.append('%s: %s' % (path, reason_of(error)))
        answer(hosts={'found': hosts, 'failed': failed})
except Exception as error:
    answer(error=reason_of(error))
