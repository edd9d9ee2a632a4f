//! Whether hosts are worse than before: pure functions of what was answered.
//!
//! # Layout
//!
//! - `odd`: which hosts answer otherwise than most, and which fact separates them
//!
//! Of the gate, from top to bottom; a file imports only from files below it.
//!
//! - `outcome`: the verdict at an end
//! - `trouble`: what keeps a gate closed at the moment
//! - `rounds`: what a gate has seen so far, and how it stands; `host_rounds`, `part_rounds`: of one host, of one part;
//!   `vanished`: of parts that are not there any more
//! - `difference`: what differs between two baselines
//! - `baseline`: how hosts were; `distinct_names`: reads objects of it
//! - `past`: what a journal says of a part: how long it took, how often it was bad
//! - `answer`: what a host answers in a round
//! - `part`: a plugin of a host, or a component of it
//! - `budget`: how many hosts may be bad

pub mod answer;
pub mod baseline;
pub mod budget;
pub mod difference;
mod distinct_names;
mod host_rounds;
pub mod odd;
pub mod outcome;
pub mod part;
mod part_rounds;
pub mod past;
pub mod rounds;
pub mod trouble;
mod vanished;
