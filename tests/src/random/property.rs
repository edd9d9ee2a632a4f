//! Seeds and counts of what is made at random.

use std::env;

use fastrand::Rng;

/// Where the default cases come from; any number would do.
const SEED: u64 = 0x5eed_0f5e_ed0f_5eed;

/// Tries a property with cases at random, the small ones first, so that the
/// first failure is a small one. When it fails, the seed of the case is
/// printed, by which it comes again.
pub fn check(default_cases: usize, mut property: impl FnMut(&mut Rng, usize)) {
    let number =
        |name: &str| env::var(name).ok().map(|text| text.parse::<u64>().unwrap_or_else(|_| panic!("{name}: {text}")));
    let cases = number("SMOKER_PROPERTY_CASES").map_or(default_cases, |cases| usize::try_from(cases).expect("a count"));
    let mut seeds = Rng::with_seed(number("SMOKER_PROPERTY_SEED").unwrap_or(SEED));
    let first = seeds.get_seed();
    for case in 0..cases {
        let size = 1 + case * LARGEST / cases.max(1);
        let _advice = RepeatAdvice { case, cases, first };
        property(&mut Rng::with_seed(seeds.u64(..)), size);
    }
}

/// The size of the largest cases.
const LARGEST: usize = 6;

/// Prints, when a property panics, how to repeat the case.
struct RepeatAdvice {
    case: usize,
    cases: usize,
    first: u64,
}

impl Drop for RepeatAdvice {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Self { case, cases, first } = self;
            eprintln!("failed in case {case}; SMOKER_PROPERTY_SEED={first} SMOKER_PROPERTY_CASES={cases} repeats it");
        }
    }
}
