//! Loads whole configurations from temporary folders, as the daemon does.

mod actions_on_change;
mod calendar;
mod documentation;
mod errors;
mod folder;
mod generate;
mod includes;
mod ineffective;
mod limits;
mod merging;
mod recorded;
mod relations;
mod secrets;
mod settings;
mod support;
mod validation;
mod yaml;
