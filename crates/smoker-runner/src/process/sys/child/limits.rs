//! The resource limits of a child.

#![expect(unsafe_code, reason = "prlimit(2) of the child has no safe form; each block states why it is sound")]

use std::ptr;

use libc::c_void;

use crate::process::sys::child::step::{Failure, Step, check};
use crate::process::sys::child_setup::LimitedResource;

/// Soft and hard value alike; a hard one that is lower already stays.
pub(super) fn lower_limit(resource: LimitedResource, limit: u64) -> Result<(), Failure> {
    let limit = limit.min(hard_limit(resource)?);
    set_limit(resource, &libc::rlimit64 { rlim_cur: limit, rlim_max: limit })
}

/// The hard value stays.
pub(super) fn set_soft_limit(resource: LimitedResource, soft: u64) -> Result<(), Failure> {
    let hard = hard_limit(resource)?;
    set_limit(resource, &libc::rlimit64 { rlim_cur: soft.min(hard), rlim_max: hard })
}

fn hard_limit(resource: LimitedResource) -> Result<u64, Failure> {
    let mut limit = libc::rlimit64 { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the kernel fills the structure, which has the layout of its own.
    let returned = unsafe { libc::syscall(libc::SYS_prlimit64, 0, resource, ptr::null::<c_void>(), &raw mut limit) };
    check(Step::Limits, returned)?;
    Ok(limit.rlim_max)
}

fn set_limit(resource: LimitedResource, limit: &libc::rlimit64) -> Result<(), Failure> {
    // SAFETY: the kernel reads the structure, which has the layout of its own.
    let returned =
        unsafe { libc::syscall(libc::SYS_prlimit64, 0, resource, ptr::from_ref(limit), ptr::null_mut::<c_void>()) };
    check(Step::Limits, returned).map(drop)
}
