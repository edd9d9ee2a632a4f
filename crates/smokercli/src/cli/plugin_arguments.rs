//! The options that discovery plugins add to the command line.

use clap::builder::Resettable;
use clap::parser::ArgMatches;
use clap::{Arg, ArgAction, Command, CommandFactory};

use crate::cli::abbreviation::long_names;
use crate::cli::args::{Args, ORIGINAL};
use crate::discovery::plugin_option::{PluginOption, PluginOptions, ValueCount};

const PLUGIN_ARGUMENTS: &str = "Plugin arguments";
const PLUGIN_ARGUMENT: &str = "plugin-argument-";
/// Values without an option, of all plugins.
const PLUGIN_VALUES: &str = "plugin-argument-values";

/// Discovery plugins whose options have the names of others, each with the reason.
pub(crate) fn clashes(plugins: &[PluginOptions]) -> Vec<(String, String)> {
    let mut command = Args::command();
    command.build();
    let of_original = |option: &&PluginOption| taken(&command, option).any(|arg| !is_ours(arg));
    let clash = |plugin: &PluginOptions| {
        let name = plugin.options.iter().find(of_original)?.name();
        Some((plugin.path.clone(), format!("its option {name} exists already; rename it")))
    };
    plugins.iter().filter_map(clash).collect()
}

/// The command with the options of discovery plugins that have no [`clashes`]. Options of ours give way to them.
pub(super) fn with_plugin_arguments(mut command: Command, plugin_options: &[PluginOption]) -> Command {
    for (index, option) in plugin_options.iter().enumerate().filter(|(_, option)| !option.is_positional()) {
        let ours: Vec<_> = taken(&command, option).filter(|arg| is_ours(arg)).map(|arg| arg.get_id().clone()).collect();
        command = ours.into_iter().fold(command, |command, id| command.mut_arg(id, yielded));
        command = command.arg(plugin_argument(option, index));
    }
    let positional: Vec<_> = plugin_options.iter().filter(|option| option.is_positional()).collect();
    // A command with such values of its own does not know whose a value is.
    if positional.is_empty() || command.get_positionals().next().is_some() {
        return command;
    }
    // The plugins' own parser tells them apart.
    let joined = |of: fn(&PluginOption) -> String| positional.iter().map(|it| of(it)).collect::<Vec<_>>();
    command.arg(
        Arg::new(PLUGIN_VALUES)
            .help_heading(PLUGIN_ARGUMENTS)
            .help(joined(|option| option.help.clone()).join("; "))
            .value_name(joined(|option| option.metavar.join(" ")).join(" "))
            .hide(positional.iter().all(|option| option.hidden))
            .num_args(0..)
            .action(ArgAction::Append),
    )
}

/// The arguments of the command that have the name of the option.
fn taken<'a>(command: &'a Command, option: &'a PluginOption) -> impl Iterator<Item = &'a Arg> {
    command.get_arguments().filter(|arg| {
        // A name of ours that begins a plugin's is what the original took for an abbreviation of that.
        let is_prefix = |long: &String, name: &String| name == long || (is_ours(arg) && long.starts_with(name));
        let long = option.long.as_ref().is_some_and(|long| long_names(arg).iter().any(|name| is_prefix(long, name)));
        long || (option.short.is_some() && arg.get_short() == option.short)
    })
}

/// Whether the original has no such option. A site's plugins could take the name, so ours gives way.
fn is_ours(arg: &Arg) -> bool {
    !arg.get_id().as_str().starts_with(PLUGIN_ARGUMENT)
        && !long_names(arg).iter().any(|name| ORIGINAL.contains(&name.as_str()))
}

/// The option under a name that no plugin has.
fn yielded(arg: Arg) -> Arg {
    let long = arg.get_long().map(|long| format!("smokercli-{long}"));
    let arg = arg.short(Resettable::Reset);
    match long {
        Some(long) => arg.long(long),
        None => arg,
    }
}

fn plugin_argument(option: &PluginOption, index: usize) -> Arg {
    let mut arg = Arg::new(plugin_argument_id(index)).help_heading(PLUGIN_ARGUMENTS).help(option.help.clone());
    arg = arg.hide(option.hidden);
    arg = option.short.map_or(arg.clone(), |short| arg.short(short));
    arg = option.long.clone().map_or(arg.clone(), |long| arg.long(long));
    match option.values {
        ValueCount::None => arg.action(ArgAction::Count),
        ValueCount::Between(least, most) => {
            let arg = arg.value_names(option.metavar.clone()).action(ArgAction::Append);
            arg.num_args(least..=most.unwrap_or(usize::MAX))
        }
    }
}

fn plugin_argument_id(index: usize) -> String {
    format!("{PLUGIN_ARGUMENT}{index}")
}

/// The options of discovery plugins with their values, for the plugins' own parser.
pub(super) fn typed_plugin_arguments(plugin_options: &[PluginOption], matches: &ArgMatches) -> Vec<String> {
    let options = plugin_options.iter().enumerate().filter(|(_, option)| !option.is_positional());
    let typed = options.flat_map(|(index, option)| typed_for(index, option, matches));
    // First, so that an option with any number of values does not take them.
    let values = matches.try_get_many::<String>(PLUGIN_VALUES).ok().flatten().into_iter().flatten().cloned();
    values.chain(typed).collect()
}

fn typed_for(index: usize, option: &PluginOption, matches: &ArgMatches) -> Vec<String> {
    let id = plugin_argument_id(index);
    let name = option.name();
    match option.values {
        ValueCount::None => vec![name; usize::from(matches.get_count(&id))],
        ValueCount::Between(..) => matches
            .get_occurrences::<String>(&id)
            .into_iter()
            .flatten()
            .flat_map(|values| std::iter::once(name.clone()).chain(values.cloned()))
            .collect(),
    }
}
