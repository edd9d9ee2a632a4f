//! Posts JSON, for the actions that talk to services.

use std::time::{Duration, Instant};

use chrono::Utc;
use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::{Findings, RETRY_AFTER};
use smoker_model::secrets::mask;
use smoker_model::time::waits;
use smoker_model::value::secret::MASK;

use crate::checks::network::http::answer::Answer;
use crate::checks::network::http::client::{self, Failure, Request};
use crate::checks::network::http::url::Url;
use crate::checks::network::secure::Trust;
use crate::parameters::{Parameters, scalar_text, wrong};
use crate::spec::{ParameterSpec, ParameterType};

/// How much of an answer a message has, in characters.
const SHOWN_ANSWER: usize = 200;

/// An answer has to be there this long before the daemon ends the action, so that it can say what came.
const RESERVE: Duration = Duration::from_millis(300);

pub(crate) const VERIFY: ParameterSpec =
    ParameterSpec::optional("Verify", ParameterType::Boolean, "true", "whether the service's certificate is verified");

pub(crate) const CA_FILE: ParameterSpec = ParameterSpec::optional(
    "CaFile",
    ParameterType::Path,
    "the system's authorities",
    "authorities that are trusted, in PEM",
);

pub(crate) const HEADERS: ParameterSpec = ParameterSpec::optional(
    "Headers",
    ParameterType::Custom { form: "mapping of names to texts", read: |name, value| headers_of(name, value).map(drop) },
    "none",
    "headers of the request, but for those that frame it, such as `Content-Length`; secrets come from `!file` or `!env`",
);

/// What a service answered.
#[derive(Debug, Default)]
pub(crate) struct Answered {
    status: u16,
    body: String,
}

impl Answered {
    /// An answer with this much of its body.
    pub(super) fn of(status: u16, body: &str) -> Self {
        Self { status, body: in_short(body) }
    }

    /// The answer in short.
    pub(crate) fn text(&self) -> String {
        let body = if self.body.is_empty() { String::new() } else { format!(" {}", self.body) };
        format!("status {}{body}", self.status)
    }
}

/// Why nothing was delivered.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) reason: String,
    /// How long the service wants nobody to ask again.
    pub(crate) retry_after: Option<Duration>,
    /// Whether it answered that it understands just this request not, and may take another one.
    pub(crate) is_of_content: bool,
}

impl From<String> for Refusal {
    fn from(reason: String) -> Self {
        Self { reason, retry_after: None, is_of_content: false }
    }
}

impl Refusal {
    /// The findings of an action of which nothing was delivered: the daemon reads of them when it may call again.
    ///
    /// # Errors
    ///
    /// The reason, where the service says nothing of that.
    pub(crate) fn into_findings(self) -> Result<Findings, String> {
        let Some(wait) = self.retry_after else { return Err(self.reason) };
        let mut findings = Findings::error(&self.reason);
        findings.extra.insert(RETRY_AFTER.to_owned(), wait.as_secs().into());
        Ok(findings)
    }
}

/// When a request has to be over.
pub(crate) fn end_of(request: &ModuleRequest) -> Instant {
    let limit = Duration::try_from_secs_f64(request.timeout).unwrap_or(Duration::from_secs(3600));
    Instant::now() + limit.saturating_sub(RESERVE.min(limit / 4)).min(Duration::from_secs(3600))
}

/// When a request to the first of several services has to be over that are asked one after another: none of them may take the time
/// of the others.
pub(crate) fn share_of(end: Instant, services: usize) -> Instant {
    let now = Instant::now();
    let share = end.saturating_duration_since(now) / u32::try_from(services).unwrap_or(u32::MAX).max(1);
    now + share
}

/// A text that is never shown, without the end of its line.
pub(crate) fn secret(parameters: Parameters<'_>, name: &str) -> Result<Option<String>, String> {
    let Some(value) = parameters.get(name) else { return Ok(None) };
    let text = scalar_text(value).ok_or_else(|| format!("{name} has to be text: put quotes around it"))?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.contains(char::is_control) {
        return Err(format!("{name} has characters that it may not have, such as the end of a line"));
    }
    Ok(Some(text.to_owned()))
}

/// Headers that say where a request ends, and whether its connection is kept (RFC 9112).
const FRAMING: [&str; 6] = ["Connection", "Content-Length", "Expect", "TE", "Transfer-Encoding", "Upgrade"];

/// The headers of the request.
pub(crate) fn headers(parameters: Parameters<'_>) -> Result<Vec<(String, String)>, String> {
    parameters.get("Headers").map_or(Ok(Vec::new()), |value| headers_of("Headers", value))
}

fn headers_of(name: &str, value: &serde_json::Value) -> Result<Vec<(String, String)>, String> {
    let members = value.as_object().ok_or_else(|| wrong(name, "a mapping of names to texts", value))?;
    let framing = |header: &&String| FRAMING.iter().any(|name| header.eq_ignore_ascii_case(name));
    if let Some(header) = members.keys().find(framing) {
        return Err(format!("{name}.{header} says how the request is sent, which smokerd does: remove it"));
    }
    let each = members.iter().map(|(header, value)| {
        let is_name = !header.is_empty() && header.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':');
        let text = scalar_text(value).map(|text| text.trim_end_matches(['\r', '\n']).to_owned());
        let text = text.filter(|text| is_name && !text.contains(char::is_control));
        text.map(|text| (header.clone(), text))
            .ok_or_else(|| format!("{name}.{header} is no header: correct it in the configuration"))
    });
    each.collect()
}

