//! Loads whole configurations from temporary folders, as the daemon does.

mod documentation;
mod errors;
mod folder;
mod generate;
mod includes;
mod limits;
mod merging;
mod recorded;
mod secrets;
mod settings;
mod support;
mod validation;
mod yaml;
