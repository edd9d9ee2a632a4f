//! Every kept input still holds. It is alone in its program: what is measured
//! is all of the process.

use std::time::Duration;

use peak_alloc::PeakAlloc;
use smoker_fuzz::inputs::corpus;
use smoker_fuzz::targets;
use smoker_fuzz::trial::{Failure, Trial};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// A build for tests is slower than one for users.
const TIME: Duration = Duration::from_secs(20);

#[test]
fn kept_inputs_hold() {
    for target in &targets::ALL {
        let kept = corpus::load(target);
        assert!(!kept.is_empty(), "{} has no input in the repository", target.name);
        for (path, input) in kept {
            match Trial::run(target, &input).outcome {
                Ok(_) => {}
                Err(Failure::Slow(time)) if time < TIME => {}
                Err(failure) => panic!("{}: {failure}", path.display()),
            }
        }
    }
}
