//! What a built-in found, without the secrets of `!env` and `!file`: a message of a built-in is the daemon's own.

use serde_json::{Map, Value as Json};
use smoker_model::plugin::Parameters;
use smoker_model::result::Findings;
use smoker_model::secrets::mask::without_tagged;
use smoker_model::value::Value;

/// The findings with a mask for each secret among the parameters.
pub(crate) fn without_secrets(findings: Findings, parameters: &Parameters) -> Findings {
    if !parameters.values().any(Value::has_secret) {
        return findings;
    }
    let hide = |text: &str| without_tagged(text, parameters.values());
    let mut object = Map::from_iter([("status".to_owned(), Json::from(findings.status.as_str()))]);
    if let Some(messages) = &findings.messages {
        object.insert("messages".to_owned(), hidden(&Json::Object(messages.as_json().clone()), &hide));
    }
    if let Some(components) = &findings.component_results {
        let mut named = Map::new();
        for (name, component) in components.as_json() {
            let mut name = hide(name);
            // None is lost because two are called alike.
            while named.contains_key(&name) {
                name.push('*');
            }
            named.insert(name, hidden(component, &hide));
        }
        object.insert("componentResults".to_owned(), Json::Object(named));
    }
    match Findings::parse(object) {
        Ok(Findings { messages, component_results, .. }) => Findings { messages, component_results, ..findings },
        Err(error) => Findings::fault(&error.to_string()),
    }
}

/// The texts inside, hidden; a status stays what it is.
fn hidden(json: &Json, hide: &dyn Fn(&str) -> String) -> Json {
    match json {
        Json::String(text) => Json::from(hide(text)),
        Json::Array(items) => items.iter().map(|item| hidden(item, hide)).collect(),
        Json::Object(members) => {
            let member = |(name, value): (&String, &Json)| {
                let value = if name == "status" { value.clone() } else { hidden(value, hide) };
                (name.clone(), value)
            };
            Json::Object(members.iter().map(member).collect())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use smoker_model::value::secret::{Secret, SecretSource};

    use super::*;

    #[test]
    fn messages_and_components_show_a_mask_and_none_is_lost() {
        let secret = |text: &str| Value::Secret(Secret::new(text, SecretSource::Environment("X".to_owned())));
        let parameters = [("Url", secret("sesame")), ("Hosts", Value::List(vec![secret("host-1"), secret("host-2")]))];
        let parameters = parameters.map(|(name, value)| (name.to_owned(), value)).into_iter().collect();
        let messages = |text: &str| json!({"info": [], "warn": [], "error": [text]});
        let Json::Object(object) = json!({
            "status": "ERROR",
            "messages": messages("GET sesame: refused"),
            "componentResults": {
                "host-1": {"status": "OK", "messages": null},
                "host-2": {"status": "ERROR", "messages": messages("no host-2")},
            },
        }) else {
            panic!("an object")
        };
        let found = without_secrets(Findings::parse(object).expect("findings"), &parameters);
        let components = found.component_results.expect("components");
        assert_eq!(Json::Object(found.messages.expect("messages").as_json().clone()), messages("GET ***: refused"));
        assert_eq!(
            Json::Object(components.as_json().clone()),
            json!({"***": {"status": "OK", "messages": null}, "****": {"status": "ERROR", "messages": messages("no ***")}})
        );
    }
}
