//! Several hosts at a time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::trust::targets::Target;

/// Does something for each host, several at a time, and returns what came of each in the order of the hosts.
pub(super) fn for_each<T: Send>(targets: &[Target], parallel: usize, work: impl Fn(&Target) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..parallel.clamp(1, targets.len().max(1)) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(target) = targets.get(at) else { return };
                    let outcome = work(target);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((at, outcome));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, outcome)| outcome).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_host_has_its_turn_and_its_place() {
        let targets: Vec<_> =
            (1..=50).map(|port| Target { host: "h".to_owned(), port, typed: "h".to_owned() }).collect();
        let ports = for_each(&targets, 7, |target| target.port);
        assert_eq!(ports, (1..=50).collect::<Vec<_>>());
        assert!(for_each(&[], 7, |target| target.port).is_empty());
    }
}
