//! The start of a child: what it inherits, and what it does not.
//!
//! A child begins in the address space of the daemon
//! (`CLONE_VM`), while the thread that starts it stands still (`CLONE_VFORK`), so
//! nothing of the daemon is copied and its size does not matter. Until it runs
//! its program the child makes system calls and nothing else: no allocation, no
//! lock, no formatting; and only raw ones where the C library would tell other
//! threads of a change (`setuid` and its like).
//!
//! # Layout
//!
//! - `start`: the clone
//! - `prepare`: the child's life before its program
//! - `account`: the child becomes another user
//! - `limits`: its resource limits
//! - `step`: what can fail before its program begins
//!
//! All but the last have `unsafe`, since neither `clone(2)` nor the system calls
//! of the child have a safe form.
//!
//! # What a child inherits
//!
//! | what | how a child gets it |
//! |---|---|
//! | signals | none blocked, each at its default: also `SIGXFSZ`, which the daemon blocks |
//! | session, controlling terminal | a session of its own, so no terminal |
//! | descriptors | 0, 1 and 2 as given; all others are closed when the program begins |
//! | user, groups | as given, real, effective and saved; checked that root cannot come back |
//! | capabilities, securebits | with another user: none, ambient and inheritable ones included |
//! | `no_new_privs` | as given; once set in the daemon it stays |
//! | session keyring | with another user: a new, empty one |
//! | resource limits | the daemon's, but for the soft limit on open files, which is as the daemon found it, and those given |
//! | cgroup | as given |
//! | nice value | as given, else the daemon's |
//! | I/O priority, scheduling policy, processors | the daemon's: they are set for the daemon because of its checks |
//! | `oom_score_adj` | 0 where the daemon is protected from the kernel's OOM killer, else the daemon's |
//! | umask, working folder | as given, else the daemon's |
//! | dumpable | as the kernel sets it when a program begins; a module's child with another user: no |
//! | environment | as given |

pub(crate) mod account;
pub(crate) mod start;

mod limits;
mod prepare;
mod step;
