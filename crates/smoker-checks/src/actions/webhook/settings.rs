//! The parameters of `smoker.actions.webhook`.

use serde_json::Value as Json;
use smoker_model::plugin::module::ModuleRequest;

use crate::actions::post::{self, CA_FILE, VERIFY};
use crate::actions::webhook::preset::Preset;
use crate::actions::webhook::template;
use crate::checks::network::http::url::Url;
use crate::checks::network::secure::Trust;
use crate::parameters::{Parameters, scalar_text, wrong};
use crate::spec::{Absence, ParameterSpec, ParameterType};

pub(super) const PARAMETERS: &[ParameterSpec] = &[
    ParameterSpec {
        name: "Url",
        accepts: ParameterType::Custom {
            form: "address, `https://...`",
            read: |_, value| {
                let text = scalar_text(value).unwrap_or_default();
                address(&text)?;
                refuse_fragment(&text)
            },
        },
        absence: Absence::FailsWithoutOther,
        meaning: "where to post; such an address is often a secret: read it with `!file`",
    },
    ParameterSpec::optional(
        "Preset",
        ParameterType::Choice(&["generic", "slack", "teams", "pagerduty"]),
        "generic",
        "whose form the body has",
    ),
    ParameterSpec::optional(
        "Body",
        ParameterType::Custom {
            form: "mapping or list",
            read: |name, value| {
                let is_body = value.is_object() || value.is_array();
                if is_body {
                    template::check(value, &|_| false)
                } else {
                    Err(wrong(name, "a mapping or a list", value))
                }
            },
        },
        "that of the preset",
        "a body of your own, whose texts may have fields such as `%(status)s`",
    ),
    post::HEADERS,
    ParameterSpec::optional(
        "Token",
        ParameterType::Secret,
        "none",
        "a token for `Authorization: Bearer`, from `!file` or `!env`",
    ),
    ParameterSpec::optional(
        "SigningKey",
        ParameterType::Secret,
        "none",
        "the key of an HMAC-SHA256 of the body, which the header `X-Smoker-Signature` has as `sha256=...`",
    ),
    ParameterSpec {
        name: "RoutingKey",
        accepts: ParameterType::Secret,
        absence: Absence::FailsWithoutOther,
        meaning: "with `Preset: pagerduty`: the integration key; then `Url` is that of PagerDuty unless it is set",
    },
    VERIFY,
    CA_FILE,
];

const PAGERDUTY: &str = "https://events.pagerduty.com/v2/enqueue";

/// What an action is configured to do.
pub(super) struct WebhookSettings {
    pub(super) url: Url,
    /// The address without what may be secret in it.
    pub(super) shown: String,
    pub(super) preset: Preset,
    pub(super) template: Option<Json>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) signing_key: Option<String>,
    pub(super) routing_key: Option<String>,
    pub(super) trust: Option<Trust>,
    pub(super) is_verified: bool,
}

impl WebhookSettings {
    /// Reads the parameters of a request.
    pub(super) fn of(request: &ModuleRequest) -> Result<Self, String> {
        let parameters = Parameters::of_action(request);
        let preset = match parameters.text("Preset")?.as_deref() {
            None | Some("generic") => Preset::Generic,
            Some("slack") => Preset::Slack,
            Some("teams") => Preset::Teams,
            Some("pagerduty") => Preset::PagerDuty,
            Some(other) => return Err(wrong("Preset", "generic, slack, teams or pagerduty", &other.into())),
        };
        let url = post::secret(parameters, "Url")?.or((preset == Preset::PagerDuty).then(|| PAGERDUTY.to_owned()));
        let url = url.ok_or("the parameter Url is required: set it to the address of the webhook")?;
        let url = address(&url)?;
        let template = parameters.get("Body").cloned();
        if let Some(template) = template.as_ref().filter(|template| !template.is_object() && !template.is_array()) {
            return Err(wrong("Body", "a mapping or a list", template));
        }
        let routing_key = post::secret(parameters, "RoutingKey")?;
        if preset == Preset::PagerDuty && routing_key.is_none() && template.is_none() {
            return Err("the parameter RoutingKey is required with Preset: pagerduty".to_owned());
        }
        let mut headers = post::headers(parameters)?;
        if let Some(token) = post::secret(parameters, "Token")? {
            headers.push(("Authorization".to_owned(), format!("Bearer {token}")));
        }
        Ok(Self {
            shown: format!("{}://{}", if url.is_secure { "https" } else { "http" }, url.authority()),
            trust: post::trust(parameters, url.is_secure)?,
            is_verified: parameters.choice("Verify")?.unwrap_or(true),
            signing_key: post::secret(parameters, "SigningKey")?,
            url,
            preset,
            template,
            headers,
            routing_key,
        })
    }
}

/// What follows `#` is not sent, so the address is one of a browser, or lacks `%23`.
fn refuse_fragment(text: &str) -> Result<(), String> {
    let next = "copy the address of the webhook itself, or write %23 for the sign";
    if text.contains('#') { Err(format!("Url has a fragment (`#...`), which is never sent; {next}")) } else { Ok(()) }
}

/// The address to post to; the reason why it is none does not show it.
fn address(text: &str) -> Result<Url, String> {
    let text = text.trim_end_matches(['\r', '\n']);
    let host = text.split("://").nth(1).and_then(|rest| rest.split(['/', '?', '#']).next());
    if host.is_some_and(|host| host.contains('@')) {
        let next = "write them as Headers: {Authorization: Basic ...}";
        return Err(format!("Url has a user and a password, which are not sent: {next}"));
    }
    Url::parse(text).map_err(|reason| format!("Url has to be the address of the webhook; {reason}"))
}
