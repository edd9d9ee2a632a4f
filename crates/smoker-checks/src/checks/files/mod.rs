//! File systems and files.
//!
//! # Layout
//!
//! - `disk`: how full file systems are
//! - `mount`: what is mounted, and how
//! - `file`: files and folders, their kind, rights, size, age and contents
//! - `log`: new lines of logs
//! - `value`: a value of the configuration itself
//! - `mount_table`: the kernel's list of mounts
//! - `expand`: what paths of a configuration stand for; `contents`: what is in a file

pub(crate) mod disk;
pub(crate) mod file;
pub(crate) mod log;
pub(crate) mod mount;
pub(crate) mod value;

mod contents;
mod expand;
mod mount_table;
