//! Compares two HTTP answers, the expected one with placeholders.

use serde_json::{Value as Json, json};

use crate::http::Response;
use crate::replay::compare::compare;
use crate::replay::placeholder;
use crate::replay::step::Expected;
use crate::replay::verdict::{Differences, show};
use crate::sandbox::Sandbox;

/// Adds every difference between two answers to the request named by `path`.
/// Another status stands for the whole answer.
pub fn compare_responses(expected: &Expected, actual: &Response, sandbox: &Sandbox, path: &str, out: &mut Differences) {
    let body = parse_body(actual);
    if expected.status != actual.status {
        let shown = show(&body.unwrap_or_else(|| json!(actual.text())));
        out.add(path, format!("expected status {}, got {} {shown}", expected.status, actual.status));
        return;
    }
    compare_content_types(&expected.content_type, actual.content_type(), path, out);
    for (name, value) in &expected.headers {
        compare_headers(name, value, actual.header(name), sandbox, path, out);
    }
    match (&expected.body, &expected.text, body) {
        (Some(wanted), _, Some(body)) => compare(wanted, &body, sandbox, path, out),
        (Some(_), _, None) => out.add(path, format!("expected JSON, got text {}", show(&json!(actual.text())))),
        // What a page that is not JSON says is for people; only whether it says something counts.
        (None, Some(text), _) if text.is_empty() != actual.body.is_empty() => {
            let wanted = if text.is_empty() { "an empty" } else { "a non-empty" };
            out.add(path, format!("expected {wanted} body, got {}", show(&json!(actual.text()))));
        }
        (None, _, _) => {}
    }
}

fn parse_body(response: &Response) -> Option<Json> {
    let is_json = response.content_type().contains("json") && !response.body.is_empty();
    is_json.then(|| serde_json::from_str(&response.text()).ok()).flatten()
}

fn compare_content_types(expected: &str, actual: &str, path: &str, out: &mut Differences) {
    let normal =
        |text: &str| text.to_lowercase().split(';').map(|part| part.trim().to_owned()).collect::<Vec<_>>().join("; ");
    if expected != "<any>" && normal(expected) != normal(actual) {
        out.add(path, format!("expected content type {expected:?}, got {actual:?}"));
    }
}

fn compare_headers(
    name: &str,
    expected: &str,
    actual: Option<&str>,
    sandbox: &Sandbox,
    path: &str,
    out: &mut Differences,
) {
    match actual {
        None => out.add(path, format!("header {name} missing (expected {expected})")),
        Some(actual) if name == "Allow" && methods(expected) == methods(actual) => {}
        Some(actual) if name != "Allow" && placeholder::matches(expected, actual, sandbox) => {}
        Some(actual) => out.add(path, format!("header {name}: expected {expected}, got {actual}")),
    }
}

fn methods(allow: &str) -> Vec<&str> {
    let mut methods: Vec<_> = allow.split(',').map(str::trim).filter(|method| !method.is_empty()).collect();
    methods.sort_unstable();
    methods
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differences(expected: Json, headers: &[(&str, &str)], body: &str) -> Vec<String> {
        let expected: Expected = serde_json::from_value(expected).expect("a good expectation");
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let actual = Response { status: 200, headers, body: body.into() };
        let mut out = Differences::default();
        compare_responses(&expected, &actual, &Sandbox::new(), "GET /", &mut out);
        out.lines()
    }

    const JSON: (&str, &str) = ("content-type", "application/json");

    #[test]
    fn the_same_answer_has_no_differences() {
        let expected = json!({"status": 200, "content_type": "text/html; charset=utf-8", "text": "hi",
            "headers": {"Allow": "GET, HEAD", "Location": "/<any>"}});
        let headers = [("Content-Type", "Text/HTML;charset=utf-8"), ("allow", "HEAD,GET"), ("location", "/x")];
        assert_eq!(differences(expected, &headers, "other words"), [""; 0]);
    }

    #[test]
    fn each_difference_is_reported() {
        let expected = |more: Json| {
            let mut expected = json!({"status": 200, "content_type": "application/json"});
            expected.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            expected
        };
        let cases = [
            (json!({"status": 404}), "GET /: expected status 404, got 200 1"),
            (
                json!({"content_type": "text/plain"}),
                "GET /: expected content type \"text/plain\", got \"application/json\"",
            ),
            (json!({"headers": {"Location": "/x"}}), "GET /: header Location missing (expected /x)"),
            (json!({"headers": {"Allow": "GET, POST"}}), "GET /: header Allow: expected GET, POST, got GET"),
            (json!({"body": null}), "GET /: expected null, got 1"),
            (json!({"text": ""}), "GET /: expected an empty body, got \"1\""),
        ];
        for (more, line) in cases {
            assert_eq!(differences(expected(more), &[JSON, ("Allow", "GET")], "1"), [line]);
        }
        let broken = differences(expected(json!({"body": {}})), &[JSON], "{NaN}");
        assert_eq!(broken, ["GET /: expected JSON, got text \"{NaN}\""]);
        let text = differences(expected(json!({"text": "words"})), &[JSON], "");
        assert_eq!(text, ["GET /: expected a non-empty body, got \"\""]);
    }
}
