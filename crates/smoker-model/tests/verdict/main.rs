//! The verdict on hosts, held against what it has to be whatever was answered.

mod before;
mod differences;
mod properties;
mod unselected;
