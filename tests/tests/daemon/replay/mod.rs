//! The recorded cases of the original.

mod of_itself;
mod recorded;
