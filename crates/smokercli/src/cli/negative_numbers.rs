//! Values that begin with a dash: to the original `-1` was a value, since no option looks like a number.

use clap::Command;

/// The command, whose options take negative numbers as values.
pub(super) fn taken(command: Command) -> Command {
    command.mut_args(|arg| if arg.get_action().takes_values() { arg.allow_negative_numbers(true) } else { arg })
}
