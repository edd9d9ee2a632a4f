//! The names and dates of a certificate, as it states them: who signed it says whether they are true.

use chrono::{DateTime, NaiveDateTime, Utc};
use yasna::models::TaggedDerValue;
use yasna::{ASN1Result, BERReader, Tag, TagClass};

/// What names the subject and how long it is valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFacts {
    /// The common name, and all DNS names, mail addresses and URIs, each once.
    pub names: Vec<String>,
    /// The DNS names among them: name constraints of an authority cover these, and not the common name.
    pub dns_names: Vec<String>,
    /// Whether it is an authority's that limits the names of those that it signs.
    pub constrains_names: bool,
    /// From when it is valid; `None` for a date that is not understood.
    pub not_before: Option<DateTime<Utc>>,
    /// Until when it is valid; `None` for a date that is not understood.
    pub not_after: Option<DateTime<Utc>>,
}

/// What the URI of a certificate for a NATS server begins with. Such a certificate opens no daemon, by no authority: every host of a fleet
/// has one.
pub const NATS_USER: &str = "urn:smoker:nats:";

/// The names that are kept of a certificate, and their lengths: its maker chose both.
const MAX_NAMES: usize = 100;
const MAX_LENGTH: usize = 255;

/// `commonName`, `subjectAltName` and `nameConstraints`, in DER.
const COMMON_NAME: [u8; 5] = [6, 3, 0x55, 4, 3];
const ALTERNATIVE_NAMES: [u8; 5] = [6, 3, 0x55, 0x1d, 0x11];
const NAME_CONSTRAINTS: [u8; 5] = [6, 3, 0x55, 0x1d, 0x1e];

/// The kinds of alternative names that are texts: mail address, DNS name, URI.
const TEXTS: [u64; 3] = [1, DNS_NAME, 6];
const DNS_NAME: u64 = 2;

/// Where the fields of a certificate are behind its version.
const VALIDITY: usize = 3;
const SUBJECT: usize = 4;

/// The tag of a revocation list's version, and where its date is behind that.
const INTEGER: u8 = 2;
const NEXT_UPDATE: usize = 3;

impl CertificateFacts {
    /// Reads a certificate; `None` when it is none.
    #[must_use]
    pub fn of(certificate: &[u8]) -> Option<Self> {
        read(certificate).ok().flatten()
    }

    /// Whether it is that of a user of a NATS server.
    #[must_use]
    pub fn is_for_nats(&self) -> bool {
        self.names.iter().any(|name| name.starts_with(NATS_USER))
    }
}

/// Until when a revocation list counts; `None` when it states no such date.
#[must_use]
pub fn next_update(list: &[u8]) -> Option<DateTime<Utc>> {
    let body = sequence(list).ok()?.into_iter().next()?;
    let mut fields = sequence(&body).ok()?;
    if fields.first().is_some_and(|field| field.first() == Some(&INTEGER)) {
        fields.remove(0);
    }
    instant(fields.get(NEXT_UPDATE)?)
}

fn read(certificate: &[u8]) -> ASN1Result<Option<CertificateFacts>> {
    let Some(body) = sequence(certificate)?.into_iter().next() else { return Ok(None) };
    let mut fields = sequence(&body)?;
    if fields.first().is_some_and(|field| field.first() == Some(&0xa0)) {
        fields.remove(0);
    }
    let (Some(validity), Some(subject)) = (fields.get(VALIDITY), fields.get(SUBJECT)) else { return Ok(None) };
    let dates = sequence(validity)?;
    let date = |at: usize| dates.get(at).and_then(|date| instant(date));
    let (not_before, not_after) = (date(0), date(1));
    let mut names = common_names(subject)?;
    let (mut dns_names, mut constrains_names) = (Vec::new(), false);
    for field in fields.iter().filter(|field| field.first() == Some(&0xa3)) {
        for extension in extensions(field)? {
            let (Some(kind), Some(value)) = (extension.first(), extension.last()) else { continue };
            constrains_names |= kind[..] == NAME_CONSTRAINTS;
            if kind[..] == ALTERNATIVE_NAMES {
                for (tag, name) in alternative_names(value)? {
                    dns_names.extend((tag == DNS_NAME).then(|| name.clone()));
                    names.push(name);
                }
            }
        }
    }
    let (names, dns_names) = (kept(names), kept(dns_names));
    Ok(Some(CertificateFacts { names, dns_names, constrains_names, not_before, not_after }))
}

/// Names that can be shown, each once.
fn kept(names: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for name in names {
        let is_printable = !name.is_empty() && name.chars().count() <= MAX_LENGTH && !name.contains(char::is_control);
        if is_printable && kept.len() < MAX_NAMES && !kept.contains(&name) {
            kept.push(name);
        }
    }
    kept
}

