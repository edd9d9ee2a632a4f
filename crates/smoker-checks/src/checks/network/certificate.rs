//! The names and dates of a certificate, as it states them: who signed it says whether they are true.

use std::net::IpAddr;

use yasna::models::TaggedDerValue;
use yasna::{ASN1Result, BERReader, Tag};

/// What a certificate says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Certificate {
    /// The common name, and all DNS names and addresses, each once.
    pub(super) names: Vec<String>,
    /// The common name of its issuer, or the organization.
    pub(super) issuer: Option<String>,
    /// When it begins and ends to be valid, in seconds since 1970.
    pub(super) not_before: i64,
    pub(super) not_after: i64,
    /// The names of its issuer and of itself, in DER.
    pub(super) issuer_name: Vec<u8>,
    pub(super) subject_name: Vec<u8>,
}

/// The names that are kept of a certificate: its maker chose how many it has.
const MAX_NAMES: usize = 100;

/// `commonName`, `organizationName` and `subjectAltName`, in DER.
const COMMON_NAME: [u8; 5] = [6, 3, 0x55, 4, 3];
const ORGANIZATION: [u8; 5] = [6, 3, 0x55, 4, 10];
const ALTERNATIVE_NAMES: [u8; 5] = [6, 3, 0x55, 0x1d, 0x11];

/// The kinds of alternative names that are shown: DNS names and addresses.
const DNS_NAME: u64 = 2;
const ADDRESS: u64 = 7;

/// Where the fields of a certificate are behind its version.
const ISSUER: usize = 2;
const VALIDITY: usize = 3;
const SUBJECT: usize = 4;

impl Certificate {
    /// Reads a certificate in DER; `None` when it is none.
    pub(super) fn of(der: &[u8]) -> Option<Self> {
        read(der).ok().flatten()
    }
}

fn read(der: &[u8]) -> ASN1Result<Option<Certificate>> {
    let Some(body) = sequence(der)?.into_iter().next() else { return Ok(None) };
    let mut fields = sequence(&body)?;
    if fields.first().is_some_and(|field| field.first() == Some(&0xa0)) {
        fields.remove(0);
    }
    let (Some(issuer), Some(validity), Some(subject)) = (fields.get(ISSUER), fields.get(VALIDITY), fields.get(SUBJECT))
    else {
        return Ok(None);
    };
    let dates = sequence(validity)?;
    let date = |at: usize| dates.get(at).and_then(|date| instant(date));
    let (Some(not_before), Some(not_after)) = (date(0), date(1)) else { return Ok(None) };
    let mut all = attributes(subject, &COMMON_NAME)?;
    for field in fields.iter().filter(|field| field.first() == Some(&0xa3)) {
        all.extend(alternative_names(field)?);
    }
    let mut names: Vec<String> = Vec::new();
    for name in all.into_iter().filter(|name| !name.is_empty() && !name.contains(char::is_control)) {
        if names.len() < MAX_NAMES && !names.contains(&name) {
            names.push(name);
        }
    }
    let mut issuers = attributes(issuer, &COMMON_NAME)?;
    issuers.extend(attributes(issuer, &ORGANIZATION)?);
    let issuer = issuers.into_iter().next();
    let (issuer_name, subject_name) = (fields[ISSUER].clone(), fields[SUBJECT].clone());
    Ok(Some(Certificate { names, issuer, not_before, not_after, issuer_name, subject_name }))
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

/// The texts of one kind in a name.
fn attributes(name: &[u8], wanted: &[u8]) -> ASN1Result<Vec<String>> {
    let mut found = Vec::new();
    for set in sequence(name)? {
        for attribute in yasna::parse_der(&set, |reader| reader.collect_set_of(element))? {
            if let [kind, value] = &*sequence(&attribute)?
                && kind[..] == *wanted
            {
                let value = yasna::parse_der(value, tagged)?;
                found.extend(String::from_utf8(value.value().to_vec()).ok());
            }
        }
    }
    Ok(found)
}

fn alternative_names(field: &[u8]) -> ASN1Result<Vec<String>> {
    let tag = Tag::context(3);
    let extensions =
        yasna::parse_der(field, |reader| reader.read_tagged(tag, |reader| reader.collect_sequence_of(element)))?;
    let mut names = Vec::new();
    for extension in extensions {
        let parts = sequence(&extension)?;
        let (Some(kind), Some(value)) = (parts.first(), parts.last()) else { continue };
        if kind[..] != ALTERNATIVE_NAMES {
            continue;
        }
        let value = yasna::parse_der(value, octets)?;
        for name in sequence(&value)? {
            let name = yasna::parse_der(&name, tagged)?;
            let bytes = name.value();
            match (name.tag().tag_number, bytes.len()) {
                (DNS_NAME, _) => names.extend(String::from_utf8(bytes.to_vec()).ok()),
                (ADDRESS, 4) => names.extend(<[u8; 4]>::try_from(bytes).ok().map(|it| IpAddr::from(it).to_string())),
                (ADDRESS, 16) => names.extend(<[u8; 16]>::try_from(bytes).ok().map(|it| IpAddr::from(it).to_string())),
                _ => {}
            }
        }
    }
    Ok(names)
}

/// `UTCTime` has two digits of the year, from 1950 on; `GeneralizedTime` four. Both are of UTC here (RFC 5280).
fn instant(der: &[u8]) -> Option<i64> {
    let value = yasna::parse_der(der, tagged).ok()?;
    let text = String::from_utf8(value.value().to_vec()).ok()?;
    let text = match text.len() {
        13 => format!("{}{text}", if text.as_bytes()[0] >= b'5' { "19" } else { "20" }),
        _ => text,
    };
    let digits = text.strip_suffix('Z').filter(|it| it.len() == 14 && it.bytes().all(|byte| byte.is_ascii_digit()))?;
    let number = |from: usize, to: usize| digits[from..to].parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
    let (hour, minute, second) = (number(8, 10)?, number(10, 12)?, number(12, 14)?);
    Some(days_since_1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second)
}

/// Days of the Gregorian calendar, with years that begin in March.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_both_forms_are_read() {
        for (tag, text, expected) in [
            (23, "491231235959Z", Some(2_524_607_999)),
            (23, "500101000000Z", Some(-631_152_000)),
            (24, "20500101000000Z", Some(2_524_608_000)),
            (24, "20240229120000Z", Some(1_709_208_000)),
            (24, "x", None),
        ] {
            let mut der = vec![tag, u8::try_from(text.len()).expect("short")];
            der.extend(text.as_bytes());
            assert_eq!(instant(&der), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_certificate_is_none() {
        for der in [&b""[..], b"x", &[0x30, 0x80], &[0x30, 3, 0x30, 1, 0]] {
            assert_eq!(Certificate::of(der), None);
        }
    }
}
