//! Artefacts of a release: `make release` and `make release-check`, with a stand-in for the compiler. What a real build has, `make
//! release-check` looks at.

mod agree;
// The stand-in builds for this machine.
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod artefacts;
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod check;
mod sbom;
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod workplace;
