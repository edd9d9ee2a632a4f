//! The real binaries against canned daemons.
//!
//! # Layout
//!
//! - `fake`: a canned daemon; `site`: a server with any pages
//! - `fake_nats`: a NATS server with bridges to canned daemons
//! - `run`: a run of one of the binaries
//! - `corpus`: the recorded command lines, and `compare`: whether a run equals one
//! - `replay`: all of them, against our binaries
//! - `report`: rendering, against golden files; `junit`: against its schema
//! - `config`, `diff`, `fleet`, `discovery`, `terminal`, `nagios`, `verdict`, `pages`, `tls`, `trust`, `facts`, `odd`, `odd_results`, `force`, `closed_output`, `gate`, `inventory`, `roll`, `nats`: what the recordings do not cover

mod closed_output;
mod compare;
mod config;
mod corpus;
mod diff;
mod discovery;
mod facts;
mod fake;
mod fake_nats;
mod fleet;
mod force;
mod forgery;
mod gate;
mod gate_changes;
mod gate_connections;
mod gate_files;
mod inventory;
mod junit;
mod nagios;
mod nats;
mod odd;
mod odd_results;
mod pages;
mod replay;
mod report;
mod roll;
mod roll_examples;
mod roll_resume;
mod run;
mod site;
mod terminal;
mod tls;
mod trust;
mod trust_hosts;
mod verdict;
