//! `Check: redis`: whether Redis and its like answer.

use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::Findings;

use crate::checks::data::server::{self, Stream, TIME, read_exact, read_line, send};
use crate::matchers::quote::quote;
use crate::measure::declaration::Measure;
use crate::measure::thresholds::Thresholds;
use crate::parameters::{Parameters, scalar_text, wrong};
use crate::report::Component;
use crate::spec::{ParameterSpec, ParameterType, Spec};
use crate::unit::Unit;

/// How much of `INFO` is read.
const LONGEST: usize = 1024 * 1024;

const MEASURES: &[Measure] = &[
    TIME,
    Measure { name: "Memory", unit: Unit::Bytes, meaning: "the memory that its data take", warn: None, error: None },
    Measure { name: "Clients", unit: Unit::Number, meaning: "how many clients are connected", warn: None, error: None },
    Measure {
        name: "ReplicaLag",
        unit: Unit::Seconds,
        meaning: "of a replica: the time since it heard of its master",
        warn: None,
        error: None,
    },
];

const ROLES: &[&str] = &["master", "replica"];

const PARAMETERS: &[ParameterSpec] = &[
    server::addresses("localhost:6379"),
    server::ADDRESS,
    ParameterSpec::optional(
        "Password",
        ParameterType::Secret,
        "none",
        "the password, from `!file` or `!env`; a server that wants one answers without it, too, but says no numbers",
    ),
    ParameterSpec::optional("Role", ParameterType::Choice(ROLES), "any", "what it should be"),
    ParameterSpec::warn(MEASURES),
    ParameterSpec::error(MEASURES),
];

/// What the page shows.
pub(crate) const EXAMPLE: &str = "\
Redis:
  Check: redis
  Address: 127.0.0.1
  Role: master
  Error: [\"> 5s\", \"> 64G\"]
";

/// The declaration of this check.
pub(crate) const fn spec() -> Spec {
    Spec::check("redis", "pings Redis and its like", "a component for each server", PARAMETERS)
}

/// Runs the check.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let parameters = Parameters::of(request);
    let thresholds = Thresholds::of(parameters, MEASURES)?;
    let password = parameters.get("Password").and_then(scalar_text).map(|text| text.trim_end().to_owned());
    let role = parameters.text("Role")?;
    if let Some(role) = role.as_deref().filter(|role| !ROLES.contains(role)) {
        return Err(wrong("Role", &ROLES.join(" or "), &role.into()));
    }
    server::run(request, ("localhost", 6379), thresholds, move |stream, thresholds, component| {
        exchange(stream, password.as_deref(), role.as_deref(), thresholds, component)
    })
}

fn exchange(
    stream: &mut dyn Stream,
    password: Option<&str>,
    role: Option<&str>,
    thresholds: &Thresholds,
    component: &mut Component,
) -> Result<(), String> {
    if let Some(password) = password {
        let answer = ask(stream, &["AUTH", password])?;
        if answer != "+OK" {
            return Err(format!("the login is refused: {}", quote(answer.trim_start_matches('-'))));
        }
    }
    let answer = ask(stream, &["PING"])?;
    let needs_password = answer.starts_with("-NOAUTH");
    if answer != "+PONG" && !needs_password {
        return Err(format!("wanted PONG, got {}", quote(answer.trim_start_matches(['-', '+']))));
    }
    let info = if needs_password { None } else { info(stream)? };
    let Some(info) = info else {
        component.fact("it answers, and wants a password for more");
        if role.is_some() || MEASURES[1..].iter().any(|measure| thresholds.mentions(measure.name)) {
            component.error("its role and numbers are not known: set Password");
        }
        return Ok(());
    };
    let field = |name: &str| info.lines().find_map(|line| line.trim_end().strip_prefix(name)?.strip_prefix(':'));
    if field("role").is_none() && field("redis_version").is_none() {
        return Err("its INFO is not understood: it has neither a role nor a version".to_owned());
    }
    let found = match field("role") {
        Some("slave") => "replica",
        other => other.unwrap_or("unknown"),
    };
    component.fact(format!("{found}, version {}", field("redis_version").unwrap_or("unknown")));
    if let Some(wanted) = role.filter(|wanted| *wanted != found) {
        component.error(&format!("wanted the role {wanted}, got {found}"));
    }
    if field("loading") == Some("1") {
        component.error("it still loads its data");
    }
    if found == "replica" && field("master_link_status") == Some("down") {
        component.error("wanted a link to the master, got none");
    }
    for (name, key) in
        [("Memory", "used_memory"), ("Clients", "connected_clients"), ("ReplicaLag", "master_last_io_seconds_ago")]
    {
        // A replica without a link to its master has a time of -1.
        match field(key).and_then(|text| text.parse::<f64>().ok()).filter(|value| *value >= 0.0) {
            Some(value) => component.number(thresholds, name, value),
            None if thresholds.mentions(name) && !(name == "ReplicaLag" && found == "master") => {
                component.error(&format!("{name} is not known to the server"));
            }
            None => {}
        }
    }
    Ok(())
}

/// The first line of the answer to a command.
fn ask(stream: &mut dyn Stream, words: &[&str]) -> Result<String, String> {
    let words: String = words
        .iter()
        .fold(format!("*{}\r\n", words.len()), |command, word| command + &format!("${}\r\n{word}\r\n", word.len()));
    send(stream, words.as_bytes())?;
    read_line(stream)
}

/// What the server says of itself; none where the account may not ask.
fn info(stream: &mut dyn Stream) -> Result<Option<String>, String> {
    let head = ask(stream, &["INFO"])?;
    let Some(length) = head.strip_prefix('$') else {
        return if head.starts_with("-NO") { Ok(None) } else { Err(format!("wanted its INFO, got {}", quote(&head))) };
    };
    let length = length.parse().ok().filter(|length| *length <= LONGEST);
    let length = length.ok_or_else(|| format!("the length of its INFO is not understood: {}", quote(&head)))?;
    read_exact(stream, length).map(|bytes| Some(String::from_utf8_lossy(&bytes).into_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::checks::data::server::Scripted;
    use crate::test_request::plugin;

    #[test]
    fn what_it_does_not_say_of_itself_is_not_good() {
        let status = |info: &str, parameters| {
            let request = plugin("redis", parameters);
            let thresholds = Thresholds::of(Parameters::of(&request), MEASURES).expect("thresholds");
            let mut stream = Scripted::new(format!("+PONG\r\n${}\r\n{info}\r\n", info.len()).as_bytes());
            let mut component = Component::single("redis");
            exchange(&mut stream, None, None, &thresholds, &mut component).map(|()| component.status().as_str())
        };
        let replica = "redis_version:7.0\r\nrole:slave\r\nmaster_link_status:up\r\nmaster_last_io_seconds_ago:";
        let limited = || json!({"Error": {"ReplicaLag": "> 10s"}});
        assert_eq!(status(&format!("{replica}3\r\n"), limited()), Ok("OK"));
        assert_eq!(status(&format!("{replica}30\r\n"), limited()), Ok("ERROR"));
        assert_eq!(status(&format!("{replica}-1\r\n"), limited()), Ok("ERROR"), "nobody has heard of the master");
        assert!(status("", json!({})).is_err());
    }
}
