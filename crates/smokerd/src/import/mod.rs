//! `smokerd import`: configurations of other tools become files of plugins.
//!
//! # Layout
//!
//! - `run`: reads, converts, writes and reports
//! - `import_request`: what the command line asks for
//! - `imported`: what a converter makes of a file
//! - `source_file`: the text of a file
//! - `nrpe`, `cron`, `sensu`: one tool each; `cron_times`: the times of crontabs; `nrpe_arguments`: what clients give to commands of NRPE; `goss` and `monit`: folders of their own

pub(crate) mod import_request;
pub(crate) mod run;

mod cron;
mod cron_times;
mod goss;
mod imported;
mod monit;
mod nrpe;
mod nrpe_arguments;
mod sensu;
mod source_file;
