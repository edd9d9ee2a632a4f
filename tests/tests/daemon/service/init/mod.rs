//! The init scripts, as they are shipped, drive the real daemon in a system of their own.

mod cases;
mod debian;
mod rhel;
mod system;
mod text;
