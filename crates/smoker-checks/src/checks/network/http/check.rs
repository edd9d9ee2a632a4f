//! The check `http`.

use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;
use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::Findings;

use crate::checks::fan_out::{self, Deadline};
use crate::checks::network::endpoint::Endpoint;
use crate::checks::network::http::answer::{Answer, MAX_BODY};
use crate::checks::network::http::body;
use crate::checks::network::http::client::{self, Exchange, Failure, Request};
use crate::checks::network::http::status::Statuses;
use crate::checks::network::http::url::Url;
use crate::checks::network::secure::Trust;
use crate::checks::network::tls::{CA_FILE, CLIENT_CERT, CLIENT_KEY, DAYS, VERIFY, judge_certificate, trust_of};
use crate::matchers::matcher::{Matcher, PlainText};
use crate::measure::declaration::Measure;
use crate::measure::thresholds::Thresholds;
use crate::parameters::{Parameters, scalar_text, targets_of, wrong};
use crate::report::{Component, Report};
use crate::spec::{Absence, ParameterSpec, ParameterType, Spec};
use crate::unit::Unit;

/// How many redirects are followed without `Redirects`.
const REDIRECTS: u64 = 5;

const MEASURES: &[Measure] = &[
    time("Time", "the time from the beginning to the end of the answer, with all redirects"),
    time("Lookup", "the time to look up the name"),
    time("Connect", "the time to connect"),
    time("Tls", "the time of the TLS handshake"),
    time("FirstByte", "the time from the beginning of the last request to the head of its answer"),
    Measure { name: "Size", unit: Unit::Bytes, meaning: "the size of the body", warn: None, error: None },
    DAYS,
];

const fn time(name: &'static str, meaning: &'static str) -> Measure {
    Measure { name, unit: Unit::Seconds, meaning, warn: None, error: None }
}

const URL: ParameterType = ParameterType::Custom { form: "address, or list of addresses", read: verify_urls };
const MATCHER: ParameterType = ParameterType::Custom {
    form: "[matcher](#matchers)",
    read: |name, value| Matcher::of(name, value, PlainText::Contained).map(drop),
};

const PARAMETERS: &[ParameterSpec] = &[
    ParameterSpec {
        name: "Urls",
        accepts: URL,
        absence: Absence::FailsWithoutOther,
        meaning: "pages to ask for, `http://` or `https://`",
    },
    ParameterSpec { name: "Url", accepts: URL, absence: Absence::FailsWithoutOther, meaning: "as `Urls`, for one" },
    ParameterSpec::optional("Method", ParameterType::Text, "GET, with `Body` POST", "the method of the request"),
    ParameterSpec::optional(
        "Headers",
        ParameterType::Custom {
            form: "mapping of names to texts",
            read: |name, value| headers_of(name, value).map(drop),
        },
        "none",
        "headers of the request",
    ),
    ParameterSpec::optional("Body", ParameterType::Text, "none", "the body of the request"),
    ParameterSpec::optional("User", ParameterType::Text, "none", "the account for a login by `Authorization: Basic`"),
    ParameterSpec::optional(
        "Password",
        ParameterType::Secret,
        "empty",
        "its password, from `!file` or `!env`; no other host gets it",
    ),
    ParameterSpec::optional(
        "Token",
        ParameterType::Secret,
        "none",
        "a token for `Authorization: Bearer`, from `!file` or `!env`; no other host gets it",
    ),
    ParameterSpec::optional("Redirects", ParameterType::Count, "5", "how many redirects are followed"),
    ParameterSpec::optional(
        "Status",
        ParameterType::Custom {
            form: "code such as 200, 2xx or 200..299, or list of them",
            read: |name, value| Statuses::of(name, Some(value), false).map(drop),
        },
        "200..299; with `Redirects: 0` 200..399",
        "the status that the answer should have",
    ),
    ParameterSpec::optional(
        "AnswerHeaders",
        ParameterType::Custom {
            form: "mapping of names to [matchers](#matchers)",
            read: |name, value| matchers_of(name, value).map(drop),
        },
        "any",
        "headers that the answer should have; null: it should not have it",
    ),
    ParameterSpec::optional("Contains", MATCHER, "any", "what the body of the answer should be; `Json` looks into it"),
    ParameterSpec::optional(
        "ConnectTo",
        ParameterType::Custom { form: "`host:port`", read: |name, value| connect_to_of(name, value).map(drop) },
        "the host of the address",
        "where to connect in its place",
    ),
    VERIFY,
    CA_FILE,
    CLIENT_CERT,
    CLIENT_KEY,
    ParameterSpec::warn(MEASURES),
    ParameterSpec::error(MEASURES),
];