/// Which authorities are trusted, for an address with TLS.
pub(crate) fn trust(parameters: Parameters<'_>, is_secure: bool) -> Result<Option<Trust>, String> {
    let file = parameters.text("CaFile")?;
    is_secure.then(|| Trust::of(file.as_deref(), None)).transpose()
}

/// Posts JSON. Redirects are not followed: what is sent is for this address alone.
///
/// # Errors
///
/// Why it did not arrive, or that the answer is no success, and when the service wants to be asked again.
pub(crate) fn json(
    url: &Url,
    headers: Vec<(String, String)>,
    body: String,
    trust: Option<&Trust>,
    is_verified: bool,
    end: Instant,
) -> Result<Answered, Refusal> {
    // A service may repeat what it was sent.
    let sent = what_was_sent(headers.iter().map(|(_, value)| value.as_str()).chain([url.path.as_str()]));
    // The status says whether it has arrived: what follows is for people, and nobody is to be told twice for it.
    let answer = exchange(url, headers, body, trust, is_verified, end)?;
    let body = in_short(&without(&sent, &String::from_utf8_lossy(&answer.body)));
    let answered = Answered { status: answer.status, body };
    if (200..300).contains(&answer.status) {
        return Ok(answered);
    }
    let retry_after = answer.header("retry-after").and_then(|header| waits::retry_after(&header, Utc::now()));
    // A page that moved, and a request that is wrong, are not better later.
    let retry_after = retry_after.filter(|_| answer.status == 429 || answer.status >= 500);
    let is_of_content = [400, 413, 422].contains(&answer.status);
    Err(Refusal { reason: format!("it answered with {}", answered.text()), retry_after, is_of_content })
}

fn exchange(
    url: &Url,
    mut headers: Vec<(String, String)>,
    body: String,
    trust: Option<&Trust>,
    is_verified: bool,
    end: Instant,
) -> Result<Answer, String> {
    add_content_type(&mut headers);
    let request = Request {
        method: "POST".to_owned(),
        headers,
        secret_headers: Vec::new(),
        body: Some(body),
        connect_to: None,
        is_verified,
        needs_body: false,
    };
    let exchange = client::ask(&request, url, url, trust, end).map_err(|failure| match failure {
        Failure::Plain(reason) => reason,
        Failure::Distrust(reason, _) => format!("its certificate is not trusted: {reason}"),
    })?;
    Ok(exchange.answer)
}

/// Adds the type of the body, unless there is one.
pub(super) fn add_content_type(headers: &mut Vec<(String, String)>) {
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("Content-Type")) {
        headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
    }
}

fn in_short(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SHOWN_ANSWER).collect()
}

/// What a service may repeat in its answer though nobody may read it there, whole and in parts, longest first, since one may
/// be a part of another.
pub(super) fn what_was_sent<'a>(whole: impl Iterator<Item = &'a str>) -> Vec<String> {
    let parts = whole.flat_map(|text| {
        let parts = text.split(|c: char| c.is_whitespace() || "/?&=,;:\"".contains(c));
        parts.chain([text])
    });
    let mut sent: Vec<_> = parts.map(str::to_owned).collect();
    sent.sort_by_key(|part| std::cmp::Reverse(part.len()));
    sent
}

/// The text with a mask for each of these, but for short ones: those would be found in many other words.
pub(super) fn without(secrets: &[String], text: &str) -> String {
    let long_enough = secrets.iter().filter(|secret| secret.chars().count() > mask::SHORTEST);
    long_enough.fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), MASK))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn headers_that_frame_the_request_are_refused() {
        assert_eq!(headers_of("Headers", &json!({"X-Team": "web"})), Ok(vec![("X-Team".to_owned(), "web".to_owned())]));
        for name in ["Content-Length", "transfer-encoding", "Connection"] {
            let refused = headers_of("Headers", &json!({name: "5"})).expect_err(name);
            assert!(refused.starts_with(&format!("Headers.{name} says how")), "{refused}");
        }
    }

    #[test]
    fn an_answer_that_repeats_a_part_of_the_request_shows_no_secret() {
        let texts = ["/services/T0B0/oneword?key=opensaysme", "Bearer sesame==", "first, second"];
        let sent = what_was_sent(texts.into_iter());
        for (answer, shown) in [
            ("no /services/T0B0/oneword?key=opensaysme here", "no *** here"),
            ("no hook oneword for opensaysme", "no hook *** for ***"),
            ("got Bearer sesame== (sesame)", "got *** (***)"),
            ("second is unknown, web is not", "*** is unknown, web is not"),
        ] {
            assert_eq!(without(&sent, answer), shown);
        }
    }
}
