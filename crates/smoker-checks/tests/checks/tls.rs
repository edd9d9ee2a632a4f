//! `Check: tls` against servers of OpenSSL, and a mail server without TLS.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use serde_json::{Value as Json, json};
use smoker_tests::cli;

use crate::request::check;
use crate::service::{Service, wait_for_port};
use smoker_tests::machine::ports;

const NEW_KEY: &str = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";

fn openssl(folder: &Path, arguments: &str) {
    cli::run(Command::new("openssl").args(arguments.split(' ')).current_dir(folder)).expect_code(0);
}

/// A certificate of this name that another one signs.
fn issue(folder: &Path, name: &str, by: &str, days: u32, extensions: &str) {
    fs::write(folder.join("extensions"), extensions).expect("writable");
    openssl(folder, &format!("req {NEW_KEY} -keyout {name}.key -out {name}.csr -subj /CN={name}"));
    openssl(
        folder,
        &format!(
            "x509 -req -in {name}.csr -CA {by}.pem -CAkey {by}.key -CAcreateserial -out {name}.pem -days {days} -extfile extensions"
        ),
    );
}

/// An authority, one below it whose certificate ends in three days, and a server that it has signed for.
fn chain() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    openssl(folder.path(), &format!("req -x509 {NEW_KEY} -keyout ca.key -out ca.pem -days 400 -subj /CN=Site"));
    issue(folder.path(), "short", "ca", 3, "basicConstraints=critical,CA:TRUE\n");
    for (name, by) in [("below", "short"), ("own", "ca")] {
        issue(folder.path(), name, by, 300, "subjectAltName=IP:127.0.0.1,DNS:localhost\n");
    }
    folder
}

/// A server with this certificate, and more options.
fn serve(folder: &Path, name: &str, options: &[&str]) -> (Service, u16) {
    let port = ports::free();
    let mut command = Command::new("openssl");
    command.args(["s_server", "-www", "-quiet", "-accept", &format!("127.0.0.1:{port}")]);
    command.args(["-cert", &format!("{name}.pem"), "-key", &format!("{name}.key")]).args(options);
    command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let service = Service::start(&mut command);
    wait_for_port(port);
    (service, port)
}

fn look(folder: &Path, port: u16, more: &Json) -> Json {
    let mut all = json!({"Address": format!("127.0.0.1:{port}"), "CaFile": folder.join("ca.pem")});
    all.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
    check("tls", &all)
}

/// Whether this many days are left, or a moment less.
fn has_days(text: &str, days: u32) -> bool {
    let begins = |days: u32, rest: &str| text.contains(&format!("Days {days}d{rest}"));
    begins(days, ",") || begins(days - 1, " 23h,") || begins(days - 1, ",")
}

#[test]
fn a_certificate_lasts_as_long_as_those_that_signed_it() {
    let folder = chain();
    let (_below, port) = serve(folder.path(), "below", &["-cert_chain", "short.pem"]);
    let found = look(folder.path(), port, &json!({}));
    let text = found.to_string();
    assert!(found["status"] == "ERROR" && has_days(&text, 3) && text.contains(", wanted at least 7d"), "{text}");
    assert!(text.contains("the certificate of short in its chain ends first"), "{text}");
    let http =
        check("http", &json!({"Url": format!("https://127.0.0.1:{port}/"), "CaFile": folder.path().join("ca.pem")}));
    assert!(http["status"] == "ERROR" && http.to_string().contains("ends first"), "{http}");
    let (_own, port) = serve(folder.path(), "own", &["-cert_chain", "short.pem"]);
    let found = look(folder.path(), port, &json!({}));
    assert!(found["status"] == "OK" && has_days(&found.to_string(), 300), "{found}");
}

/// Sends each request to this page.
fn redirect(folder: &Path, name: &str, to: &str) -> (Service, u16) {
    let port = ports::free();
    let answer = format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n");
    fs::write(folder.join("moved"), answer).expect("writable");
    let mut command = Command::new("openssl");
    command.args(["s_server", "-HTTP", "-quiet", "-accept", &format!("127.0.0.1:{port}")]);
    command.args(["-cert", &format!("{name}.pem"), "-key", &format!("{name}.key")]);
    command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let service = Service::start(&mut command);
    wait_for_port(port);
    (service, port)
}

#[test]
fn a_certificate_on_the_way_to_a_page_counts() {
    let folder = chain();
    issue(folder.path(), "soon", "ca", 4, "subjectAltName=IP:127.0.0.1\n");
    let (_own, last) = serve(folder.path(), "own", &[]);
    let (_soon, first) = redirect(folder.path(), "soon", &format!("https://127.0.0.1:{last}/"));
    let url = format!("https://127.0.0.1:{first}/moved");
    let found = check("http", &json!({"Url": url, "CaFile": folder.path().join("ca.pem")}));
    let text = found.to_string();
    assert!(found["status"] == "ERROR" && has_days(&text, 4) && text.contains("soon, 127.0.0.1"), "{text}");
}

#[test]
fn a_server_that_refuses_who_has_no_certificate_is_an_error() {
    let folder = chain();
    for version in ["-tls1_2", "-tls1_3"] {
        let options = ["-Verify", "2", "-verify_return_error", "-CAfile", "ca.pem", version];
        let (_service, port) = serve(folder.path(), "own", &options);
        let found = look(folder.path(), port, &json!({}));
        assert!(found["status"] == "ERROR" && found.to_string().contains("no TLS handshake"), "{version}: {found}");
        let own = json!({"ClientCert": folder.path().join("own.pem"), "ClientKey": folder.path().join("own.key")});
        let found = look(folder.path(), port, &own);
        assert_eq!(found["status"], "OK", "{version}: {found}");
    }
    let (_service, port) = serve(folder.path(), "own", &["-verify", "2", "-CAfile", "ca.pem"]);
    let found = look(folder.path(), port, &json!({}));
    assert_eq!(found["status"], "OK", "a certificate that may be missing: {found}");
}

#[test]
fn a_mail_server_has_to_offer_tls() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut lines = BufReader::new(stream.try_clone().expect("the same stream")).lines();
            let _ = stream.write_all(b"220 mail\r\n");
            let _ = lines.next();
            let _ = stream.write_all(b"250-mail\r\n250 HELP\r\n");
            if lines.next().is_some() {
                let _ = stream.write_all(b"220 go on\r\n");
            }
        }
    });
    let found = check("tls", &json!({"Address": format!("127.0.0.1:{port}"), "StartTls": "smtp"}));
    assert!(found.to_string().contains("no STARTTLS over smtp: the server does not offer it"), "{found}");
}
