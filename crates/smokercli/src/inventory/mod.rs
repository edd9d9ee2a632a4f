//! The hosts to ask.
//!
//! # Layout
//!
//! From top to bottom; a file imports only from files below it.
//!
//! - `selection`: the hosts of a call, with the groups and labels of each
//! - `ansible`: inventories of Ansible; `configured`: the groups of the configuration file
//! - `inventory_host`: a host with its groups and labels; `groups`: groups of hosts and of other groups
//! - `pattern`: which hosts a pattern such as `web*` means
//! - `expressions`: all hosts of a command line
//! - `range`: ranges such as `web[01-40]`; `fold`: names as ranges
//! - `address`: the address of one daemon
//! - `file`: hosts files
//! - `ssh_config`: hosts that the user's configuration of SSH names, for completion

pub mod address;
pub mod ansible;
pub mod configured;
pub mod expressions;
pub mod file;
pub mod fold;
pub mod groups;
pub mod inventory_host;
pub mod pattern;
mod range;
pub mod selection;
pub mod ssh_config;