/// What the page shows.
pub(crate) const EXAMPLE: &str = "\
Page:
  Check: http
  Url: http://127.0.0.1/
  Status: 200
  Contains: [Welcome, {Not: error}]
  AnswerHeaders: {Server: /nginx/}
  Warn: \"> 5s\"
  Error: {FirstByte: \"> 10s\"}
";

/// The declaration of this check.
pub(crate) const fn spec() -> Spec {
    Spec::check(
        "http",
        "asks for pages and looks at status, headers, body, times and certificate",
        "a component for each address",
        PARAMETERS,
    )
}

/// What the answers should be like.
#[derive(Clone)]
struct Wanted {
    request: Request,
    redirects: u64,
    statuses: Statuses,
    headers: Vec<(String, Option<Matcher>)>,
    contains: Option<Matcher>,
    trust: Option<Trust>,
    thresholds: Thresholds,
}

/// Runs the check.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let parameters = Parameters::of(request);
    let urls = parameters.required_targets("Urls", "Url")?;
    let urls: Vec<_> =
        urls.into_iter().map(|text| parse("Urls", &text).map(|url| (text, url))).collect::<Result<_, _>>()?;
    let mut wanted = wanted_of(parameters)?;
    // Reading the authorities costs as much as a request.
    if urls.iter().all(|(_, url)| !url.is_secure) && wanted.redirects == 0 {
        wanted.trust = None;
    }
    let deadline = Deadline::of(request.timeout, urls.len());
    let is_mixed = urls.iter().any(|(_, url)| url.is_secure);
    let look = move |(text, url): &(String, Url)| {
        let mut component = wanted.look_at(text, url, deadline);
        // Beside addresses with TLS the limit is on those.
        if url.is_secure || !is_mixed {
            wanted.judge_unmeasured(&mut component);
        }
        component
    };
    let mut report = Report::default();
    for ((text, _), found) in fan_out::each(&urls, deadline, look) {
        report.add(found.unwrap_or_else(|| Component::failed(text, &deadline.passed())));
    }
    report.findings()
}

