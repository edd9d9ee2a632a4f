//! An authority of the user's own: it signs the keys of daemons, over SSH and without any service.

use std::io::Read;
use std::path::{Path, PathBuf};

use rustls::pki_types::CertificateDer;
use smoker_trust::access::expiry;
use smoker_trust::ca::sign::{Authority, Purpose};
use smoker_trust::identity::facts::CertificateFacts;
use smoker_trust::identity::own::{CERTIFICATE_FILE, OwnIdentity};
use smoker_trust::known_hosts;
use smoker_trust::pin::Pin;
use smoker_trust::storage::private_folder::PrivateFolder;
use smoker_trust::storage::{pem, text_file};

use crate::cli::trust_args::{CaInitArgs, CaSignArgs, StateDir};
use crate::config::ClientConfig;
use crate::error::ExitError;
use crate::exit_code;
use crate::terminal::console::{Console, Verbosity};
use crate::terminal::{output, sanitize};
use crate::trust::targets::{self, Target};
use crate::trust::{add, operator, parallel, ssh};
use crate::trust_store::{TrustStore, user_at_host};
use smoker_model::notation::shell_word;

/// The authority's folder in the user's.
const FOLDER: &str = "ca";

/// More is no certificate.
const MAX_BYTES: u64 = 1 << 20;

fn failed(error: &dyn std::fmt::Display) -> ExitError {
    ExitError::new(error.to_string())
}

fn folder(store: &TrustStore) -> Result<PathBuf, ExitError> {
    Ok(store.make_folder()?.path().join(FOLDER))
}

/// Makes the authority and has this user's client trust it.
pub(super) fn init(store: &TrustStore, args: &CaInitArgs) -> Result<u8, ExitError> {
    // Before the authority is there, which a second try would find.
    known_hosts::pattern::check(&args.pattern).map_err(|reason| ExitError::usage(format!("--pattern: {reason}")))?;
    let folder = PrivateFolder::make(&folder(store)?, None).map_err(|error| failed(&error))?;
    let authority = Authority::init(&folder, &args.name).map_err(|error| failed(&error))?;
    let path = store.make_folder()?.path().join(known_hosts::FILE);
    known_hosts::set_authority(&path, &args.pattern, authority.pin()).map_err(|error| failed(&error))?;
    output::print(&format!("@cert-authority {} {}\n", args.pattern, authority.pin()))?;
    Ok(exit_code::SUCCESS)
}

/// The user's authority.
///
/// # Errors
///
/// When there is none.
pub(super) fn authority(store: &TrustStore) -> Result<Authority, ExitError> {
    let path = folder(store)?;
    let folder = PrivateFolder::open(&path, None).map_err(|error| failed(&error))?;
    let authority =
        folder.map(|folder| Authority::load(&folder)).transpose().map_err(|error| failed(&error))?.flatten();
    authority.ok_or_else(|| ExitError::new("there is no authority; make one by smokercli trust ca init"))
}

/// Fetches the certificate of each daemon, signs its key for the host's name, and puts the new certificate in its place.
pub(super) fn sign(store: &TrustStore, args: &CaSignArgs, config: &ClientConfig) -> Result<u8, ExitError> {
    let targets = targets::of(&args.hosts, config)?;
    let authority = authority(store)?;
    let outcomes = parallel::for_each(&targets, args.smokerd.ssh.parallel, |target| sign_one(&authority, args, target));
    let console = Console::new(Verbosity::Quiet);
    let mut code = exit_code::SUCCESS;
    for (target, outcome) in targets.iter().zip(outcomes) {
        match outcome {
            Ok(Signed { until, warning }) => {
                let address = target.address();
                if let Some(text) = &warning {
                    console.warn(&sanitize::line(&format!("Host {address}: {text}")));
                }
                output::print(&format!("{address}: its certificate is valid until {until}\n"))?;
            }
            Err(reason) => {
                code = exit_code::FAILURE;
                console.error(&sanitize::line(&format!("Host {}: {reason}", target.address())));
            }
        }
    }
    Ok(code)
}

