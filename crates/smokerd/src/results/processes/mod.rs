//! Processes in the REST sense: requests to run plugins, their runs and results.
//!
//! # Layout
//!
//! - `table`: all processes that are kept
//! - `process`: one process, from its request to its end
//! - `texts`: the texts of results that processes share
//! - `client_use`: what the processes of each client address take
//! - `limits`: how many there may be, how long they are kept, and why a request is refused

pub(crate) mod limits;
pub(crate) mod process;
pub(crate) mod table;

mod client_use;
#[cfg(test)]
mod tests;
mod texts;
