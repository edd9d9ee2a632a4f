//! Artefacts of a release: `make release` and `make release-check`, with a stand-in for the compiler. What a real build has, `make
//! release-check` looks at.

mod agree;
mod artefacts;
mod check;
mod sbom;
mod workplace;
