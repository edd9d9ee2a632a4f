//! Processes that nothing could end although their run is over: they sleep in the kernel, as on a file server that is gone.
//!
//! A plugin that has some is not run, since each run could leave one more.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use nix::unistd::Pid;
use smoker_model::plugin::PluginName;

use crate::process::sys;

/// The processes of each plugin that has some.
#[derive(Debug, Default)]
pub(crate) struct Survivors(Mutex<HashMap<PluginName, Vec<Identity>>>);

/// The number of a process, and when it started.
type Identity = (Pid, u64);

impl Survivors {
    /// Notes processes of a plugin, as far as they live.
    pub(crate) fn note(&self, plugin: &PluginName, pids: &[Pid]) {
        let living: Vec<_> = sys::members_of(pids).iter().map(sys::RunMember::identity).collect();
        if living.is_empty() {
            return;
        }
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_plugin = all.entry(plugin.clone()).or_default();
        of_plugin.retain(|process| !living.contains(process));
        of_plugin.extend(living);
    }

    /// Those of a plugin that still live.
    pub(crate) fn of(&self, plugin: &PluginName) -> Vec<Pid> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(of_plugin) = all.get_mut(plugin) else { return Vec::new() };
        let pids: Vec<_> = of_plugin.iter().map(|(pid, _)| *pid).collect();
        let living: Vec<_> = sys::members_of(&pids).iter().map(sys::RunMember::identity).collect();
        of_plugin.retain(|process| living.contains(process));
        let pids = of_plugin.iter().map(|(pid, _)| *pid).collect();
        if of_plugin.is_empty() {
            all.remove(plugin);
        }
        pids
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_process_counts_as_long_as_it_lives() {
        let (survivors, plugin) = (Survivors::default(), PluginName::from("a"));
        let living = Pid::this();
        survivors.note(&plugin, &[living, Pid::from_raw(i32::MAX)]);
        survivors.note(&plugin, &[living]);
        assert_eq!(survivors.of(&plugin), [living]);
        assert!(survivors.of(&PluginName::from("another")).is_empty());
        // Another process has its number by now.
        survivors.0.lock().expect("a table").insert(plugin.clone(), vec![(living, 1)]);
        assert!(survivors.of(&plugin).is_empty());
    }
}
