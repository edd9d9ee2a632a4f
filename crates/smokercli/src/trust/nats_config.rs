//! Writes the configuration of a NATS server: who connects, and what each may do. Seeds and keys are made once; a later call with more hosts keeps them.

use std::collections::BTreeMap;
use std::path::Path;

use smoker_nats::key;
use smoker_nats::server_config::{Host, Identity, Operator, authorization, connections};
use smoker_nats::subject::{EVERYBODY, Fleet, token};
use smoker_trust::storage::private_folder::PrivateFolder;
use smoker_trust::storage::{private_file, text_file};

use crate::cli::trust_args::{Hosts, NatsConfigArgs};
use crate::error::ExitError;
use crate::exit_code;
use crate::terminal::output;
use crate::trust::nats_certificates::{AUTHORITY, Certificates, SERVER};
use crate::trust::targets;
use crate::trust_store::TrustStore;

/// The configuration's name in its folder.
const FILE: &str = "nats.conf";

/// What the users of a server prove.
enum Identities {
    /// That they have a seed.
    Seeds,
    /// That they have the key of a certificate.
    Certificates(Box<Certificates>),
}

/// Writes the configuration, and the seeds or certificates that are missing.
///
/// # Errors
///
/// When a name cannot be used, there is no authority for certificates, or a file cannot be written.
pub(super) fn write(store: &TrustStore, args: &NatsConfigArgs, port: &str) -> Result<u8, ExitError> {
    if args.certificates && args.servers.is_empty() && args.tls_cert.is_none() {
        return Err(ExitError::usage(
            "--certificates needs one for the server, too; name the server by --server, or its files by --tls-cert and --tls-key",
        ));
    }
    let names = names(&args.hosts, port)?;
    let mut groups = groups(&args.groups, port)?;
    if let Some(host) = groups.keys().find(|host| !names.contains(host)) {
        return Err(ExitError::usage(format!("{host} is in a group and not among the hosts; name it by -s, too")));
    }
    let identities = if args.certificates {
        Identities::Certificates(Box::new(Certificates::of(store, &args.fleet)?))
    } else {
        Identities::Seeds
    };
    let folder = folder(&args.folder)?;
    let of_hosts = self::folder(&folder.path().join("hosts"))?;
    let hosts: Vec<_> = names
        .into_iter()
        .map(|name| {
            let identity = identities.of("host", &of_hosts, &name)?;
            Ok(Host { groups: groups.remove(&name).unwrap_or_default(), name, identity })
        })
        .collect::<Result<_, ExitError>>()?;
    let of_operators = self::folder(&folder.path().join("operators"))?;
    let operators: Vec<_> = args
        .operators
        .iter()
        .map(|name| Ok(Operator { name: name.clone(), identity: identities.of("operator", &of_operators, name)? }))
        .collect::<Result<_, ExitError>>()?;
    let path = folder.path().join(FILE);
    let text = server(args)? + &authorization(&Fleet::new(&args.fleet), &hosts, &operators);
    text_file::edit(&path, |_| Ok((text, ()))).map_err(|error| ExitError::new(error.to_string()))?;
    let kept = match &identities {
        Identities::Seeds => "seeds",
        Identities::Certificates(certificates) => {
            certificates.of_server(&folder, &args.servers)?;
            "certificates"
        }
    };
    output::print(&format!(
        "{}: {} hosts, {} operators; their {kept} are beside it\n",
        path.display(),
        hosts.len(),
        operators.len()
    ))?;
    Ok(exit_code::SUCCESS)
}

impl Identities {
    /// What the user of this kind and name proves.
    fn of(&self, kind: &str, folder: &PrivateFolder, name: &str) -> Result<Identity, ExitError> {
        match self {
            Self::Seeds => public_key(folder, name).map(Identity::Key),
            Self::Certificates(certificates) => certificates.of_user(kind, folder, name).map(Identity::Certificate),
        }
    }
}

