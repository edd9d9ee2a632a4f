//! Which certificate behind the first one of a chain ends first.

use crate::checks::network::certificate::Certificate;

/// How many certificates behind the first one count: the peer chose how many it sends.
const MAX_BEHIND: usize = 10;

/// How many of them one path may have.
const MAX_DEPTH: usize = 5;

/// The certificate that ends first on the way from the first one of a chain to an authority that is known. Of several ways
/// the one that lasts longest counts: an old cross-signed certificate beside a good way ends nothing. `None`: the first
/// certificate is signed by such an authority itself, or no way is found.
pub(super) fn first_to_end(chain: &[Vec<u8>], is_authority: &dyn Fn(&[u8]) -> bool) -> Option<Certificate> {
    let (own, behind) = chain.split_first()?;
    let own = Certificate::of(own)?;
    let behind: Vec<_> = behind.iter().take(MAX_BEHIND).filter_map(|der| Certificate::of(der)).collect();
    way(&own, &behind, &mut Vec::new(), is_authority).ok().flatten().cloned()
}

/// No way leads from a certificate to an authority.
struct NoWay;

/// The longest lasting way from this certificate on: its certificate that ends first, or none where an authority has signed this one.
fn way<'a>(
    from: &Certificate,
    behind: &'a [Certificate],
    used: &mut Vec<usize>,
    is_authority: &dyn Fn(&[u8]) -> bool,
) -> Result<Option<&'a Certificate>, NoWay> {
    if is_authority(&from.issuer_name) {
        return Ok(None);
    }
    if used.len() >= MAX_DEPTH {
        return Err(NoWay);
    }
    let mut best: Option<&'a Certificate> = None;
    for (at, next) in behind.iter().enumerate() {
        if next.subject_name != from.issuer_name || used.contains(&at) {
            continue;
        }
        used.push(at);
        let rest = way(next, behind, used, is_authority);
        used.pop();
        let Ok(rest) = rest else { continue };
        let weakest = rest.filter(|rest| rest.not_after < next.not_after).unwrap_or(next);
        if best.is_none_or(|best| best.not_after < weakest.not_after) {
            best = Some(weakest);
        }
    }
    best.map(Some).ok_or(NoWay)
}
