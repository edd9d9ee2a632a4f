//! Results that last: over a restart, a crash, and damage to what keeps them.

mod account;
mod crash;
mod disk;
mod restart;
