//! The parser `smoker.server.plugins.varnishparser` and a running Varnish.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use serde_json::{Value as Json, json};
use smoker_tests::machine::ports;
use smoker_tests::machine::skip::program;

use crate::request::parser;
use crate::service::{Service, wait_for};

const INSTALL: &str = "install with: apt-get install varnish";

/// An HTTP server that likes every request; the probes go to it.
fn healthy_backend() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    port
}

fn backend_list(varnishadm: &Path, instance: &Path, options: &[&str]) -> Option<String> {
    let mut command = Command::new(varnishadm);
    let output = command.arg("-n").arg(instance).arg("backend.list").args(options).output().expect("varnishadm");
    output.status.success().then(|| String::from_utf8(output.stdout).expect("text"))
}

#[test]
fn a_healthy_and_a_sick_backend_are_told_apart_in_every_format() {
    let (Some(varnishd), Some(varnishadm)) = (program("varnishd", INSTALL), program("varnishadm", INSTALL)) else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let instance = folder.path().join("instance");
    let vcl = format!(
        "vcl 4.1;\n\
         probe quick {{ .url = \"/\"; .interval = 0.2s; .timeout = 2s; .window = 2; .threshold = 1; .initial = 0; }}\n\
         backend good {{ .host = \"127.0.0.1\"; .port = \"{}\"; .probe = quick; }}\n\
         backend bad {{ .host = \"127.0.0.1\"; .port = \"{}\"; .probe = quick; }}\n\
         sub vcl_recv {{ if (req.url == \"/bad\") {{ set req.backend_hint = bad; }} }}\n",
        healthy_backend(),
        ports::free()
    );
    std::fs::write(folder.path().join("test.vcl"), vcl).expect("a configuration");
    let _varnish = Service::start(
        Command::new(varnishd)
            .args(["-F", "-j", "none", "-s", "malloc,10m", "-a", "127.0.0.1:0", "-f"])
            .arg(folder.path().join("test.vcl"))
            .arg("-n")
            .arg(&instance)
            .stdout(Stdio::null())
            .stderr(Stdio::null()),
    );
    let read = |options: &[&str]| -> Option<Json> {
        let text = backend_list(&varnishadm, &instance, options)?;
        parser("smoker.server.plugins.varnishparser", &text, Some(0), &json!({})).ok()
    };
    wait_for("a probe that went well", || {
        read(&[]).filter(|answer| answer["componentResults"]["boot.good"]["status"] == "OK")
    });
    for options in [&[][..], &["-p"], &["-j"], &["-j", "-p"]] {
        let answer = read(options).expect("a list that is understood");
        let components = &answer["componentResults"];
        assert_eq!(answer["status"], "ERROR", "{options:?}");
        assert_eq!(components["boot.good"]["status"], "OK", "{options:?}");
        assert_eq!(components["boot.bad"]["status"], "ERROR", "{options:?}");
        let text = |name: &str, level: &str| components[name]["messages"][level][0].as_str().expect("text").to_owned();
        assert!(text("boot.bad", "error").starts_with("State: sick"), "{options:?}");
        let expected = if options == ["-p"] { "Response time: " } else { "State: healthy (" };
        assert!(text("boot.good", "info").starts_with(expected), "{options:?} {components}");
    }
}
