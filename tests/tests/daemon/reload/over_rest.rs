//! `POST /reload` answers with what became of the configuration, to administrators alone.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::thread;

use nix::sys::signal::Signal;
use smoker_tests::boot::Boot;
use smoker_tests::config::{Config, hello};
use smoker_tests::daemon::Daemon;
use smoker_tests::http::Request;
use smoker_tests::lines::expect_line;
use smoker_tests::wait;

use crate::access::caller::{Answer, NOBODY, ask};
use crate::reload::held::Held;

fn with_socket(config: Config) -> Config {
    config.top("socket: '{{DIR}}/smokerd.sock'")
}

fn as_root(daemon: &Daemon, path: &str) -> Answer {
    ask(&daemon.path("smokerd.sock"), 0, Request::post(path, ""))
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn an_administrator_gets_every_outcome_and_others_reload_nothing() {
    let daemon = Daemon::start(with_socket(hello()));
    let reload = |config: Config, status: u16| {
        daemon.write(&with_socket(config));
        let answer = as_root(&daemon, "/reload");
        assert_eq!(answer.status, status, "{answer:?}");
        answer.json()
    };
    let status = |plugin: &str| daemon.get(&format!("/plugins/{plugin}")).status;

    let page = reload(hello().plugin("new", "Command: 'true'"), 200);
    assert_eq!((&page["outcome"], page["problems"].as_array().map(Vec::len)), (&"in_effect".into(), Some(0)));
    expect_line(page["message"].as_str().expect("a sentence"), &["Reloaded", "1 added (new)", "1 unchanged"]);
    assert_eq!(status("new"), 200, "it is in effect when the answer comes");

    let page = reload(hello().plugin("timeless", "Command: x\nTimeout: 0"), 200);
    assert_eq!(page["outcome"], "in_part");
    expect_line(page["problems"][0].as_str().expect("a line"), &["ERROR", "Plugin timeless not loaded", "Timeout"]);

    let page = reload(hello().top("bind_port: many").plugin("broken", "Command: x"), 409);
    assert_eq!(page["outcome"], "refused");
    expect_line(page["message"].as_str().expect("a sentence"), &["refused as a whole", "goes on"]);
    assert!(page["problems"].to_string().contains("bind_port has to be a port number"), "{page}");
    assert_eq!((status("hello"), status("broken")), (200, 404));

    // Others change nothing, whatever they write.
    daemon.write(&with_socket(hello().plugin("later", "Command: 'true'")));
    let refused = daemon.send(&Request::post("/reload", ""));
    assert!(refused.expect_error(401).contains("only the role run, and this needs admin"), "{}", refused.text());
    for path in ["/reload", "/reload/", "//reload", "/reload?wait=0"] {
        let refused = ask(&daemon.path("smokerd.sock"), NOBODY, Request::post(path, ""));
        assert_eq!(refused.status, 403, "{path}: {refused:?}");
    }
    for (path, status) in [("/%72eload", 404), ("/RELOAD", 404), ("/reload?wait=soon", 400)] {
        assert_eq!(as_root(&daemon, path).status, status, "{path}");
    }
    let shown = daemon.get("/reload");
    assert_eq!((shown.status, shown.header("Allow")), (405, Some("OPTIONS, POST")));
    assert_eq!(status("later"), 404);

    // A request that does not wait is done all the same.
    let pending = as_root(&daemon, "/reload/?wait=0");
    assert_eq!((pending.status, &pending.json()["outcome"]), (202, &"pending".into()), "{pending:?}");
    smoker_tests::wait::until_true("the plugin", || status("later") == 200);

    let log = daemon.log();
    expect_line(&log, &["uid 0 on the socket: POST /reload: 200: Reloaded ", "1 added (new)"]);
    expect_line(&log, &["uid 0 on the socket: POST /reload: 409: Configuration ", "is refused as a whole"]);
    expect_line(&log, &["uid 65534 on the socket: POST /reload: 403: refused: ", "needs admin"]);
    assert_eq!(log.matches(": POST /reload: 200").count(), 2, "one line for each: {log}");
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn requests_beyond_the_bound_wait_and_then_are_refused() {
    let daemon = Boot::of(with_socket(hello())).start();
    let (mut held, config) = Held::new(&daemon);
    daemon.write(&with_socket(config));
    // Quicker than by a program of its own: a reload is given up after half a minute.
    let ask = || {
        let mut stream = UnixStream::connect(daemon.path("smokerd.sock")).expect("the daemon serves");
        let request = b"POST /reload?wait=0 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        stream.write_all(request).expect("the request is sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    };
    let is_taken = |answer: &str| answer.starts_with("HTTP/1.1 202");
    assert!(is_taken(&ask()));
    held.wait_for_reader();
    // 64 wait for the end of the reload, and as many to be noticed.
    let taken = (0..200).take_while(|_| is_taken(&ask())).count();
    assert!((64..=129).contains(&taken), "{taken}");
    let refused = ask();
    let expected = "too many requests for a reload wait already";
    assert!(refused.starts_with("HTTP/1.1 503") && refused.contains(expected), "{refused}");
    drop(held);
    wait::until_true("an answer", || as_root(&daemon, "/reload").status == 200);
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn each_client_gets_the_outcome_of_a_reload_that_began_later() {
    let mut daemon = Boot::of(with_socket(hello())).start();
    let (mut held, config) = Held::new(&daemon);
    daemon.write(&with_socket(config.plugin("first", "Command: 'true'")));
    thread::scope(|scope| {
        let first = scope.spawn(|| as_root(&daemon, "/reload"));
        held.wait_for_reader();
        // The time of this one is over before that of the reload.
        assert_eq!(as_root(&daemon, "/reload?wait=10ms").status, 202);
        daemon.write(&with_socket(hello().plugin("second", "Command: 'true'")));
        let later: Vec<_> = (0..3).map(|_| scope.spawn(|| as_root(&daemon, "/reload"))).collect();
        drop(held);
        let first = first.join().expect("it ends");
        assert!(first.status == 200 && first.body.contains("1 added (first)"), "{first:?}");
        for later in later {
            let later = later.join().expect("it ends");
            assert!(later.status == 200 && later.json()["outcome"] == "in_effect", "{later:?}");
        }
    });
    assert_eq!((daemon.get("/plugins/first").status, daemon.get("/plugins/second").status), (404, 200));

    // A daemon that stops meanwhile says that nothing came of it.
    let (mut held, config) = Held::new(&daemon);
    daemon.write(&with_socket(config));
    let answer = thread::scope(|scope| {
        let asked = scope.spawn(|| as_root(&daemon, "/reload"));
        held.wait_for_reader();
        daemon.signal(Signal::SIGTERM);
        asked.join().expect("it ends")
    });
    assert!(answer.status == 503 && answer.body.contains("the daemon is stopping"), "{answer:?}");
    assert_eq!(daemon.wait_for_exit(), 0);
}
