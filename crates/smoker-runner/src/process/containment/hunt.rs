//! Chains of processes: each forks and ends faster than the list of all processes is read, so what was found is gone when
//! it is signalled, and the next one has another number.
//!
//! The next one becomes our child, and the list of our children is short. So that list is read again and again, and what is
//! new in it is killed the moment it is seen, until nothing new comes.

use std::thread;
use std::time::{Duration, Instant};

use nix::unistd::Pid;

use crate::process::{sys, terminate};

/// How long a chain is hunted. The next look at our children begins another hunt.
const HUNT_LIMIT: Duration = Duration::from_secs(2);

/// After this number of looks in a row that find nothing the chain has ended, with this pause between them.
const QUIET_LOOKS: usize = 20;
const PAUSE: Duration = Duration::from_micros(500);

/// Kills what `look` returns, process id and start, as long as it returns something. Returns how many it was. Blocks.
pub(crate) fn hunt(mut look: impl FnMut() -> Vec<(Pid, u64)>) -> usize {
    let begun = Instant::now();
    let (mut killed, mut quiet) = (0, 0);
    while quiet < QUIET_LOOKS && begun.elapsed() < HUNT_LIMIT {
        let found = look();
        if found.is_empty() {
            quiet += 1;
            thread::sleep(PAUSE);
            continue;
        }
        quiet = 0;
        killed += found.len();
        for (pid, start) in found {
            for member in sys::members_of(&[pid]).iter().filter(|member| member.start == start) {
                terminate::kill_member(member);
            }
        }
    }
    killed
}
