//! `Check: postgres`: whether `PostgreSQL` takes connections, and a query where it asks for no password.

use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::Findings;

use crate::checks::data::server::{self, Stream, TIME, read_exact, send};
use crate::measure::declaration::Measure;
use crate::measure::thresholds::Thresholds;
use crate::parameters::Parameters;
use crate::report::Component;
use crate::spec::{ParameterSpec, ParameterType, Spec};

/// No message that is read here is longer.
const LONGEST: usize = 1024 * 1024;

const MEASURES: &[Measure] = &[TIME];

const PARAMETERS: &[ParameterSpec] = &[
    server::addresses("localhost:5432"),
    server::ADDRESS,
    ParameterSpec::optional(
        "User",
        ParameterType::Text,
        "smoker, whose refusal is an answer, too",
        "the account; where it is set, a refusal is an ERROR, and the query has to succeed unless the server asks for a password",
    ),
    ParameterSpec::optional("Database", ParameterType::Text, "the name of the account", "the database"),
    ParameterSpec::warn(MEASURES),
    ParameterSpec::error(MEASURES),
];

/// What the page shows.
pub(crate) const EXAMPLE: &str = "\
Postgres:
  Check: postgres
  Address: 127.0.0.1
  User: postgres
  Error: \"> 5s\"
";

/// The declaration of this check.
pub(crate) const fn spec() -> Spec {
    Spec::check(
        "postgres",
        "connects to PostgreSQL, and asks for `SELECT 1` where that needs no password",
        "a component for each server",
        PARAMETERS,
    )
}

/// Runs the check.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let parameters = Parameters::of(request);
    let thresholds = Thresholds::of(parameters, MEASURES)?;
    let user = parameters.text("User")?;
    let database = parameters.text("Database")?;
    if [&user, &database].into_iter().flatten().any(|text| text.is_empty() || text.contains('\0')) {
        return Err("User and Database have to be names: correct them in the configuration".to_owned());
    }
    server::run(request, ("localhost", 5432), thresholds, move |stream, _, component| {
        exchange(stream, user.as_deref(), database.as_deref(), component)
    })
}

fn exchange(
    stream: &mut dyn Stream,
    user: Option<&str>,
    database: Option<&str>,
    component: &mut Component,
) -> Result<(), String> {
    let name = user.unwrap_or("smoker");
    let mut body = Vec::from(196_608_u32.to_be_bytes());
    for text in ["user", name, "database", database.unwrap_or(name), "application_name", "smokerd", ""] {
        body.extend(text.as_bytes());
        body.push(0);
    }
    send(stream, &framed(None, &body))?;
    loop {
        let (kind, body) = message(stream)?;
        match kind {
            b'R' => match body.get(..4) {
                Some([0, 0, 0, 0]) => {}
                Some(_) => {
                    component.fact(format!("it answers, and wants a password of {name}"));
                    return Ok(());
                }
                None => return Err("the answer is not that of PostgreSQL".to_owned()),
            },
            b'S' => {
                let mut texts = body.split(|byte| *byte == 0).map(|text| String::from_utf8_lossy(text).into_owned());
                if texts.next().as_deref() == Some("server_version") {
                    component.fact(format!("version {}", texts.next().unwrap_or_default()));
                }
            }
            b'E' => {
                let (code, text) = error_of(&body);
                // Class 28: the account is refused. 3D000: there is no such database. Both mean that the server works.
                let is_refusal = code.starts_with("28") || code == "3D000";
                if is_refusal && user.is_none() && database.is_none() {
                    component.fact(format!("it answers: {text}"));
                    return Ok(());
                }
                return Err(format!("the server refuses the connection: {text} ({code})"));
            }
            b'Z' => return query(stream, component),
            b'K' | b'N' | b'v' => {}
            _ => return Err("the answer is not that of PostgreSQL".to_owned()),
        }
    }
}

fn query(stream: &mut dyn Stream, component: &mut Component) -> Result<(), String> {
    send(stream, &framed(Some(b'Q'), b"SELECT 1\0"))?;
    let mut has_row = false;
    loop {
        let (kind, body) = message(stream)?;
        match kind {
            b'D' => has_row = true,
            b'E' => {
                let (code, text) = error_of(&body);
                return Err(format!("SELECT 1 fails: {text} ({code})"));
            }
            b'Z' => break,
            _ => {}
        }
    }
    if !has_row {
        return Err("SELECT 1 gives no row".to_owned());
    }
    component.fact("SELECT 1 gives a row");
    send(stream, &framed(Some(b'X'), b""))
}

/// A message with its length, which counts itself.
fn framed(kind: Option<u8>, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap_or(u32::MAX).to_be_bytes();
    kind.into_iter().chain(length).chain(body.iter().copied()).collect()
}

fn message(stream: &mut dyn Stream) -> Result<(u8, Vec<u8>), String> {
    let head = read_exact(stream, 5)?;
    let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
    let length =
        usize::try_from(length).ok().and_then(|length| length.checked_sub(4)).filter(|length| *length <= LONGEST);
    let length = length.ok_or("the answer is not that of PostgreSQL")?;
    Ok((head[0], read_exact(stream, length)?))
}

/// The code and the text of an error.
fn error_of(body: &[u8]) -> (String, String) {
    let fields = body.split(|byte| *byte == 0).filter_map(|field| Some((*field.first()?, &field[1..])));
    let field = |wanted: u8| {
        let mut found = fields.clone().filter(|(kind, _)| *kind == wanted);
        found.next().map(|(_, text)| String::from_utf8_lossy(text).into_owned()).unwrap_or_default()
    };
    (field(b'C'), field(b'M'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_read_by_their_fields() {
        let body = b"SFATAL\0VFATAL\0C28000\0Mrole does not exist\0\0";
        assert_eq!(error_of(body), ("28000".to_owned(), "role does not exist".to_owned()));
        assert_eq!(framed(Some(b'Q'), b"a\0"), b"Q\0\0\0\x06a\0");
    }
}
