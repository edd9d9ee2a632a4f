//! The levels of containment that a daemon of a test can have.

use std::process::Command;

use crate::machine::skip;

/// How the daemon tells the processes of a run from all others.
#[derive(Clone, Copy, Debug)]
pub enum Level {
    /// The best that this host has.
    OfHost,
    /// By marks alone, as on a host without cgroup v2.
    Marks,
}

/// Becomes its arguments where no cgroup v2 is mounted.
const WITHOUT_CGROUPS: [&str; 6] = [
    "unshare",
    "--mount",
    "--propagation=private",
    "/bin/sh",
    "-c",
    "awk '/ - cgroup2 /{print $5}' /proc/self/mountinfo | while read -r point; do umount -l \"$point\"; done; exec \"$0\" \"$@\"",
];

impl Level {
    /// The program through which a daemon has this level; none, said loudly, where that cannot be had.
    #[must_use]
    pub fn through(self) -> Option<&'static [&'static str]> {
        match self {
            Self::OfHost => Some(&[]),
            Self::Marks => can_hide_cgroups().then_some(&WITHOUT_CGROUPS[..]),
        }
    }
}

fn can_hide_cgroups() -> bool {
    let Some(unshare) = skip::program("unshare", "install util-linux") else { return false };
    let can =
        Command::new(unshare).args(["--mount", "--propagation=private", "true"]).status().is_ok_and(|it| it.success());
    if !can {
        skip::skip("no daemon without cgroups", "run it where a mount namespace can be made");
    }
    can
}
