//! Filled templates, run by real shells: the program receives exactly the
//! value, and no value is ever run as code.
//!
//! # Layout
//!
//! - `table`: places written down one by one, each with many values
//! - `odd`: templates that are broken, or read differently by different shells
//! - `numbers`: values where the shell wants numbers
//! - `generated`: places nested at random, of which is known what has to arrive
//! - `soup`: signs of the shell at random: nothing is known but that no value may run
//! - `grammar`: makes the nested places
//! - `shell`: the shells under test
//! - `shrink`: a failing value made small
//!
//! The values and the seeds are `smoker_tests::random::hostile_values` and `smoker_tests::random::property`.
//! What is made at random comes from a seed that is printed when a test
//! fails. `SMOKER_PROPERTY_CASES=10000` asks for more cases than the default,
//! `SMOKER_PROPERTY_SEED=N` for others.

mod generated;
mod grammar;
mod numbers;
mod odd;
mod shell;
mod shrink;
mod soup;
mod table;
