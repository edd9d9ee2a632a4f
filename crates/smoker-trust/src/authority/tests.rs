//! Which certificates authorities and their revocation lists make good.

use std::time::Duration;

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertificateRevocationListParams, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, NameConstraints, RevokedCertParams,
    SerialNumber, date_time_ymd,
};

use super::*;
use crate::access::authorized_clients::AuthorizedClients;

/// A root, an authority that it has signed, and a client that this one has signed.
struct Chain {
    root: Signed,
    between: Signed,
    client: CertifiedPeer,
}

struct Signed {
    params: CertificateParams,
    key: KeyPair,
    certificate: Certificate,
}

impl Signed {
    fn pin(&self) -> Pin {
        Pin::of_certificate(self.certificate.der()).expect("a certificate")
    }

    /// The revocation list of this authority, good until this year.
    fn list(&self, serials: &[u8], until: i32) -> CertificateRevocationListDer<'static> {
        let revoked = |serial: &u8| RevokedCertParams {
            serial_number: SerialNumber::from(vec![*serial]),
            revocation_time: date_time_ymd(2026, 1, 1),
            reason_code: None,
            invalidity_date: None,
        };
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(2024, 1, 1),
            next_update: date_time_ymd(until, 1, 1),
            crl_number: SerialNumber::from(vec![1]),
            issuing_distribution_point: None,
            revoked_certs: serials.iter().map(revoked).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        list.signed_by(&Issuer::from_params(&self.params, &self.key)).expect("signed").der().clone()
    }
}

fn params(name: &str, serial: u8, until: i32) -> CertificateParams {
    let mut params = CertificateParams::new(vec![format!("{name}.example")]).expect("a name");
    params.distinguished_name.push(DnType::CommonName, name);
    params.serial_number = Some(SerialNumber::from(vec![serial]));
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(until, 1, 1);
    params
}

fn authority(name: &str, serial: u8, until: i32) -> CertificateParams {
    let mut params = params(name, serial, until);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

impl Chain {
    fn with_root_until(until: i32) -> Self {
        Self::with(until, None)
    }

    fn with(until: i32, limits: Option<NameConstraints>) -> Self {
        let key = || KeyPair::generate().expect("a key");
        let (of_root, of_between, of_client) = (key(), key(), key());
        let params_of_root = authority("root", 1, until);
        let root = params_of_root.self_signed(&of_root).expect("signed");
        let mut params_of_between = authority("between", 2, 2060);
        params_of_between.name_constraints = limits;
        let between = params_of_between.signed_by(&of_between, &Issuer::from_params(&params_of_root, &of_root));
        let between = between.expect("signed");
        let mut params_of_client = params("bob", 3, 2060);
        params_of_client.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let client = params_of_client.signed_by(&of_client, &Issuer::from_params(&params_of_between, &of_between));
        let chain = [client.expect("signed").der().clone(), between.der().clone()];
        Self {
            root: Signed { params: params_of_root, key: of_root, certificate: root },
            between: Signed { params: params_of_between, key: of_between, certificate: between },
            client: CertifiedPeer::of(&chain).expect("readable").expect("there"),
        }
    }

    /// What becomes of the client where the root is known, with these lists and a line for the root or for the one between.
    fn identify(&self, lists: &[CertificateRevocationListDer<'_>], line: &Signed) -> Result<String, Failure> {
        let known = ClientAuthorities::new(std::slice::from_ref(self.root.certificate.der()), lists).expect("usable");
        let clients = AuthorizedClients::parse(&format!("{} cert-authority role=run name=ours", line.pin()));
        clients.identify(&self.client, Some(&known), at(2026)).map(|authorized| authorized.name)
    }
}

fn at(year: i32) -> UnixTime {
    let seconds = date_time_ymd(year, 6, 1).unix_timestamp();
    UnixTime::since_unix_epoch(Duration::from_secs(seconds.unsigned_abs()))
}

#[test]
fn an_authority_that_limits_names_gives_nobody_a_common_name() {
    let permitted_subtrees = vec![GeneralSubtree::DnsName("example".to_owned())];
    let limits = Some(NameConstraints { permitted_subtrees, excluded_subtrees: Vec::new() });
    for (limits, name) in [(None, "bob"), (limits, "bob.example")] {
        let chain = Chain::with(2060, limits);
        for line in [&chain.root, &chain.between] {
            assert_eq!(chain.identify(&[], line).as_deref(), Ok(name));
        }
    }
}

#[test]
fn whichever_authority_a_line_names_what_is_revoked_is_refused() {
    let chain = Chain::with_root_until(2060);
    let (root, between) = (&chain.root, &chain.between);
    let (good_client, bad_client) = (between.list(&[], 2060), between.list(&[3], 2060));
    let (good_between, bad_between) = (root.list(&[], 2060), root.list(&[2], 2060));
    let revoked = Some(Failure::ClientCertificateRevoked);
    for (lists, of_root, of_between) in [
        (vec![], None, None),
        (vec![good_client.clone(), good_between.clone()], None, None),
        (vec![good_client.clone()], None, None),
        (vec![bad_client.clone()], revoked.clone(), revoked.clone()),
        (vec![bad_client, good_between], revoked.clone(), revoked.clone()),
        (vec![good_client, bad_between.clone()], revoked.clone(), revoked.clone()),
        // The list of the client's own authority is missing, which a line for that authority alone forgives.
        (vec![root.list(&[], 2060)], Some(Failure::RevocationUnknown), None),
        (vec![bad_between], Some(Failure::RevocationUnknown), revoked),
        (vec![between.list(&[], 2026)], Some(Failure::RevocationListExpired), Some(Failure::RevocationListExpired)),
    ] {
        let count = lists.len();
        assert_eq!(chain.identify(&lists, root).err(), of_root, "a line for the root, {count} lists");
        assert_eq!(chain.identify(&lists, between).err(), of_between, "a line for the one between, {count} lists");
    }
}

#[test]
fn an_authority_that_has_ended_vouches_for_nobody_and_is_warned_of_before() {
    let ended = Chain::with_root_until(2025);
    assert_eq!(ended.identify(&[], &ended.root), Err(Failure::AuthorityEnded { name: "root".to_owned() }));
    let known = |chain: &Chain, lists: &[_]| {
        ClientAuthorities::new(std::slice::from_ref(chain.root.certificate.der()), lists).expect("usable")
    };
    assert_eq!(known(&ended, &[]).verify(&ended.client, at(2024)), Ok(()));
    let stranger = Chain::with_root_until(2060);
    assert_eq!(known(&ended, &[]).verify(&stranger.client, at(2026)), Err(Failure::ClientAuthority));
    let day = |text: &str| text.parse::<DateTime<Utc>>().expect("an instant");
    let lists = [ended.root.list(&[], 2027)];
    for (now, expected) in [
        ("2024-06-01T00:00:00Z", &[][..]),
        ("2024-12-10T00:00:00Z", &["authority root ends on 2025-01-01T00:00:00Z"]),
        ("2026-01-01T00:00:00Z", &["authority root ended on 2025-01-01T00:00:00Z"]),
        ("2027-01-02T00:00:00Z", &["authority root ended", "revocation list of tls_crl ended on 2027-01-01T00:00:00Z"]),
    ] {
        let warnings = known(&ended, &lists).warnings(day(now));
        assert_eq!(warnings.len(), expected.len(), "{now}: {warnings:?}");
        for (warning, part) in warnings.iter().zip(expected) {
            assert!(warning.contains(part), "{now}: {warnings:?}");
        }
    }
}
