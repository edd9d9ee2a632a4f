//! Pages of other sites cannot use a browser to reach the daemon, and
//! networks that are not allowed cannot reach it at all.

use serde_json::json;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::http::Request;

fn demo() -> Daemon {
    Daemon::start(Config::new().plugin("hello", "Command: echo ran >> {{DIR}}/ran"))
}

fn post() -> Request {
    Request::post("/processes", json!({"process": {"plugins": ["hello"]}}).to_string())
}

#[test]
fn a_page_of_another_site_is_refused() {
    let daemon = demo();
    let foreign = [
        ("Origin", "http://evil.example"),
        ("Origin", "https://evil.example:8086"),
        ("Origin", "null"),
        ("Origin", "http://127.0.0.1.evil.example"),
        ("Sec-Fetch-Site", "cross-site"),
    ];
    for (name, value) in foreign {
        for request in [Request::get("/plugins"), post(), Request::new("OPTIONS", "/processes")] {
            let response = daemon.send(&request.header(name, value));
            assert_eq!(response.status, 403, "{name}: {value}");
            assert!(!response.expect_error(403).is_empty());
        }
    }
    assert_eq!(daemon.get("/processes").json(), json!([]), "nothing was forced");
    assert!(!daemon.path("ran").exists());
}

#[test]
fn another_port_of_this_host_is_another_site() {
    let daemon = demo();
    let other = daemon.send(&post().header("Origin", &format!("http://127.0.0.1:{}", daemon.address().port() - 1)));
    let _ = other.expect_error(403);
}

#[test]
fn a_page_of_our_own_is_answered() {
    let daemon = demo();
    let port = daemon.address().port();
    let own = [
        ("Origin", format!("http://127.0.0.1:{port}")),
        ("Sec-Fetch-Site", "same-origin".to_owned()),
        // The address typed by the user.
        ("Sec-Fetch-Site", "none".to_owned()),
    ];
    for (name, value) in own {
        assert_eq!(daemon.send(&post().header(name, &value)).status, 202, "{name}: {value}");
    }
    let localhost = format!("localhost:{port}");
    let request = post().header("Host", &localhost).header("Origin", &format!("http://{localhost}"));
    assert_eq!(daemon.send(&request).status, 202, "localhost is one of our names");
}

#[test]
fn a_browser_that_was_sent_here_under_a_foreign_name_is_refused() {
    // DNS rebinding: the site's own name leads to our address.
    let daemon = demo();
    let host = format!("evil.example:{}", daemon.address().port());
    for (name, value) in [("Origin", format!("http://{host}")), ("Sec-Fetch-Site", "same-origin".to_owned())] {
        let response = daemon.send(&post().header("Host", &host).header(name, &value));
        assert!(!response.expect_error(403).is_empty(), "{name}: {value}");
    }
    assert_eq!(daemon.get("/processes").json(), json!([]), "nothing was forced");
}

#[test]
fn what_is_no_browser_may_call_us_as_it_likes() {
    let daemon = demo();
    assert_eq!(daemon.send(&post().header("Host", "alias.of.this.machine")).status, 202);
}

#[test]
fn only_allowed_networks_are_answered() {
    let config = || Config::new().plugin("hello", "Command: 'true'");
    let closed = Daemon::start(config().top("allow: [10.0.0.0/8, 192.0.2.7]"));
    for request in [Request::get("/"), Request::get("/plugins"), Request::get("/nowhere"), post()] {
        assert!(!closed.send(&request).expect_error(403).is_empty());
    }
    for allow in ["[127.0.0.0/8]", "[127.0.0.1]", "[10.0.0.0/8, 127.0.0.1/32]"] {
        let open = Daemon::start(config().top(&format!("allow: {allow}")));
        assert_eq!(open.get("/plugins").status, 200, "{allow}");
    }
}
