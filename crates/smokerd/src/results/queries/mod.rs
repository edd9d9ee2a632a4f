//! Questions about the runs of the past.
//!
//! # Layout
//!
//! - `run_query`: what is asked for, and the answer
//! - `in_memory`: the answer from the results that are kept in memory
//! - `in_journal`: the answer from the journal
//! - `segment_times`: which segments have nothing new enough
//! - `journal_reads`: how many answers are read from it at a time

pub(crate) mod in_journal;
pub(crate) mod in_memory;
pub(crate) mod journal_reads;
pub(crate) mod run_query;
pub(crate) mod segment_times;
