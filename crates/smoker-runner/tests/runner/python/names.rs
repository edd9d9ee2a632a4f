//! Every name of the original that modules import, and that calling it does the obvious thing.

use smoker_model::messages::Level;

use crate::fixture::{Modules, infos, texts};

/// Names by module; those after the bar are instances, functions or modules, before it classes.
const BODY: &str = r"
import importlib
NAMES = {
    'smoker': '',
    'smoker.server': 'redirect_standard_io',
    'smoker.server.exceptions':
        'TemplateNotFound NoTemplatesConfigured BasePluginTemplateNotFound ActionNotFound NoActionsConfigured '
        'NoRunningPlugins NoSuchPlugin NoPluginsFound InvalidConfiguration InvalidArgument ValidationError '
        'PluginExecutionError PluginExecutionTimeout PluginMalformedOutput InProgress',
    'smoker.server.plugins':
        'BasePlugin Result ActionNotFound BasePluginTemplateNotFound InvalidArgument InvalidConfiguration '
        'NoActionsConfigured NoPluginsFound NoRunningPlugins NoSuchPlugin NoTemplatesConfigured PluginExecutionError '
        'PluginExecutionTimeout PluginMalformedOutput TemplateNotFound ValidationError datetime gc json logging '
        'multiprocessing os re signal smoker socket time object str lg PluginWorker Plugin PluginManager '
        'alarm_handler semaphore',
    'smoker.server.parser': 'BaseParser Result',
    'smoker.util': '',
    'smoker.util.command': 'execute Command ExecutionTimeout ThreadDeadlock signal_ptree get_ptree',
    'smoker.util.nagios':
        'EXIT_OK EXIT_WARNING EXIT_CRITICAL EXIT_UNKNOWN exit_ok exit_warning exit_critical exit_unknown',
    'smoker.util.tap': 'Tap TapTest',
    'smoker.util.console': 'get_terminal_size is_interactive_shell',
    'smoker.util.progressbar':
        'ProgressBar NonInteractiveError InvalidAnimationError Element AnimationElement WheelElement '
        'ProgressElement CounterElement',
    'smoker.client': 'Client Host PluginsResult HostResult PluginResult',
    'smoker.client.plugins': 'SpecificArgument HostDiscoveryPluginBase',
    'smoker.logger': 'init lg disable_console_logging LevelHandler',
    'smoker.logger.level_handler': 'LevelHandler',
    'smoker.server.plugins.uname': 'Plugin',
    'smoker.server.plugins.fsmount': 'Plugin',
    'smoker.server.plugins.testconnection': 'Plugin ConnectionCheck',
    'smoker.server.plugins.glusterfs': 'Plugin',
    'smoker.server.plugins.mongo': 'Plugin',
    'smoker.server.plugins.varnishparser': 'Parser',
}
for module, names in NAMES.items():
    loaded = importlib.import_module(module)
    for name in names.split():
        if not hasattr(loaded, name):
            self.result.add_error('%s has no %s' % (module, name))
everything = {}
exec('from smoker.server.plugins import *', everything)
for name in NAMES['smoker.server.plugins'].split():
    if name not in everything:
        self.result.add_error('the star leaves out %s' % name)
say = self.result.add_info

from smoker.util import command, console, nagios, progressbar
try:
    nagios.exit_warning('full')
except SystemExit as error:
    say('exit %s' % error.code)
say(repr((nagios.EXIT_OK, nagios.EXIT_UNKNOWN, console.is_interactive_shell())))
try:
    console.get_terminal_size()
except OSError as error:
    say(type(error).__name__)
try:
    progressbar.ProgressBar(5)
except progressbar.NonInteractiveError as error:
    say(str(error))
with progressbar.ProgressBar(5, no_check_interactive=True) as bar:
    bar.add_done(2)
    say('%d %s' % (bar.get_left(), bar.get_progress()))
started = command.Command('sleep 60 & sleep 60')
say('%r %s' % (started, started.returncode))
child = __import__('subprocess').Popen(['sh', '-c', 'sleep 60; exec sleep 60'])
while not command.get_ptree(child.pid):
    time.sleep(0.01)
say(' '.join(process.name() for process in command.get_ptree(child.pid)))
command.signal_ptree(child.pid)
child.wait()
say(repr((child.returncode, command.signal_ptree(child.pid))))
say(command.execute('echo $A; pwd', 5, cwd='/', env={'A': 'x', 'PATH': os.environ['PATH']})[0].replace('\n', ' '))
say(repr(command.execute('echo a >&2', stderr=-2)))
say(repr(command.Command(['echo', 'b'], universal_newlines=True).run(5, 1, 1)))
try:
    command.execute('sleep 60', 0.3)
except command.ExecutionTimeout as error:
    say(str(error))

import smoker.logger
logger = smoker.logger.init('mine', syslog=False)
say(repr((logger is smoker.logger.lg, len(logger.handlers))))
smoker.logger.disable_console_logging(logger)
say(repr(len(logger.handlers)))

import smoker.server
path = '/proc/self/fd/1'
before = os.readlink(path)
kept = os.dup(1)
smoker.server.redirect_standard_io({'stdout': '/dev/null'})
say(os.readlink(path))
os.dup2(kept, 1)
for kind in (smoker.server.plugins.Plugin, smoker.server.plugins.PluginManager):
    say(repr(isinstance(self, kind)))
say(repr(isinstance(self.plugin, smoker.server.plugins.PluginWorker)))
";

#[test]
fn every_name_of_the_original_is_there() {
    let result = Modules::new().run_body("everything", BODY);
    assert_eq!(texts(&result, Level::Error), [""; 0]);
    let expected = [
        "exit 1",
        "(0, 3, False)",
        "OSError",
        "Shell seems to be non-interactive. Can't use progress bar.",
        "3 2/5",
        "<Command 'sleep 60 & sleep 60'> None",
        "sleep",
        "(-15, None)",
        "x /",
        "('a', '', 0)",
        "('b', '', 0)",
        "Execution timeout after 0.3 seconds",
        "(True, 1)",
        "0",
        "/dev/null",
        "False",
        "False",
        "True",
    ];
    assert_eq!(infos(&result), expected);
}
