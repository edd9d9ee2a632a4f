//! Signs of the shell at random: nothing is known of such a template but
//! that whatever is accepted in it must not run.

use fastrand::Rng;
use smoker_tests::random::shell_signs::SHELL_SIGNS;
use smoker_tests::random::{hostile_values, property};

use crate::odd::one_hostile;
use crate::shell::{CANARY, run, shells};
use crate::table::filled;

#[test]
fn no_value_runs_in_any_heap_of_signs() {
    let shells = shells();
    let mut accepted = 0;
    property::check(250, |random, size| {
        let template: String = (0..3 + 3 * size).map(|_| sign(random)).collect();
        accepted += usize::from(check(random, &template, &shells));
    });
    assert!(accepted > 0, "nothing was accepted, so nothing was tried");
}

/// A placeholder or, mostly, a sign of the shell.
fn sign(random: &mut Rng) -> &'static str {
    if random.u8(..13) == 0 { "%(P)s" } else { random.choice(SHELL_SIGNS).unwrap_or_default() }
}

/// Returns whether any value was accepted.
fn check(random: &mut Rng, template: &str, shells: &[&[&str]]) -> bool {
    let mut accepted = false;
    for template in one_hostile(template) {
        let value = hostile_values::attack(random);
        let Ok(script) = filled(&template, &value) else { continue };
        accepted = true;
        for shell in shells {
            let folder = tempfile::tempdir().expect("a temporary folder");
            run(shell, &script, folder.path()).expect("an installed shell");
            assert!(!folder.path().join(CANARY).exists(), "{shell:?} ran {value:?} in {template:?}: {script:?}");
        }
    }
    accepted
}