fn server(args: &NatsConfigArgs) -> Result<String, ExitError> {
    let path = |path: &Path| quoted(&path.display().to_string());
    let listen = quoted(&args.listen)?;
    let store = path(&args.store)?;
    let in_folder = |name: &str| path(&args.tls_folder.join(name));
    let files = match (&args.tls_cert, &args.tls_key) {
        (Some(cert), Some(key)) => Some((path(cert)?, path(key)?)),
        _ if args.certificates => Some((in_folder(SERVER)?, in_folder(SERVER)?)),
        _ => None,
    };
    let users = if args.certificates {
        format!(", ca_file: {}, verify_and_map: true", in_folder(AUTHORITY)?)
    } else {
        String::new()
    };
    let limit = args.store_limit.as_deref().map(store_limit).transpose()?.unwrap_or_default();
    let tls =
        files.map_or_else(String::new, |(cert, key)| format!("tls {{ cert_file: {cert}, key_file: {key}{users} }}\n"));
    Ok(format!(
        "# Written by smokercli trust nats-config. A later call writes it again; nats-server --signal reload has the server read it.\n\
         listen: {listen}\n{}jetstream {{ store_dir: {store}{limit} }}\n{tls}",
        connections()
    ))
}

/// The limit of what the streams take, as a setting behind others.
fn store_limit(text: &str) -> Result<String, ExitError> {
    let number = ["KB", "MB", "GB", "TB"].iter().find_map(|unit| text.strip_suffix(unit));
    let is_number = |number: &str| number.bytes().all(|byte| byte.is_ascii_digit()) && number.parse() != Ok(0_u32);
    match number.filter(|number| is_number(number) && number.parse::<u32>().is_ok()) {
        Some(_) => Ok(format!(", max_file_store: {text}")),
        None => Err(ExitError::usage(format!("--store-limit {text}: write a number and KB, MB, GB or TB, eg. 20GB"))),
    }
}

fn quoted(text: &str) -> Result<String, ExitError> {
    if text.chars().any(|letter| letter.is_control() || matches!(letter, '"' | '\\')) {
        return Err(ExitError::usage(format!("{text:?} cannot be in a configuration of NATS; use another path")));
    }
    Ok(format!("\"{text}\""))
}

/// The names of hosts, sorted, each once.
fn names(hosts: &Hosts, port: &str) -> Result<Vec<String>, ExitError> {
    let mut names: Vec<_> =
        targets::of_names(hosts, port)?.iter().map(|target| target.bare_host().to_owned()).collect();
    names.sort();
    names.dedup();
    Ok(names)
}

/// The groups of each host that is in one.
fn groups(options: &[String], port: &str) -> Result<BTreeMap<String, Vec<String>>, ExitError> {
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for option in options {
        let (group, hosts) = option
            .split_once('=')
            .filter(|(group, hosts)| !group.is_empty() && !hosts.is_empty())
            .ok_or_else(|| ExitError::usage(format!("--group {option}: write GROUP=HOSTS, eg. 'web=web[01-40]'")))?;
        if group == EVERYBODY {
            return Err(ExitError::usage(format!("--group {option}: all hosts are in the group {EVERYBODY}")));
        }
        for host in names(&Hosts { hosts: vec![hosts.to_owned()], hosts_file: Vec::new() }, port)? {
            groups.entry(host).or_default().push(group.to_owned());
        }
    }
    Ok(groups)
}

fn folder(path: &Path) -> Result<PrivateFolder, ExitError> {
    PrivateFolder::make(path, None).map_err(|error| ExitError::new(error.to_string()))
}

/// The public key of the seed of this name, which is made when it is missing.
fn public_key(folder: &PrivateFolder, name: &str) -> Result<String, ExitError> {
    let failed = |reason: &dyn std::fmt::Display| ExitError::new(format!("the seed of {name}: {reason}"));
    let file = format!("{}.nk", token(name));
    let seed = key::make_seed().map_err(|reason| failed(&reason))?;
    private_file::make(folder, &file, format!("{seed}\n").as_bytes()).map_err(|error| failed(&error))?;
    let seed = private_file::read(folder, &file).map_err(|error| failed(&error))?.unwrap_or_default();
    key::public_key(&String::from_utf8_lossy(&seed)).map_err(|reason| failed(&reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_of_the_store_are_those_of_a_server() {
        assert_eq!(store_limit("20GB").as_deref(), Ok(", max_file_store: 20GB"));
        for wrong in ["", "20", "GB", "0GB", "-1GB", "1.5GB", "20gb", "20GB }", "+1GB", "99999999999GB"] {
            assert!(store_limit(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn groups_are_read() {
        let options = ["web=web[1-2]", "big=web2"].map(str::to_owned);
        let groups = groups(&options, "8086").expect("groups");
        assert_eq!(groups["web1"], ["web"]);
        assert_eq!(groups["web2"], ["web", "big"]);
        for wrong in ["web", "=a", "web=", "all=a"] {
            assert!(super::groups(&[wrong.to_owned()], "8086").is_err(), "{wrong}");
        }
    }
}
