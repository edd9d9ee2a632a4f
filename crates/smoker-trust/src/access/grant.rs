//! What an entry gives: a role, for a time, networks and plugins.

use std::borrow::Cow;
use std::net::IpAddr;

use chrono::{DateTime, Utc};
use ipnet::{IpNet, Ipv4Net};
use smoker_model::suggest;

use crate::access::entry::Word;
use crate::access::expiry;
use crate::access::scope::{OPTIONS, Scope};
use crate::failure::Failure;
use crate::role::Role;

/// The longest name.
const MAX_NAME: usize = 128;

/// The options of every entry, for messages.
const KNOWN: [&str; 8] = ["role", "name", "expires", "from", "plugin", "category", "component", "type"];

/// What an entry gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Who it is, for logs and lists.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// From when on it has no right; `None`: no end.
    pub expires: Option<DateTime<Utc>>,
    /// The networks that it may ask from; empty: any.
    pub from: Vec<IpNet>,
    /// The plugins that it is for.
    pub scope: Scope,
}

impl Grant {
    /// Whether it counts now, for a request from this address; `None` for one over the Unix socket.
    ///
    /// # Errors
    ///
    /// When it has expired, or is for other networks.
    pub fn check(&self, now: DateTime<Utc>, address: Option<IpAddr>) -> Result<(), Failure> {
        if let Some(at) = self.expires.filter(|at| *at <= now) {
            return Err(Failure::Expired { name: self.name.clone(), at });
        }
        match address.map(|address| address.to_canonical()) {
            Some(address) if !self.from.is_empty() && !self.from.iter().any(|net| net.contains(&address)) => {
                Err(Failure::OtherNetwork { name: self.name.clone(), address })
            }
            _ => Ok(()),
        }
    }

    /// Whether its role covers this one.
    ///
    /// # Errors
    ///
    /// When it does not.
    pub fn require(&self, needs: Role) -> Result<(), Failure> {
        if self.role < needs {
            return Err(Failure::RoleTooSmall { name: self.name.clone(), has: self.role, needs });
        }
        Ok(())
    }

    /// Whether it is for this plugin; see [`Scope::admits`].
    ///
    /// # Errors
    ///
    /// When it is not.
    pub fn require_plugin<'a>(
        &self,
        plugin: &'a str,
        parameter: impl Fn(&str) -> Option<Cow<'a, str>>,
    ) -> Result<(), Failure> {
        if self.scope.admits(plugin, parameter) {
            return Ok(());
        }
        Err(Failure::OtherPlugin { name: self.name.clone(), plugin: plugin.to_owned() })
    }

    /// Its options, name and value, in the order in which they are written.
    #[must_use]
    pub fn options(&self) -> Vec<(&'static str, String)> {
        let mut options = vec![("role", self.role.to_string()), ("name", self.name.clone())];
        options.extend(self.expires.map(|at| ("expires", expiry::text(at))));
        if !self.from.is_empty() {
            let nets: Vec<_> = self.from.iter().map(ToString::to_string).collect();
            options.push(("from", nets.join(",")));
        }
        options.extend(self.scope.options());
        options
    }
}

/// Reads the options of an entry.
#[derive(Debug, Default)]
pub(super) struct GrantReader {
    seen: Vec<String>,
    name: Option<String>,
    role: Option<Role>,
    expires: Option<DateTime<Utc>>,
    from: Vec<IpNet>,
    scope: Scope,
}

impl GrantReader {
    /// Notes that the option was read.
    ///
    /// # Errors
    ///
    /// When it was read before: of two values nobody knows which one counts.
    pub(super) fn once(&mut self, name: &str) -> Result<(), String> {
        if self.seen.iter().any(|seen| seen == name) {
            return Err(format!("{name} is there twice; leave one of them away"));
        }
        self.seen.push(name.to_owned());
        Ok(())
    }

    /// Takes an option. `expiry` reads the value of `expires`; `others` are further options, for messages.
    ///
    /// # Errors
    ///
    /// When it is unknown, is there twice or has a wrong value.
    pub(super) fn take(
        &mut self,
        word: &Word,
        expiry: &dyn Fn(&str) -> Result<DateTime<Utc>, String>,
        others: &[&str],
    ) -> Result<(), String> {
        let name = word.name.as_str();
        let known: Vec<_> = KNOWN.iter().chain(others).copied().collect();
        if !KNOWN.contains(&name) {
            let meant = suggest::near(name, &known).map_or(String::new(), |near| format!("; did you mean {near}?"));
            return Err(format!("unknown option {name:?}{meant}; the options are {}", known.join(", ")));
        }
        let value = word.value.as_deref().ok_or_else(|| format!("{name} has no value; write {name}=VALUE"))?;
        self.once(name)?;
        match name {
            "role" => self.role = Some(value.parse().map_err(|error: crate::role::RoleError| error.to_string())?),
            "name" => self.name = Some(checked_name(value)?),
            "expires" => self.expires = Some(expiry(value)?),
            "from" => self.from = networks(value)?,
            _ => {
                if let Some(at) = OPTIONS.iter().position(|(option, _)| *option == name) {
                    self.scope.set(at, value)?;
                }
            }
        }
        Ok(())
    }

