//! `--check`: every problem of a configuration, without a run and without a daemon.
//!
//! # Layout
//!
//! - `run`: from the request to the exit code
//! - `collect`: asks everything that knows of problems
//! - `preparation_warnings`: what a start warns of when it prepares the plugins
//! - `commands`: commands that no run can fill in
//! - `programs`: programs that this host lacks or cannot run
//! - `first_word`: the program that a command line begins with
//! - `own_files`: the daemon's own files, where they cannot be written
//! - `tls_files`: files of certificates and keys that this host lacks
//! - `address`: the address that the daemon is to listen on
//! - `identities`: the files of keys, authorities and identities
//! - `state_folder`: whether the daemon's account reaches `state_dir`
//! - `problem_list`: problems in the order of the files, repeats once
//! - `report`: the problems as text or JSON
//! - `check_request`: what the command line asks for

mod address;
pub(crate) mod check_request;
mod collect;
mod commands;
mod first_word;
mod identities;
mod own_files;
mod preparation_warnings;
mod problem_list;
mod programs;
pub(crate) mod report;
pub(crate) mod run;
mod state_folder;
mod tls_files;
