//! Modules, parsers and action modules: built in, or in Python.
//!
//! # Layout
//!
//! - `dispatch`: dispatches a module to a built-in or to Python
//! - `builtin`: runs a built-in, here or in a child of our own binary
//! - `encoding`: the encoding that an output declares
//! - `lookup`: looks for the modules that plugins name
//! - `module_name`: names of modules that are no names
//! - `module_hint`: the module that was probably meant
//! - `parameter_mistakes`: parameters that built-ins refuse
//! - `host`: the warm Python host
//! - `hidden`: what built-ins found, without secrets
//! - `reply`: a module's answer, and what it means that there is none

pub mod builtin;
pub(crate) mod dispatch;
pub(crate) mod encoding;
pub(crate) mod hidden;
pub mod host;
pub mod lookup;
pub(crate) mod module_hint;
pub(crate) mod module_name;
pub mod parameter_mistakes;
pub(crate) mod reply;