    /// What was read.
    ///
    /// # Errors
    ///
    /// When there is no role or no name.
    pub(super) fn finish(self) -> Result<Grant, String> {
        let name = self.name.ok_or("it has no name; add name=NAME, which logs and lists show")?;
        let role = self.role.ok_or("it has no role; add role=read, role=run or role=admin")?;
        Ok(Grant { name, role, expires: self.expires, from: self.from, scope: self.scope })
    }
}

/// A name that logs and lists can show.
///
/// # Errors
///
/// When it is empty, too long, or has characters that are not shown.
fn checked_name(name: &str) -> Result<String, String> {
    if name.trim().is_empty() || name.chars().count() > MAX_NAME || name.contains(is_hidden) {
        return Err(format!(
            "{:?} is no name; use 1 to {MAX_NAME} printable characters",
            name.chars().take(40).collect::<String>()
        ));
    }
    Ok(name.to_owned())
}

/// Whether a character is not seen, or moves those around it: a log would show another name.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A network whose addresses are compared as clients' are: those of IPv4 in IPv6 (`::ffff:10.0.0.0/104`) as IPv4.
fn canonical(net: IpNet) -> IpNet {
    match (net, net.addr().to_canonical()) {
        (IpNet::V6(_), IpAddr::V4(address)) if net.prefix_len() >= 96 => {
            Ipv4Net::new(address, net.prefix_len() - 96).map_or(net, IpNet::V4)
        }
        _ => net,
    }
}

fn networks(list: &str) -> Result<Vec<IpNet>, String> {
    let parts: Vec<_> = list.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    if parts.is_empty() {
        return Err("from= has no network; name one, or leave the option away".to_owned());
    }
    let network = |part: &&str| {
        let net = part
            .parse::<IpNet>()
            .or_else(|_| part.parse::<IpAddr>().map(|address| IpNet::from(address.to_canonical())));
        net.map(|net| canonical(net.trunc()))
            .map_err(|_| format!("{part:?} is no network; write addresses or networks, such as 10.0.0.0/8,192.168.1.5"))
    };
    parts.iter().map(network).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::entry;

    fn read(line: &str) -> Result<Grant, String> {
        let mut reader = GrantReader::default();
        for word in entry::words(line)? {
            reader.take(&word, &expiry::instant, &["subject"])?;
        }
        reader.finish()
    }

    #[test]
    fn options_are_read_as_they_are_written() {
        let line = " role=run name=\"Alice Smith\" expires=2027-01-31T00:00:00Z from=10.0.0.0/8,::1/128 plugin=\"disk*,Job queue\" type=healthCheck";
        let grant = read(line).expect("a grant");
        let mut written = String::new();
        grant.options().iter().for_each(|(name, value)| entry::push(&mut written, name, value));
        assert_eq!((written.as_str(), read(&written)), (line, Ok(grant.clone())));
        assert_eq!(grant.require(Role::Run), Ok(()));
        assert!(matches!(grant.require(Role::Admin), Err(Failure::RoleTooSmall { .. })));
        assert!(grant.require_plugin("disk /", |_| Some("healthCheck".into())).is_ok());
        assert!(matches!(grant.require_plugin("load", |_| None), Err(Failure::OtherPlugin { .. })));
    }

    #[test]
    fn time_and_network_count() {
        let grant = read("role=run name=a expires=2027-01-31 from=10.0.0.0/8,192.168.1.5").expect("a grant");
        let at = |text: &str| expiry::instant(text).expect("an instant");
        let before = at("2027-01-30T23:59:59Z");
        let address = |text: &str| Some(text.parse().expect("an address"));
        let mapped = read("role=run name=a from=::ffff:10.77.0.0/112").expect("a grant");
        assert_eq!(mapped.check(before, address("10.77.0.9")), Ok(()));
        for allowed in ["10.1.2.3", "192.168.1.5", "::ffff:10.0.0.1"] {
            assert_eq!(grant.check(before, address(allowed)), Ok(()), "{allowed}");
        }
        assert_eq!(grant.check(before, None), Ok(()));
        assert!(matches!(grant.check(before, address("192.168.1.6")), Err(Failure::OtherNetwork { .. })));
        assert!(matches!(grant.check(at("2027-01-31"), None), Err(Failure::Expired { .. })));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (line, reason) in [
            ("role=run", "no name"),
            ("name=a", "no role"),
            ("role=run name=a role=admin", "role is there twice"),
            ("role=root name=a", "not a role"),
            ("role=run name=\"\"", "no name"),
            ("role=run name=al\u{202e}ice", "no name"),
            ("role=run name=a form=10.0.0.0/8", "did you mean from?"),
            ("role=run name=a from=10.0.0.0/33", "no network"),
            ("role=run name=a expires=tomorrow", "no date"),
            ("role=run name=a plugin=,", "no value"),
            ("role name=a", "role has no value"),
        ] {
            let error = read(line).expect_err(line);
            assert!(error.contains(reason), "{line}: {error}");
        }
    }
}