fn sign_one(authority: &Authority, args: &CaSignArgs, target: &Target) -> Result<Signed, String> {
    let on_host = |command: &str| {
        let folder = args.state_dir.state_dir.display().to_string();
        format!("{} trust ca {command} --state-dir {}", args.smokercli, shell_word::quoted(&folder))
    };
    let options = &args.smokerd.ssh;
    let request = ssh::run(options, target, &on_host("request"), b"")?;
    let request = pem::certificates(request.stdout.as_bytes())
        .map_err(|reason| format!("trust ca request on the host: {reason}"))?;
    let shown = ssh::run(options, target, &format!("{} --identity", args.smokerd.command), b"");
    let warning = check_shown(shown.map(|printed| printed.stdout), &request[0])?;
    let (chain, until) = signed(authority, &request[0], &[target.bare_host().to_owned()])?;
    ssh::run(options, target, &on_host("install"), chain.as_bytes())?;
    Ok(Signed { until, warning })
}

/// What signing has done on a host.
struct Signed {
    /// The last day of the certificate.
    until: String,
    /// What is not sure.
    warning: Option<String>,
}

/// Whether the daemon shows the certificate that is to be signed, as far as its command says that.
///
/// # Errors
///
/// When it shows another one, so that signing this one would change nothing.
fn check_shown(printed: Result<String, String>, request: &CertificateDer<'_>) -> Result<Option<String>, String> {
    let own = Pin::of_certificate(request).map_err(|error| error.to_string())?;
    match printed.and_then(|printed| add::pin_of(&printed)) {
        Ok(shown) if shown == own => Ok(None),
        Ok(shown) => Err(format!(
            "its daemon shows the key {shown}, and that of its state_dir is {own}: where tls_cert is set, the PKI of that certificate renews it; \
             otherwise name the daemon's configuration (--smokerd 'smokerd -c FILE') or folder (--state-dir)"
        )),
        Err(reason) => Ok(Some(format!("which certificate its daemon shows is not known: {reason}"))),
    }
}

/// A certificate for the key of another one, with the authority's behind it, in PEM; and its last day.
///
/// # Errors
///
/// When it cannot be signed.
pub(super) fn signed(
    authority: &Authority,
    request: &CertificateDer<'_>,
    names: &[String],
) -> Result<(String, String), String> {
    let chain = authority.sign(request, names, Purpose::Daemon, operator::now())?;
    let until = CertificateFacts::of(&chain[0]).and_then(|facts| facts.not_after).map(expiry::text);
    Ok((pem::of_certificates(&chain), until.unwrap_or_default()))
}

/// The daemon's identity on this host.
///
/// # Errors
///
/// When the folder is not there or cannot be used.
pub(super) fn daemon(state_dir: &Path) -> Result<OwnIdentity, ExitError> {
    let folder = PrivateFolder::open(state_dir, None).map_err(|error| failed(&error))?;
    let folder = folder.ok_or_else(|| {
        let path = state_dir.display();
        ExitError::new(format!("{path} is not there; run smokerd --identity first, or name state_dir by --state-dir"))
    })?;
    let name = user_at_host();
    let host = name.rsplit('@').next().unwrap_or_default();
    OwnIdentity::load_or_make(&folder, host).map_err(|error| failed(&error))
}

/// Prints the certificate of this host's daemon.
pub(super) fn request(args: &StateDir) -> Result<u8, ExitError> {
    let identity = daemon(&args.state_dir)?;
    output::print(&pem::of_certificates(&identity.chain[..1]))?;
    Ok(exit_code::SUCCESS)
}

/// Takes the signed certificate of this host's daemon from standard input.
pub(super) fn install(args: &StateDir) -> Result<u8, ExitError> {
    let mut text = String::new();
    std::io::stdin().take(MAX_BYTES).read_to_string(&mut text).map_err(|error| failed(&error))?;
    put(&args.state_dir, &text)?;
    Ok(exit_code::SUCCESS)
}

/// Puts a signed certificate in the place of the daemon's, whose key it has to be for.
///
/// # Errors
///
/// When it is for another key, or cannot be written.
pub(super) fn put(state_dir: &Path, text: &str) -> Result<(), ExitError> {
    let identity = daemon(state_dir)?;
    let chain = pem::certificates(text.as_bytes())
        .map_err(|reason| ExitError::new(format!("the signed certificate: {reason}")))?;
    if Pin::of_certificate(&chain[0]) != Ok(identity.pin) {
        return Err(ExitError::new(format!(
            "the certificate is for another key than that of this daemon, {}",
            identity.pin
        )));
    }
    let path = state_dir.join(CERTIFICATE_FILE);
    text_file::edit(&path, |_| Ok((pem::of_certificates(&chain), ()))).map_err(|error| failed(&error))
}
