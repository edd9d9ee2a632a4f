//! A failing input made small.

use std::time::{Duration, Instant};

use crate::target::Target;
use crate::trial::{Failure, Trial};

/// How long it may take: less than a worker may stay at one input.
const DEADLINE: Duration = Duration::from_secs(10);

/// As little of `input` as still fails in the same way: pieces are left out, large ones first.
pub(crate) fn shrunk(target: &Target, input: &[u8], failure: &Failure) -> Vec<u8> {
    let mut left = input.to_vec();
    let begin = Instant::now();
    let fails = |input: &[u8]| {
        begin.elapsed() < DEADLINE && matches!(Trial::run(target, input).outcome, Err(found) if found.is_like(failure))
    };
    let mut length = left.len();
    while length > 0 {
        let mut at = 0;
        while at < left.len() {
            let end = (at + length).min(left.len());
            let without = [&left[..at], &left[end..]].concat();
            if fails(&without) {
                left = without;
            } else {
                at = end;
            }
        }
        length /= 2;
    }
    left
}