fn wanted_of(parameters: Parameters<'_>) -> Result<Wanted, String> {
    let body = parameters.text("Body")?;
    let method = parameters.text("Method")?;
    let method = method.unwrap_or_else(|| if body.is_some() { "POST" } else { "GET" }.to_owned());
    if method.is_empty() || !method.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-') {
        return Err(wrong("Method", "a method such as GET", &method.into()));
    }
    let secret = |name: &str| {
        parameters.get(name).map(|value| {
            let text = scalar_text(value).ok_or_else(|| format!("{name} has to be text: put quotes around it"))?;
            let text = text.trim_end_matches(['\r', '\n']);
            let is_header = !text.contains(char::is_control);
            is_header.then(|| text.to_owned()).ok_or_else(|| format!("{name} has characters that no header may have"))
        })
    };
    let (user, password) = (parameters.text("User")?, secret("Password").transpose()?);
    let mut secret_headers = Vec::new();
    if user.is_some() || password.is_some() {
        let pair = format!("{}:{}", user.unwrap_or_default(), password.unwrap_or_default());
        secret_headers.push(("Authorization".to_owned(), format!("Basic {}", STANDARD.encode(pair))));
    }
    if let Some(token) = secret("Token").transpose()? {
        secret_headers.push(("Authorization".to_owned(), format!("Bearer {token}")));
    }
    let headers = parameters.get("Headers").map(|value| headers_of("Headers", value)).transpose()?.unwrap_or_default();
    // A header that a user wrote may be a secret, too.
    let is_secret = |name: &str| matches!(name.to_ascii_lowercase().as_str(), "authorization" | "cookie" | "x-api-key");
    let (of_origin, headers): (Vec<_>, Vec<_>) = headers.into_iter().partition(|(name, _)| is_secret(name));
    secret_headers.extend(of_origin);
    let redirects = parameters.count("Redirects")?.unwrap_or(REDIRECTS);
    let contains = parameters.get("Contains");
    if contains.is_some() && method.eq_ignore_ascii_case("HEAD") {
        return Err(
            "Contains looks at the body, which no answer to HEAD has: remove it, or take another Method".to_owned()
        );
    }
    let request = Request {
        method,
        headers,
        secret_headers,
        body,
        needs_body: true,
        connect_to: parameters.get("ConnectTo").map(|value| connect_to_of("ConnectTo", value)).transpose()?,
        is_verified: parameters.choice("Verify")?.unwrap_or(true),
    };
    Ok(Wanted {
        request,
        redirects,
        statuses: Statuses::of("Status", parameters.get("Status"), redirects == 0)?,
        headers: parameters
            .get("AnswerHeaders")
            .map(|it| matchers_of("AnswerHeaders", it))
            .transpose()?
            .unwrap_or_default(),
        contains: contains.map(|value| Matcher::of("Contains", value, PlainText::Contained)).transpose()?,
        trust: Some(trust_of(parameters)?),
        thresholds: Thresholds::of(parameters, MEASURES)?,
    })
}

impl Wanted {
    fn look_at(&self, text: &str, origin: &Url, deadline: Deadline) -> Component {
        let mut component = Component::new(text);
        let start = Instant::now();
        match self.follow(origin, deadline) {
            Ok(exchange) => self.judge(&exchange, start.elapsed().as_secs_f64(), &mut component),
            Err(Failure::Plain(reason)) => component.error(&reason),
            Err(Failure::Distrust(reason, chain)) => {
                judge_certificate(&chain, None, Some(&reason), &self.thresholds, &mut component);
            }
        }
        component
    }

    fn follow(&self, origin: &Url, deadline: Deadline) -> Result<Exchange, Failure> {
        let end = deadline.end_of_look();
        let mut url = origin.clone();
        let mut request = self.request.clone();
        let mut left = self.redirects;
        let mut first_to_end = None;
        loop {
            let mut exchange = client::ask(&request, &url, origin, self.trust.as_ref(), end)?;
            exchange.keep_first_to_end(&mut first_to_end);
            let location = exchange.answer.header("location");
            let is_redirect = matches!(exchange.answer.status, 301 | 302 | 303 | 307 | 308);
            let Some(location) = location.filter(|_| is_redirect && self.redirects > 0) else { return Ok(exchange) };
            if left == 0 {
                return Err(format!("more than {} redirects, the last to {location}", self.redirects).into());
            }
            left -= 1;
            let next =
                url.join(&location).map_err(|reason| format!("the redirect to {location} leads nowhere: {reason}"))?;
            // As browsers do: what was sent is not sent again to another page.
            if exchange.answer.status == 303
                || (matches!(exchange.answer.status, 301 | 302) && request.method == "POST")
            {
                "GET".clone_into(&mut request.method);
                request.body = None;
            }
            if !next.is_same_origin(&url) {
                request.connect_to = None;
            }
            url = next;
        }
    }

