//! Opens paths that another account may control.
//!
//! Two things can be wrong with a path that a configuration names. Another account than root may decide where it
//! leads, so that root opens what that account could not. And it may lead to something that makes its reader wait.
//!
//! # Layout
//!
//! - `append`: files that are appended to, such as logs
//! - `replace`: a file takes the place of another in one step
//! - `regular`: files that are read, and are files
//! - `owners`: the accounts that can change what a path leads to
//! - `permission`: what an account may do with a file or folder, and what lets it
//! - `acl`: the access control list of a file
//! - `folder`: what is in a folder that is open
//! - `resolved_path`: a path, followed component by component
//! - `size_limit`: files that may not grow beyond a limit
//! - `standard_streams`: standard streams that were closed when the program began

pub mod acl;
pub mod append;
pub mod folder;
pub mod owners;
pub mod permission;
pub mod regular;
pub mod replace;
pub mod resolved_path;
pub mod size_limit;
pub mod standard_streams;
