//! The target of a request as the log shows it: without the secrets that clients put into URLs by mistake.

use hyper::Uri;
use percent_encoding::percent_decode_str;
use smoker_trust::access::tokens::PREFIX;

/// What stands for a secret.
const MASK: &str = "***";

/// Parts of the names of parameters whose values are secret.
const SECRET_NAMES: [&str; 12] =
    ["token", "key", "secret", "passw", "pwd", "auth", "bearer", "credential", "jwt", "session", "signature", "sig"];

/// The target, with the values of parameters that may be secret masked, and with account and password of an absolute one.
pub(crate) fn shown(uri: &Uri) -> String {
    let mut text = uri.to_string();
    if let Some(user) = uri.authority().and_then(|authority| authority.as_str().rsplit_once('@')).map(|(user, _)| user)
    {
        text = text.replacen(user, MASK, 1);
    }
    let Some((path, query)) = text.split_once('?') else { return without_tokens(&text) };
    let pairs: Vec<_> = query.split('&').map(pair).collect();
    format!("{}?{}", without_tokens(path), pairs.join("&"))
}

fn pair(written: &str) -> String {
    let Some((name, value)) = written.split_once('=') else { return without_tokens(written) };
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().to_lowercase();
    let is_secret = SECRET_NAMES.iter().any(|part| decoded(name).contains(part)) || decoded(value).contains(PREFIX);
    if is_secret && !value.is_empty() { format!("{name}={MASK}") } else { written.to_owned() }
}

/// A text in which a token of smoker stands somewhere else than in a value.
fn without_tokens(text: &str) -> String {
    let Some((before, rest)) = text.split_once(PREFIX) else { return text.to_owned() };
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "-_".contains(c));
    format!("{before}{PREFIX}{MASK}{}", without_tokens(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_secret_is_masked_and_all_else_is_shown_as_it_was_sent() {
        for (sent, logged) in [
            ("/plugins", "/plugins"),
            ("/results?plugin=a%20b&since=1h", "/results?plugin=a%20b&since=1h"),
            ("/plugins?access_token=abc", "/plugins?access_token=***"),
            ("/plugins?x=1&Access%5FToken=abc&y", "/plugins?x=1&Access%5FToken=***&y"),
            ("/plugins?api_key=a=b&password=&pwd=1", "/plugins?api_key=***&password=&pwd=***"),
            ("/plugins?q=smoker_abc", "/plugins?q=***"),
            ("/plugins?smoker_abc-_1", "/plugins?smoker_***"),
            ("/plugins/smoker_abc/x", "/plugins/smoker_***/x"),
            ("http://bob:word@web1:8086/plugins?token=x", "http://***@web1:8086/plugins?token=***"),
        ] {
            assert_eq!(shown(&sent.parse().expect("a URL")), logged);
        }
    }
}
