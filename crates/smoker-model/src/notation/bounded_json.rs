//! JSON of untrusted origin, with a bound on the number of its values.
//!
//! A value takes up to 300 times the room of its text: a megabyte of `[[],[],`
//! would be more than a hundred.

use serde::de::{DeserializeOwned, Error, IgnoredAny};

/// How many values one text may have, members and elements of all depths counted.
pub const MAX_VALUES: usize = 100_000;

/// Reads a text. When it has more than `MAX_VALUES`, the error is one of
/// data (`is_data`), as when something else is wrong with what it means.
///
/// # Errors
///
/// A syntax error with its position, or what the text does not fit.
pub fn parse<T: DeserializeOwned>(text: &[u8]) -> serde_json::Result<T> {
    if count(text) > MAX_VALUES {
        // A text that is no JSON at all has its own error.
        serde_json::from_slice::<IgnoredAny>(text)?;
        return Err(serde_json::Error::custom(format_args!("it has more than {MAX_VALUES} values")));
    }
    serde_json::from_slice(text)
}

/// Every value but the outermost follows one of these characters; an empty
/// list or object is counted twice.
fn count(text: &[u8]) -> usize {
    let (mut count, mut in_string, mut escaped) = (0, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            b',' | b'[' | b'{' if !in_string => count += 1,
            _ => {}
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    #[test]
    fn only_signs_outside_of_strings_count() {
        assert_eq!(count(br#"[1, {"a,\"[{": ["\\", 2]}]"#), 5);
        assert_eq!(parse::<Json>(br#"{"a": [1]}"#).expect("JSON"), json!({"a": [1]}));
    }

    #[test]
    fn too_many_values_are_told_apart_from_what_is_no_json() {
        let list = |count: usize| format!("[{}0]", "0,".repeat(count - 1));
        assert!(parse::<Json>(list(MAX_VALUES).as_bytes()).is_ok());
        let error = parse::<Json>(list(MAX_VALUES + 1).as_bytes()).expect_err("too many");
        assert!(error.is_data() && error.to_string() == "it has more than 100000 values", "{error}");
        let error = parse::<Json>((list(MAX_VALUES + 1) + "]").as_bytes()).expect_err("no JSON");
        assert!(error.is_syntax(), "{error}");
    }
}
