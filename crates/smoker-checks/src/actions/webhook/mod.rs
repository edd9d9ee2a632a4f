//! `smoker.actions.webhook`: posts the plugin's result as JSON.
//!
//! # Layout
//!
//! - `settings`: the action's parameters
//! - `preset`: the body that a service expects
//! - `template`: a body of the user's own
//! - `signature`: the HMAC of a body

mod preset;
mod settings;
mod signature;
mod template;

use std::time::Instant;

use serde_json::Value as Json;
use smoker_model::messages::{Level, Messages};
use smoker_model::plugin::module::{ModuleKind, ModuleRequest};
use smoker_model::result::Findings;
use smoker_model::status::Status;

use crate::actions::post::{self, Answered, Refusal};
use crate::actions::told::Told;
use crate::actions::webhook::preset::Preset;
use crate::actions::webhook::settings::WebhookSettings;
use crate::spec::Spec;

/// The declaration of this built-in.
pub(crate) const fn spec() -> Spec {
    Spec {
        name: "smoker.actions.webhook",
        kind: ModuleKind::Action,
        meaning: "posts results as JSON to a service",
        output: "a message with what the service answered",
        parameters: settings::PARAMETERS,
        needs_child: true,
        leaves_running: false,
        is_original: false,
    }
}

/// Posts the result of the plugin that the action follows.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let settings = WebhookSettings::of(request)?;
    let told = Told::of(request);
    let bodies = match &settings.template {
        Some(template) => {
            let fields = told.template_fields();
            template::check(template, &|name| fields.contains_key(name))?;
            vec![template::fill(template, &fields)]
        }
        None => settings.preset.bodies(&told, settings.routing_key.as_deref()),
    };
    let end = post::end_of(request);
    let (mut answers, mut refused) = (Vec::new(), None);
    for body in &bodies {
        match settings.post(body, end) {
            Ok(answer) => answers.push(answer),
            Err(refusal) => {
                // What is wrong with one event keeps no other from being told.
                let goes_on = refusal.is_of_content;
                refused.get_or_insert(refusal);
                if !goes_on {
                    break;
                }
            }
        }
    }
    if let Some(mut refusal) = refused {
        if bodies.len() > 1 {
            refusal.reason = format!("{} of {} events were taken; {}", answers.len(), bodies.len(), refusal.reason);
        }
        return refusal.into_findings();
    }
    let last = answers.pop().unwrap_or_default();
    let stays = told.is_test && settings.preset == Preset::PagerDuty && told.status != Status::Ok;
    let text = match (bodies.len(), settings.preset) {
        _ if stays => format!(
            "sent an incident of its own to {}: {}; it stays until a test with --status OK resolves it",
            settings.shown,
            last.text()
        ),
        (2.., Preset::PagerDuty) => format!("sent {} events to {}: {}", bodies.len(), settings.shown, last.text()),
        _ => format!("posted to {}: {}", settings.shown, last.text()),
    };
    Ok(Findings::new(Status::Ok, Messages::of(Level::Info, &text)))
}

impl WebhookSettings {
    fn post(&self, body: &Json, end: Instant) -> Result<Answered, Refusal> {
        let body = body.to_string();
        let mut headers = self.headers.clone();
        if let Some(key) = &self.signing_key {
            headers.push(("X-Smoker-Signature".to_owned(), signature::of(key.as_bytes(), body.as_bytes())));
        }
        post::json(&self.url, headers, body, self.trust.as_ref(), self.is_verified, end)
            .map_err(|refusal| Refusal { reason: format!("{}: {}", self.shown, refusal.reason), ..refusal })
    }
}
