//! Tells the tests whether root builds them, whether the kernel has network namespaces, and which programs are here: what cannot be shown is compiled as an
//! ignored test, so that a skip is visible.

use std::fs;
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
    println!("cargo::rustc-check-cfg=cfg(has_prometheus)");
    if ["promtool", "prometheus"].iter().all(|program| has(program)) {
        println!("cargo::rustc-cfg=has_prometheus");
    }
    println!("cargo::rustc-check-cfg=cfg(has_node_modules, has_browser)");
    if fs::exists("../crates/smoker-page/node_modules/playwright-core").unwrap_or(false) && has("node") {
        println!("cargo::rustc-cfg=has_node_modules");
        if has("chromium") || has("chromium-headless-shell") {
            println!("cargo::rustc-cfg=has_browser");
        }
    }
    println!("cargo::rustc-check-cfg=cfg(has_schemathesis)");
    if has("schemathesis") {
        println!("cargo::rustc-cfg=has_schemathesis");
    }
    println!("cargo::rustc-check-cfg=cfg(has_networks)");
    if can_join_networks() {
        println!("cargo::rustc-cfg=has_networks");
    }
}

/// Whether a program is at hand.
fn has(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

/// Whether a network namespace can be made, and joined with another one.
fn can_join_networks() -> bool {
    let join = ["--net", "ip", "link", "add", "name", "a", "type", "veth", "peer", "name", "b"];
    Command::new("unshare").args(join).output().is_ok_and(|output| output.status.success())
}
