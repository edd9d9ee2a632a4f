//! Modules, parsers and actions in Python, run through the real interpreter.
//!
//! # Layout
//!
//! - `api`: what the package `smoker` offers to a module
//! - `habits`: what users' modules do that the package does not promise
//! - `hazards`: modules that hang, flood, fork, close descriptors or die
//! - `host_life`: how the host starts, dies, is replaced, and prepares children
//! - `carried`: what a plugin's module leaves for its action
//! - `client`: the classes that ask other daemons
//! - `logging`: what modules print and log
//! - `lookup`: where modules are found
//! - `names`: every name that can be imported
//! - `shipped`: the shipped modules as classes to subclass, and a user's own in their place
//! - `stubs`: what editors read
//! - `versions`: every interpreter of this machine

mod api;
mod carried;
mod client;
mod habits;
mod hazards;
mod host_life;
mod logging;
mod lookup;
mod names;
mod shipped;
mod stubs;
mod versions;
