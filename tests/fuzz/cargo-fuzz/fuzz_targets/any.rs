//! The target that has the name of this program, guided by what of the code
//! an input reaches.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use smoker_fuzz::target::Target;
use smoker_fuzz::targets;

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let name = env!("CARGO_BIN_NAME").to_owned();
    targets::named(&[name]).expect("each program has the name of a target")[0]
});

fuzz_target!(|input: &[u8]| {
    (TARGET.check)(input);
});
