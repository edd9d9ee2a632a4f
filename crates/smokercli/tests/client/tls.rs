//! Certificates that the user names.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use smoker_trust::pin::Pin;
use smoker_trust::storage::private_folder::PrivateFolder;
use tempfile::TempDir;

use crate::run::{CHECK, Done, Run, SMOKERCLI};
use crate::site::{Site, daemon_pages, plugin};

/// A file of `tests/tls`: certificates for `localhost`, signed by themselves; `root` says CA:TRUE as `openssl req -x509` does.
fn path(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/tls").join(name);
    path.display().to_string()
}

fn secure_site(certificate: &str) -> Site {
    let key = PrivateKeyDer::from_pem_file(path(&format!("{certificate}.key"))).expect("a key");
    let chain = CertificateDer::from_pem_file(path(&format!("{certificate}.pem"))).expect("a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions");
    let config = Arc::new(builder.with_no_client_auth().with_single_cert(vec![chain], key).expect("a pair"));
    Site::start_over(daemon_pages("", &[plugin("disk", &[])]), move |stream| {
        let connection = ServerConnection::new(Arc::clone(&config)).expect("a connection");
        Box::new(StreamOwned::new(connection, stream))
    })
}

fn ask(site: &Site, host: &str, environment: &[(&str, &str)], arguments: &[&str]) -> Done {
    let address = format!("https://{host}:{}/", site.port());
    let run = Run::of(SMOKERCLI).args([&["-s", &address, "-o", "minimal", "--no-progress"], arguments].concat());
    environment.iter().fold(run, |run, (name, value)| run.env(name, value)).done()
}

#[test]
fn a_certificate_that_is_named_is_trusted_for_its_name() {
    for certificate in ["root", "server"] {
        let site = secure_site(certificate);
        let file = path(&format!("{certificate}.pem"));
        for (environment, arguments) in [(vec![("SSL_CERT_FILE", &*file)], vec![]), (vec![], vec!["--cacert", &file])] {
            let done = ask(&site, "localhost", &environment, &arguments);
            assert!(done.stdout.contains("- disk "), "{certificate} {arguments:?}: {}", done.stdout);
            let wrong = ask(&site, "127.0.0.1", &environment, &arguments);
            assert!(wrong.stdout.contains("the certificate is for "), "{certificate}: {}", wrong.stdout);
        }
        let other = path(if certificate == "root" { "server.pem" } else { "root.pem" });
        for arguments in [["--cacert", &other].as_slice(), &[]] {
            let done = ask(&site, "localhost", &[], arguments);
            assert!(done.stdout.contains("UNREACHABLE"), "{certificate} {arguments:?}: {}", done.stdout);
            assert!(!done.stdout.contains("OtherError"), "{}", done.stdout);
        }
        let done = ask(&site, "localhost", &[], &[]);
        assert!(done.stdout.contains("not signed by an authority that is trusted here"), "{}", done.stdout);
        let address = format!("https://localhost:{}/", site.port());
        let check = Run::of(CHECK).args(["-H", &address, "--cacert", &file, "disk"]).done();
        assert_eq!(check.code, Some(2), "{}", check.stdout);
    }
}

#[test]
fn a_file_of_certificates_that_cannot_be_read_is_an_error() {
    let site = secure_site("root");
    let empty = path("root.key");
    for (file, reason) in [("/nonexistent/ca.pem", "No such file"), (&empty, "holds no certificate")] {
        let done = ask(&site, "localhost", &[], &["--cacert", file]);
        assert_eq!((done.code, done.stdout.as_str()), (Some(1), ""), "{}", done.stderr);
        assert!(done.stderr.contains(&format!("--cacert {file}")) && done.stderr.contains(reason), "{}", done.stderr);
        let done = ask(&site, "localhost", &[("SSL_CERT_FILE", file)], &[]);
        assert!(done.stdout.contains(&format!("SSL_CERT_FILE {file}")), "{}", done.stdout);
    }
}

#[test]
fn https_to_a_server_of_http_is_explained() {
    let site = Site::start(daemon_pages("", &[]));
    let done = ask(&site, "localhost", &[], &[]);
    // A server may answer a handshake that it does not understand, or close the connection.
    let said = ["speaks http, not TLS", "does not speak TLS"];
    assert!(said.iter().any(|text| done.stdout.contains(text)), "{}", done.stdout);
}

#[test]
fn an_authority_for_all_hosts_takes_nothing_from_certificates_that_are_named() {
    let (home, site) = (TempDir::new().expect("a folder"), secure_site("root"));
    let home = home.path().display().to_string();
    PrivateFolder::make(Path::new(&format!("{home}/.config/smoker")), None).expect("made");
    let authority = Pin::of_public_key(b"another");
    fs::write(format!("{home}/.config/smoker/known_hosts"), format!("@cert-authority * {authority}\n"))
        .expect("writable");
    let environment = [("HOME", &*home), ("XDG_CONFIG_HOME", "")];
    let file = path("root.pem");
    let done = ask(&site, "localhost", &environment, &["--cacert", &file]);
    assert!(done.stdout.contains("- disk "), "{} {}", done.stdout, done.stderr);
    let other = ask(&site, "localhost", &environment, &["--cacert", &path("server.pem")]);
    for refused in [other, ask(&site, "localhost", &environment, &[])] {
        let said = format!(
            "not signed by an authority that is trusted here; take the host's key by smokercli trust scan -s localhost:{}",
            site.port()
        );
        assert!(refused.stdout.contains(&said), "{}", refused.stdout);
    }
    // What the message says helps.
    let scan = ["trust", "scan", "-s", &format!("localhost:{}", site.port())];
    let in_home = |arguments: &[&str]| {
        let run = Run::of(SMOKERCLI).args(arguments.iter().copied());
        environment.iter().fold(run, |run, (name, value)| run.env(name, value)).done()
    };
    let shown = in_home(&scan).stderr;
    let pin = shown.split_whitespace().find(|word| word.starts_with("sha256//")).expect("a pin");
    assert_eq!(in_home(&[&scan[..], &["--accept", pin.trim_end_matches(';')]].concat()).code, Some(0));
    let done = ask(&site, "localhost", &environment, &[]);
    assert!(done.stdout.contains("- disk "), "{} {}", done.stdout, done.stderr);
}
