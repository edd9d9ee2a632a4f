//! What random tests are made of.
//!
//! # Layout
//!
//! - `property`: seeds and counts of what is made at random
//! - `hostile_values`: values that would be code if a shell read any of them as such
//! - `shell_signs`: signs of the shell, from which random commands are made

pub mod hostile_values;
pub mod property;
pub mod shell_signs;