    fn judge(&self, exchange: &Exchange, seconds: f64, component: &mut Component) {
        let answer = &exchange.answer;
        match self.statuses.fault(answer.status) {
            Some(fault) => component.error(&fault),
            None => component.fact(format!("status {}", answer.status)),
        }
        for (name, matcher) in &self.headers {
            match (answer.header(name), matcher) {
                (Some(found), Some(matcher)) => {
                    if let Some(fault) = matcher.fault(&found) {
                        component.error(&format!("header {name}: {fault}"));
                    }
                }
                (Some(found), None) => component.error(&format!("wanted no header {name}, got {found}")),
                (None, Some(_)) => component.error(&format!("wanted a header {name}, got none")),
                (None, None) => {}
            }
        }
        self.judge_body(answer, component);
        component.number(&self.thresholds, "Time", seconds);
        component.number(&self.thresholds, "Lookup", exchange.phases.lookup);
        component.number(&self.thresholds, "Connect", exchange.phases.connect);
        if let Some(seconds) = exchange.tls {
            component.number(&self.thresholds, "Tls", seconds);
        }
        component.number(&self.thresholds, "FirstByte", exchange.first_byte);
        #[expect(clippy::cast_precision_loss, reason = "bodies are bounded")]
        component.number(&self.thresholds, "Size", answer.body.len() as f64);
        if !exchange.chain.is_empty() {
            judge_certificate(&exchange.chain, exchange.authority.as_ref(), None, &self.thresholds, component);
        }
    }

    /// A limit on what only TLS has says nothing of an answer without it.
    fn judge_unmeasured(&self, component: &mut Component) {
        for name in ["Tls", DAYS.name] {
            component.require(&self.thresholds, name, "the answer came without TLS");
        }
    }

    fn judge_body(&self, answer: &Answer, component: &mut Component) {
        if answer.is_cut && (self.contains.is_some() || self.thresholds.mentions("Size")) {
            let limit = u32::try_from(MAX_BODY).map_or(0.0, f64::from);
            return component
                .error(&format!("the body is longer than {}, which is as much as is read", Unit::Bytes.show(limit)));
        }
        let Some(matcher) = &self.contains else { return };
        let text = match body::text_of(answer) {
            Ok(text) => text,
            Err(reason) => return component.error(&format!("the body cannot be read: {reason}")),
        };
        match matcher.fault(&text) {
            Some(fault) => component.error(&format!("body: {fault}")),
            None => component.fact("the body is as wanted"),
        }
    }
}

fn verify_urls(name: &str, value: &Json) -> Result<(), String> {
    targets_of(name, value)?.iter().try_for_each(|text| parse(name, text).map(drop))
}

fn parse(name: &str, text: &str) -> Result<Url, String> {
    // What may be a password is not shown.
    let shown = if text.contains('@') { "it" } else { text };
    Url::parse(text).map_err(|reason| format!("{name} has to be addresses of pages; {shown}: {reason}"))
}

fn headers_of(name: &str, value: &Json) -> Result<Vec<(String, String)>, String> {
    let members = value.as_object().ok_or_else(|| wrong(name, "a mapping of names to texts", value))?;
    let each = members.iter().map(|(header, value)| {
        let is_name = !header.is_empty() && header.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':');
        let text = scalar_text(value).filter(|text| is_name && !text.contains(char::is_control));
        text.map(|text| (header.clone(), text))
            .ok_or_else(|| format!("{name}.{header} is no header: correct it in the configuration"))
    });
    each.collect()
}

fn matchers_of(name: &str, value: &Json) -> Result<Vec<(String, Option<Matcher>)>, String> {
    let members = value.as_object().ok_or_else(|| wrong(name, "a mapping of names to matchers", value))?;
    let each = members.iter().map(|(header, value)| {
        let matcher = match value {
            Json::Null => None,
            value => Some(Matcher::of(&format!("{name}.{header}"), value, PlainText::Contained)?),
        };
        Ok((header.to_ascii_lowercase(), matcher))
    });
    each.collect()
}

fn connect_to_of(name: &str, value: &Json) -> Result<(String, u16), String> {
    let endpoint = scalar_text(value).and_then(|text| Endpoint::parse(&text, None));
    endpoint.map(|endpoint| (endpoint.host, endpoint.port)).ok_or_else(|| wrong(name, "host:port", value))
}
