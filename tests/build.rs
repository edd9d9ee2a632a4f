//! Tells the tests whether root builds them: what only root can show is
//! compiled as an ignored test for everybody else, so that a skip is visible.

use std::process::Command;

fn main() {
    println!("cargo::rustc-check-cfg=cfg(as_root)");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=USER");
    println!("cargo::rerun-if-env-changed=HOME");
    let uid = Command::new("id").arg("-u").output().map(|output| output.stdout).unwrap_or_default();
    if uid.trim_ascii() == b"0" {
        println!("cargo::rustc-cfg=as_root");
    }
}
