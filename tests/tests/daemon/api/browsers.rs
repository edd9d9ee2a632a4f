//! Pages of other sites cannot use a browser to reach the daemon, and
//! networks that are not allowed cannot reach it at all.

use serde_json::json;
use smoker_tests::cli;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::http::Request;
use smoker_tests::lines::expect_line;
use smoker_tests::sandbox::Sandbox;

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
fn a_name_of_another_site_is_refused_to_everything_that_a_browser_may_send() {
    // Over plain HTTP a page of the same origin is read without Origin and without Sec-Fetch-*.
    let daemon = demo();
    let port = daemon.address().port();
    let of_browsers = [
        ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0"),
        ("Accept-Language", "en"),
        ("Referer", "http://evil.example/"),
        ("Cookie", "a=b"),
        ("Sec-Fetch-Dest", "document"),
    ];
    for (name, value) in of_browsers {
        for path in ["/", "/plugins", "/plugins/hello", "/processes", "/nowhere"] {
            let own = Request::get(path).header(name, value);
            assert!(daemon.send(&own).status != 403, "{path} with {name}");
            for host in
                [format!("evil.example:{port}"), format!("x@127.0.0.1:{port}"), "127.0.0.1.evil.example".to_owned()]
            {
                let foreign = daemon.send(&own.clone().header("Host", &host));
                assert!(foreign.expect_error(403).contains("allowed_hosts"), "{path} with {name} for {host}");
            }
            let absolute = Request::get(&format!("http://evil.example{path}")).header(name, value);
            let _ = daemon.send(&absolute).expect_error(403);
        }
        let _ = daemon.send(&post().header(name, value).header("Host", "evil.example")).expect_error(403);
        assert_eq!(raw(&daemon, &format!("GET / HTTP/1.0\r\n{name}: {value}\r\n\r\n")), 403, "no Host, but {name}");
    }
    assert_eq!(daemon.get("/processes").json(), json!([]), "nothing was forced");
}

#[test]
fn a_header_that_may_be_there_once_is_refused_when_it_is_repeated() {
    let daemon = demo();
    let port = daemon.address().port();
    let own = format!("127.0.0.1:{port}");
    for headers in [
        format!("Host: {own}\r\nHost: {own}\r\n"),
        format!("Host: {own}\r\nHost: evil.example\r\n"),
        format!("Host: {own}\r\nOrigin: http://{own}\r\nOrigin: http://{own}\r\n"),
        format!("Host: {own}\r\nOrigin: http://{own}\r\norigin: http://evil.example\r\n"),
        format!("Host: {own}\r\nContent-Length: 0\r\nContent-Length: 5\r\n"),
    ] {
        assert_eq!(raw(&daemon, &format!("GET /plugins HTTP/1.1\r\n{headers}\r\n")), 400, "{headers}");
    }
}

#[test]
fn an_origin_of_another_scheme_is_another_site() {
    let daemon = demo();
    let own = format!("127.0.0.1:{}", daemon.address().port());
    for origin in [format!("https://{own}"), format!("ws://{own}"), own.clone(), format!("http://{own}/")] {
        let _ = daemon.send(&post().header("Origin", &origin)).expect_error(403);
    }
    assert_eq!(daemon.get("/processes").json(), json!([]), "nothing was forced");
}

/// The status of the answer to these bytes.
fn raw(daemon: &Daemon, request: &str) -> u16 {
    let mut connection = daemon.connect();
    connection.write(request.as_bytes()).expect("writable");
    connection.read("GET").expect("an answer").status
}

#[test]
fn listed_names_are_all_that_any_client_may_use() {
    let daemon = Daemon::start(
        Config::new().plugin("hello", "Command: echo ran >> {{DIR}}/ran").top("allowed_hosts: [smoker.example.org]"),
    );
    let for_host = |host: &str| daemon.send(&Request::get("/plugins").header("Host", host)).status;
    let port = daemon.address().port();
    for host in ["smoker.example.org", "Smoker.Example.ORG.:8086", "localhost", "127.0.0.1", "[::1]:8086", "192.0.2.1"]
    {
        assert_eq!(for_host(host), 200, "{host}");
    }
    for host in ["alias.example.org", "example.org", "x.smoker.example.org", ""] {
        assert_eq!(for_host(host), 403, "{host}");
    }
    assert_eq!(raw(&daemon, "GET / HTTP/1.0\r\n\r\n"), 403, "no Host");
    let host = format!("smoker.example.org:{port}");
    let own = post().header("Host", &host).header("Origin", &format!("http://{host}"));
    assert_eq!(daemon.send(&own).status, 202, "a browser may use a listed name");

    let log = daemon.reload(&Config::new().plugin("hello", "Command: 'true'"));
    expect_line(&log, &["Reloaded", "settings: allowed_hosts"]);
    assert_eq!(daemon.send(&Request::get("/plugins").header("Host", "alias.example.org")).status, 200);
}

#[test]
fn a_verbose_check_tells_which_names_clients_may_use() {
    let told = |config: Config| {
        let sandbox = Sandbox::new();
        config.write(&sandbox).expect("writable");
        let checked = |arguments: &[&str]| {
            cli::smokerd(&sandbox, &[&["--check", "-c", "{{DIR}}/smokerd.yaml"], arguments].concat())
        };
        assert!(!checked(&[]).text().contains("allowed_hosts"));
        let verbose = checked(&["-v"]);
        verbose.expect_code(0);
        verbose.text()
    };
    let config = || Config::new().plugin("hello", "Command: 'true'");
    expect_line(&told(config()), &["allowed_hosts is not set", "other clients by any name"]);
    expect_line(&told(config().top("allowed_hosts: []")), &["allowed_hosts is set"]);
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
