//! What is installed by `make install` and by packages, on machines that are new and on machines that are not.
//!
//! # Layout
//!
//! - `install`: `make install` and `make uninstall`
//! - `contents`: what is in the packages
//! - `debian`, `rpm`: packages are installed, started, asked, upgraded and removed in a copy of this machine
//! - `first_screen`: the configuration that is installed, on a host that has little
//! - `shipped`: the programs as they are shipped; `make shipped` runs it
//! - `sources`: the source archive
//! - `release`: what `make release` makes
//! - `repository`: what `make repo` makes
//! - `scripts`: what does all this
//! - `supply_chain`: what the programs are made of: licences, sources, and where they may be unsafe
//!
//! - `links`: whether links of what is installed lead anywhere
//! - `built`: the packages, made once for all tests of the programs that they test anyway

mod built;
mod contents;
mod debian;
mod first_screen;
mod image;
mod install;
mod links;
mod release;
mod repository;
mod rpm;
mod scripts;
mod shipped;
mod sources;
mod supply_chain;
