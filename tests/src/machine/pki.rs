//! An authority as a site has one, made by OpenSSL: certificates for servers and clients, and revocations.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cli;

/// What a certificate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Servers on this machine.
    Server,
    /// Clients.
    Client,
}

impl Purpose {
    /// Its section of the configuration.
    fn section(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
        }
    }
}

/// The authority, with its files in a folder.
#[derive(Debug)]
pub struct Pki {
    folder: PathBuf,
}

const CONFIG: &str = "\
[ca]
default_ca = site
[site]
database = index.txt
crlnumber = crlnumber
default_md = sha256
default_crl_days = 30
crl_extensions = list
rand_serial = yes
new_certs_dir = .
policy = any
[any]
commonName = supplied
[list]
authorityKeyIdentifier = keyid
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
extendedKeyUsage = serverAuth
subjectAltName = IP:127.0.0.1, DNS:localhost
[client]
extendedKeyUsage = clientAuth
";

/// Options that make a new key.
const NEW_KEY: &str = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";

impl Pki {
    /// A new authority in this folder, which is made.
    #[must_use]
    pub fn make(folder: PathBuf) -> Self {
        fs::create_dir_all(&folder).expect("writable");
        let pki = Self { folder };
        for (name, text) in [("ca.cnf", CONFIG), ("index.txt", ""), ("crlnumber", "01\n")] {
            fs::write(pki.file(name), text).expect("writable");
        }
        pki.openssl(&format!(
            "req -x509 {NEW_KEY} -keyout ca.key -out ca.pem -subj /CN=Site -days 400 -config ca.cnf -extensions authority"
        ));
        pki
    }

    /// A file of the authority's folder. `ca.pem` is its own certificate, `NAME.pem` and `NAME.key` are those that it has made.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Makes a key and a certificate of this name.
    pub fn issue(&self, name: &str, purpose: Purpose) {
        self.make_request(name);
        self.sign(name, &format!("-extfile ca.cnf -extensions {}", purpose.section()));
    }

    /// Makes a key and a certificate of this name without any extension, as OpenSSL does by default: one of version 1.
    pub fn issue_plain(&self, name: &str) {
        self.make_request(name);
        self.sign(name, "-text");
    }

    /// Makes a key and a certificate of this name that is valid between these times, written as `20270131000000Z`.
    pub fn issue_between(&self, name: &str, purpose: Purpose, from: &str, to: &str) {
        let section = purpose.section();
        self.make_request(name);
        self.openssl(&format!(
            "ca -batch -notext -config ca.cnf -keyfile ca.key -cert ca.pem -in {name}.csr -out {name}.pem -startdate {from} -enddate {to} \
             -extensions {section}"
        ));
    }

    fn make_request(&self, name: &str) {
        self.openssl(&format!("req -new {NEW_KEY} -keyout {name}.key -out {name}.csr -subj /CN={name} -config ca.cnf"));
        let private = fs::Permissions::from_mode(0o600);
        fs::set_permissions(self.file(&format!("{name}.key")), private).expect("it is ours");
    }

    fn sign(&self, name: &str, options: &str) {
        self.openssl(&format!(
            "x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out {name}.pem -days 90 {options}"
        ));
    }

    /// Revokes a certificate that it has made.
    pub fn revoke(&self, name: &str) {
        self.openssl(&format!("ca -config ca.cnf -keyfile ca.key -cert ca.pem -revoke {name}.pem"));
    }

    /// Writes the list of what it has revoked into `crl.pem`.
    pub fn write_list(&self) {
        self.openssl("ca -config ca.cnf -keyfile ca.key -cert ca.pem -gencrl -out new.pem");
        fs::rename(self.file("new.pem"), self.file("crl.pem")).expect("the same folder");
    }

    /// The pin of a certificate in its folder, as docs/trust.md computes it.
    #[must_use]
    pub fn pin(&self, certificate: &str) -> String {
        pin(&self.file(certificate))
    }

    fn openssl(&self, arguments: &str) {
        cli::run(Command::new("openssl").args(arguments.split(' ')).current_dir(&self.folder)).expect_code(0);
    }
}

/// The pin of a certificate, as docs/trust.md computes it.
fn pin(certificate: &Path) -> String {
    let script = format!(
        "openssl x509 -in '{}' -noout -pubkey | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64",
        certificate.display()
    );
    let output = cli::run(Command::new("sh").args(["-c", &script]));
    output.expect_code(0);
    format!("sha256//{}", output.stdout.trim())
}
