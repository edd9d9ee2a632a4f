//! The campaign itself. What measures its own process (`kept`) is a program of its own.

mod planted;
mod seed;
