//! A seed gives the same inputs each time.

use smoker_fuzz::runs::campaign::{self, Bounds};
use smoker_fuzz::targets;

#[test]
fn the_same_seed_gives_the_same_inputs() {
    let target = targets::named(&["template".to_owned()]).expect("a target")[0];
    let inputs = |seed| {
        let mut inputs = Vec::new();
        let bounds = Bounds { inputs: Some(500), time: None };
        campaign::run(target, seed, bounds, |_, input| inputs.push(input.to_vec())).expect("they hold");
        inputs
    };
    assert_eq!(inputs(7), inputs(7));
    assert_ne!(inputs(7), inputs(8));
}
