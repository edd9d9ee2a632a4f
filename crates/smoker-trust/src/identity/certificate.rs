//! Self-signed certificates. They carry a key through TLS; the pin of the key is what counts.

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use rustls::pki_types::CertificateDer;

/// Makes a certificate for this name, valid until 9999-12-31: a key has no date, and a fleet must not stop on one. A name that can be
/// no DNS name and no address is the subject alone.
///
/// # Errors
///
/// When it cannot be signed.
pub fn self_signed(pair: &KeyPair, name: &str) -> Result<CertificateDer<'static>, String> {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap_or_default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(9999, 12, 31);
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    let made = params.self_signed(pair).map_err(|error| format!("no certificate can be made ({error})"))?;
    Ok(made.der().clone())
}
