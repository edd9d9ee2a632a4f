//! Queries of URLs: `?name=value&name=value`.

use hyper::Uri;
use percent_encoding::percent_decode_str;

use crate::http::api::error::ApiError;

/// Names and values in their order, decoded. A name without `=` has an empty value.
pub(crate) fn pairs(uri: &Uri) -> impl Iterator<Item = (String, String)> {
    let pairs = uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    })
}

fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', "%20")).decode_utf8_lossy().into_owned()
}

/// A value that cannot be used: the parameter, the value, and what to write instead.
pub(crate) fn refused(name: &str, value: &str, reason: &str) -> ApiError {
    ApiError::WrongQuery(format!("The query has {name}={value}: {reason}."))
}
