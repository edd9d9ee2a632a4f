//! The verdict on hosts, held against what it has to be whatever was answered.

mod differences;
mod properties;
