//! Configurations and command lines: what they mean, and what an operator reads when they are wrong.

mod built_in_checks;
mod built_in_parameters;
mod check;
mod command_line;
mod compare;
mod folder;
mod genconfig;
mod import;
mod minimal_root;
mod mistakes;
mod problems;
mod secret_tags;
mod test_plugin;
mod unusable_files;
