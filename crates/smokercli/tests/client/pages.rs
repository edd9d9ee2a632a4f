//! Pages below a path, pages that are too large, and runs that are gone.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;

use serde_json::json;

use crate::corpus::host;
use crate::fake::Fake;
use crate::run::{Done, Run, SMOKERCLI};
use crate::site::{Site, daemon_pages, plugin};

fn smokercli(arguments: &[&str]) -> Done {
    Run::of(SMOKERCLI).args(arguments).done()
}

#[test]
fn links_are_followed_below_the_path_of_the_address() {
    let site = Site::start(daemon_pages("/web1", &[plugin("disk", &["full".to_owned()])]));
    for path in ["/web1/", "/web1"] {
        let mut pages = daemon_pages("/web1", &[plugin("disk", &[])]);
        pages.insert("/web1".to_owned(), pages["/web1/"].clone());
        let site = Site::start(pages);
        let done = smokercli(&["-s", &format!("http://127.0.0.1:{}{path}", site.port()), "-l"]);
        assert_eq!(done.stdout, "disk\n", "{path}: {}", done.stderr);
    }
    let done = smokercli(&["-s", &format!("http://127.0.0.1:{}/web2/", site.port()), "-l"]);
    assert_eq!(done.code, Some(1), "{}", done.stdout);
}

/// Six plugins of which each printed some megabytes.
#[test]
fn talkative_plugins_do_not_cost_the_host() {
    let long = "x".repeat(6 << 20);
    let mut plugins: Vec<_> =
        (0..6).map(|number| plugin(&format!("loud{number}"), std::slice::from_ref(&long))).collect();
    plugins.push(plugin("a b/c", &["short".to_owned()]));
    let mut pages = daemon_pages("", &plugins);
    let own = pages.remove("/plugins/a b/c").expect("a page");
    pages.insert("/plugins/a%20b%2Fc".to_owned(), own);
    let site = Site::start(pages);
    let address = format!("127.0.0.1:{}", site.port());
    let done = smokercli(&["-s", &address, "-o", "ndjson", "--timeout", "600"]);
    assert_eq!((done.code, done.stdout.lines().count()), (Some(0), 7), "{}", done.stderr);
    assert_eq!(done.stdout.matches("... (6287360 more bytes are left out)").count(), 6);
    assert!(done.stdout.contains("[\"short\"]"));
    let one = smokercli(&["-s", &address, "-o", "ndjson", "--timeout", "600", "-p", "LOUD3,a b/c"]);
    assert_eq!((one.code, one.stdout.lines().count()), (Some(0), 2), "{}", one.stderr);
    assert!(one.stdout.contains(&long) && !one.stdout.contains("are left out"));
}

/// What no cutting of texts makes small enough.
#[test]
fn plugins_that_are_named_are_fetched_alone_when_the_page_of_all_is_too_large() {
    let mut pages = daemon_pages("", &[plugin("disk", &["full".to_owned()]), plugin("loud", &[])]);
    pages.entry("/plugins".to_owned()).and_modify(|page| *page += &" ".repeat(65 << 20));
    let site = Site::start(pages);
    let address = format!("127.0.0.1:{}", site.port());
    let all = smokercli(&["-s", &address, "--timeout", "600"]);
    assert!(all.stdout.contains("larger than 64 MiB; name plugins by -p"), "{}", all.stdout);
    let one = smokercli(&["-s", &address, "--timeout", "600", "-p", "disk", "nosuch"]);
    assert!(one.stdout.contains("- disk ") && one.stdout.contains("[error] full"), "{}", one.stdout);
    assert!(one.stderr.contains("MISSING nosuch"), "{}", one.stderr);
}

#[test]
fn a_run_that_the_daemon_has_no_more_makes_no_host_unreachable() {
    let (mut gone, good) = (host("server1"), Fake::start(&host("server2")));
    (gone["fail"], gone["fail_at"]) = (json!("gone"), json!("poll"));
    let gone = Fake::start(&gone);
    let done = smokercli(&["-s", gone.address(), good.address(), "-f", "-e", "-o", "table"]);
    assert_eq!(done.code, Some(69));
    assert!(!done.stdout.contains("UNREACHABLE") && done.stdout.contains("server1  MISSING"), "{}", done.stdout);
    let reason = "the daemon has no process /processes/1 any more (HTTP Error 404 Not Found";
    assert!(done.stderr.contains(reason), "{}", done.stderr);
    assert_eq!(done.stderr.matches("server1").count(), 1, "{}", done.stderr);
}

#[test]
fn a_host_that_cannot_be_asked_is_reported_once_in_one_place() {
    let down = Fake::start(&host("fail-refuse"));
    for (format, told) in [("normal", 1), ("junit", 1), ("-l", 1)] {
        let arguments = if format == "-l" { vec!["-l"] } else { vec!["-o", format] };
        let line = format!("exec {SMOKERCLI} -s {} {} 2>&1", down.address(), arguments.join(" "));
        let output = Command::new("sh").args(["-c", &line]).env("HOME", "/nonexistent").output().expect("sh");
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(text.lines().filter(|line| line.contains("Connection refused")).count(), told, "{format}: {text}");
    }
}

#[test]
fn hosts_may_be_separated_by_commas() {
    let (a, b) = (Fake::start(&host("server2")), Fake::start(&host("www")));
    let done = smokercli(&["-s", &format!("{},{}", a.address(), b.address()), "-l", "-p", "varnish"]);
    assert_eq!(done.stdout, "server2/varnish\nwww.example.com/varnish\n", "{}", done.stderr);
}

/// A server may close a kept connection at any time, and a POST that is lost there could have started the run.
#[test]
fn a_forced_run_is_asked_for_on_a_connection_of_its_own() {
    for (arguments, closes) in [([].as_slice(), false), (&["-f"], true)] {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let serving = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a client");
            let mut request = vec![0; 4096];
            let _ = stream.read(&mut request).expect("a request");
            let about = daemon_pages("", &[]).remove("/").expect("a page");
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", about.len());
            stream.write_all((head + &about).as_bytes()).expect("a client that reads");
            let length = stream.read(&mut request).expect("a second request");
            String::from_utf8_lossy(&request[..length]).to_lowercase()
        });
        let _ = smokercli(&[&["-s", &address], arguments].concat());
        let request = serving.join().expect("two requests");
        assert!(request.starts_with("get /plugins ") && request.contains("connection: close") == closes, "{request}");
    }
}