fn element(reader: BERReader<'_, '_>) -> ASN1Result<Vec<u8>> {
    reader.read_der()
}

fn octets(reader: BERReader<'_, '_>) -> ASN1Result<Vec<u8>> {
    reader.read_bytes()
}

fn tagged(reader: BERReader<'_, '_>) -> ASN1Result<TaggedDerValue> {
    reader.read_tagged_der()
}

/// The parts of a sequence, each in DER.
fn sequence(der: &[u8]) -> ASN1Result<Vec<Vec<u8>>> {
    yasna::parse_der(der, |reader| reader.collect_sequence_of(element))
}

fn common_names(subject: &[u8]) -> ASN1Result<Vec<String>> {
    let mut names = Vec::new();
    for set in sequence(subject)? {
        let attributes = yasna::parse_der(&set, |reader| reader.collect_set_of(element))?;
        for attribute in attributes {
            if let [kind, value] = &*sequence(&attribute)?
                && kind[..] == COMMON_NAME
            {
                names.extend(text(value)?.1);
            }
        }
    }
    Ok(names)
}

/// The parts of each extension, its kind first and its value last.
fn extensions(field: &[u8]) -> ASN1Result<Vec<Vec<Vec<u8>>>> {
    let tag = Tag::context(3);
    let extensions =
        yasna::parse_der(field, |reader| reader.read_tagged(tag, |reader| reader.collect_sequence_of(element)))?;
    extensions.iter().map(|extension| sequence(extension)).collect()
}

/// The names that are texts, each with its kind.
fn alternative_names(value: &[u8]) -> ASN1Result<Vec<(u64, String)>> {
    let value = yasna::parse_der(value, octets)?;
    let mut names = Vec::new();
    for name in sequence(&value)? {
        let (tag, name) = text(&name)?;
        let is_text = tag.tag_class == TagClass::ContextSpecific && TEXTS.contains(&tag.tag_number);
        names.extend(name.filter(|_| is_text).map(|name| (tag.tag_number, name)));
    }
    Ok(names)
}

/// The tag of a value, and its content where that is text.
fn text(der: &[u8]) -> ASN1Result<(Tag, Option<String>)> {
    let value = yasna::parse_der(der, tagged)?;
    Ok((value.tag(), String::from_utf8(value.value().to_vec()).ok()))
}

/// `UTCTime` has two digits of the year, from 1950 on; `GeneralizedTime` four.
fn instant(der: &[u8]) -> Option<DateTime<Utc>> {
    let (_, text) = text(der).ok()?;
    let text = text?;
    let full = match text.len() {
        13 => format!("{}{text}", if text.as_bytes()[0] >= b'5' { "19" } else { "20" }),
        _ => text,
    };
    Some(NaiveDateTime::parse_from_str(&full, "%Y%m%d%H%M%SZ").ok()?.and_utc())
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::PrivateKeyDer;

    use super::*;
    use crate::identity::{certificate, key};

    #[test]
    fn a_certificate_names_its_host_and_has_no_end() {
        let made = PrivateKeyDer::Pkcs8(key::make().expect("a key"));
        let pair = key::pair(&made).expect("ours");
        for name in ["web1.example.org", "a host with spaces", "192.0.2.1"] {
            let certificate = certificate::self_signed(&pair, name).expect("signed");
            let facts = CertificateFacts::of(&certificate).expect("a certificate");
            assert_eq!(facts.names, [name]);
            assert_eq!(facts.not_after.expect("a date").to_rfc3339(), "9999-12-31T00:00:00+00:00");
            // Wherever it is cut or changed, it is read without a panic.
            for at in 0..certificate.len() {
                let _ = CertificateFacts::of(&certificate[..at]);
                let mut changed = certificate.to_vec();
                changed[at] ^= 0xff;
                let _ = CertificateFacts::of(&changed);
            }
        }
    }

    #[test]
    fn dates_of_both_forms_are_read() {
        for (tag, text, expected) in [
            (23, "491231235959Z", Some("2049-12-31T23:59:59+00:00")),
            (23, "500101000000Z", Some("1950-01-01T00:00:00+00:00")),
            (24, "20500101000000Z", Some("2050-01-01T00:00:00+00:00")),
            (24, "x", None),
        ] {
            let mut der = vec![tag, u8::try_from(text.len()).expect("short")];
            der.extend(text.as_bytes());
            assert_eq!(instant(&der).map(|at| at.to_rfc3339()).as_deref(), expected, "{text}");
        }
    }
}
