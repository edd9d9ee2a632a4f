//! With the parameter `Hosts`: a component for each server, from its answer to `hello`.

use std::time::Duration;

use serde_json::{Map, Value as Json};
use smoker_model::messages::Messages;
use smoker_model::result::ComponentResults;
use smoker_model::status::Status;

use crate::checks::shipped::mongo::wire::MongoConnection;
use crate::components::level_of;
use crate::os_error;
use crate::parameters::{port_of, texts_of, wrong};

/// The port of a server that names none.
pub(crate) const PORT: u16 = 27017;

/// The components of all servers, which share the time.
pub(crate) fn components(servers: &[(String, u16)], replica_set: Option<&str>, timeout: f64) -> ComponentResults {
    let share = timeout * 0.8 / f64::from(u32::try_from(servers.len()).unwrap_or(u32::MAX).max(1));
    let step_timeout = Duration::try_from_secs_f64(share.clamp(0.001, 3600.0)).unwrap_or(Duration::from_secs(1));
    let mut found = ComponentResults::new();
    for (host, port) in servers {
        let (status, text) = match hello(host, *port, step_timeout) {
            Ok(answer) => verdict(&answer, replica_set),
            Err(error) => (Status::Error, os_error::text(&error)),
        };
        found.add(&format!("{host}:{port}"), status, &Messages::of(level_of(status), &text));
    }
    found
}

/// The servers that `Hosts` lists, at least one.
pub(crate) fn servers_of(hosts: &Json) -> Result<Vec<(String, u16)>, String> {
    let servers = texts_of("Hosts", hosts)?.iter().map(|text| server(text)).collect::<Option<Vec<_>>>();
    let servers = servers.filter(|servers| !servers.is_empty());
    servers.ok_or_else(|| wrong("Hosts", "a list of host or host:port", hosts))
}

/// Host and port of `host`, `host:port`, `[::1]:port` or `::1`.
fn server(text: &str) -> Option<(String, u16)> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, port_of(&port.into())?),
        _ => (text, PORT),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    (!host.is_empty()).then(|| (host.to_owned(), port))
}

fn hello(host: &str, port: u16, step_timeout: Duration) -> std::io::Result<Map<String, Json>> {
    let mut connection = MongoConnection::open(host, port, step_timeout)?;
    hello_on(&mut connection)
}

/// What a server says of itself.
pub(crate) fn hello_on(connection: &mut MongoConnection) -> std::io::Result<Map<String, Json>> {
    let answer = connection.ask("hello")?;
    // Servers before 4.4.2 do not know the word.
    if answer.get("ok").and_then(Json::as_f64) == Some(1.0) { Ok(answer) } else { connection.ask("isMaster") }
}

fn verdict(answer: &Map<String, Json>, wanted: Option<&str>) -> (Status, String) {
    let text = |name: &str| answer.get(name).and_then(Json::as_str);
    let is = |name: &str| answer.get(name).and_then(Json::as_bool) == Some(true);
    if answer.get("ok").and_then(Json::as_f64) != Some(1.0) {
        return (Status::Error, format!("Refused: {}", text("errmsg").unwrap_or("without a reason")));
    }
    let is_primary = is("isWritablePrimary") || is("ismaster");
    let role = match (is_primary, is("secondary"), is("arbiterOnly")) {
        (true, _, _) => Some("primary"),
        (_, true, _) => Some("secondary"),
        (_, _, true) => Some("arbiter"),
        _ => None,
    };
    match (text("setName"), wanted, role) {
        (None, Some(wanted), _) => (Status::Error, format!("Not a member of the replica set {wanted}")),
        (Some(set), Some(wanted), _) if set != wanted => {
            (Status::Error, format!("Member of the replica set {set} instead of {wanted}"))
        }
        (Some(set), _, None) => {
            (Status::Error, format!("Neither primary nor secondary of {set}: it is starting or recovering"))
        }
        (Some(set), _, Some(role)) => match text("primary") {
            Some(primary) => (Status::Ok, format!("{role} of {set}, whose primary is {primary}")),
            None => (Status::Error, format!("{role} of {set}, which has no primary")),
        },
        (None, None, Some(_)) if text("msg") == Some("isdbgrid") => {
            (Status::Ok, "Router of a sharded cluster".to_owned())
        }
        (None, None, Some(_)) => (Status::Ok, "Standalone server".to_owned()),
        (None, None, None) => (Status::Error, "Does not take writes and belongs to no replica set".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_server_is_judged_by_its_hello() {
        let judge = |answer: Json, wanted| verdict(answer.as_object().expect("an object"), wanted);
        let primary = json!({"ok": 1.0, "isWritablePrimary": true, "setName": "rs0", "primary": "a:1"});
        assert_eq!(judge(primary.clone(), None), (Status::Ok, "primary of rs0, whose primary is a:1".to_owned()));
        assert_eq!(judge(primary.clone(), Some("rs0")).0, Status::Ok);
        let other = "Member of the replica set rs0 instead of rs1".to_owned();
        assert_eq!(judge(primary, Some("rs1")), (Status::Error, other));
        let lonely = json!({"ok": 1, "secondary": true, "setName": "rs0"});
        assert_eq!(judge(lonely, None), (Status::Error, "secondary of rs0, which has no primary".to_owned()));
        let starting = json!({"ok": 1, "secondary": false, "ismaster": false, "setName": "rs0"});
        assert_eq!(judge(starting, None).0, Status::Error);
        let alone = json!({"ok": 1, "ismaster": true});
        assert_eq!(judge(alone.clone(), None), (Status::Ok, "Standalone server".to_owned()));
        assert_eq!(judge(alone, Some("rs0")), (Status::Error, "Not a member of the replica set rs0".to_owned()));
        let router = json!({"ok": 1, "isWritablePrimary": true, "msg": "isdbgrid"});
        assert_eq!(judge(router, None), (Status::Ok, "Router of a sharded cluster".to_owned()));
        let refused = json!({"ok": 0, "errmsg": "no"});
        assert_eq!(judge(refused, None), (Status::Error, "Refused: no".to_owned()));
    }

    #[test]
    fn addresses_may_have_a_port() {
        assert_eq!(server("h"), Some(("h".to_owned(), PORT)));
        assert_eq!(server("h:1"), Some(("h".to_owned(), 1)));
        assert_eq!(server("[::1]:2"), Some(("::1".to_owned(), 2)));
        assert_eq!(server("::1"), Some(("::1".to_owned(), PORT)));
        assert_eq!((server("h:x"), server(":1"), server("")), (None, None, None));
    }
}
