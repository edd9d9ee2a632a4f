//! Many inputs in a row, and the figures of it.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::inputs::pool::Pool;
use crate::inputs::random::Random;
use crate::inputs::{corpus, mutate};
use crate::target::Target;
use crate::trial::{Failure, Trial};

/// When a campaign ends.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bounds {
    /// After this number of inputs; none: no bound.
    pub inputs: Option<u64>,
    /// After so long; none: no bound.
    pub time: Option<Duration>,
}

/// What a campaign without a failure has seen.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Figures {
    /// Inputs that were tried.
    pub inputs: u64,
    /// Kinds of outcomes.
    pub outcomes: usize,
    /// How long all of it took.
    pub elapsed: Duration,
    /// The most bytes that an input took.
    pub memory: usize,
    /// The most processor time that an input took.
    pub slowest: Duration,
    /// The length of that input.
    pub slowest_length: usize,
}

/// An input that failed, made small.
#[derive(Clone, Debug)]
pub struct Found {
    /// The input.
    pub input: Vec<u8>,
    /// What is wrong with it.
    pub failure: Failure,
}

/// Tries inputs until the bounds are reached or one fails. `announce` hears
/// of each input before it is tried.
///
/// # Errors
///
/// The first input that fails.
pub fn run(
    target: &Target,
    seed: u64,
    bounds: Bounds,
    mut announce: impl FnMut(u64, &[u8]),
) -> Result<Figures, Box<Found>> {
    let begin = Instant::now();
    let mut random = Random::new(seed);
    let kept: Vec<_> = corpus::load(target).into_iter().map(|(_, input)| input).collect();
    let mut figures = Figures::default();
    let mut pool = Pool::new(kept.clone());
    // The kept inputs come first: what they show is known from then on.
    let mut known = kept.into_iter();
    loop {
        figures.elapsed = begin.elapsed();
        let over = bounds.inputs.is_some_and(|most| figures.inputs >= most)
            || bounds.time.is_some_and(|most| figures.elapsed >= most);
        if over {
            return Ok(figures);
        }
        let input = known.next().unwrap_or_else(|| next(target, &mut random, &pool));
        announce(figures.inputs, &input);
        let trial = Trial::run(target, &input);
        figures.inputs += 1;
        figures.memory = figures.memory.max(trial.memory);
        if trial.time > figures.slowest {
            (figures.slowest, figures.slowest_length) = (trial.time, input.len());
        }
        match trial.outcome {
            Ok(word) => pool.learn(&input, &word, trial.memory),
            Err(failure) => {
                let input = crate::runs::shrink::shrunk(target, &input, &failure);
                return Err(Box::new(Found { input, failure }));
            }
        }
        figures.outcomes = pool.outcomes();
    }
}

fn next(target: &Target, random: &mut Random, pool: &Pool) -> Vec<u8> {
    let fresh = |random: &mut Random| (target.make)(random);
    match random.below(8) {
        0 | 1 => fresh(random),
        2 => {
            let (one, other) = (fresh(random), pool.pick(random));
            mutate::mutated(random, &one, other, target.words)
        }
        3 => {
            let (one, other) = (pool.pick(random), fresh(random));
            mutate::mutated(random, one, &other, target.words)
        }
        _ => {
            let (one, other) = (pool.pick(random), pool.pick(random));
            mutate::mutated(random, one, other, target.words)
        }
    }
}
