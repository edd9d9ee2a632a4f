//! The original's four components: `Connection`, `Members`, `Collections` and `Record`.

use std::io;
use std::process;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value as Json, json};
use smoker_model::messages::{Level, Messages};
use smoker_model::notation::python_text;
use smoker_model::result::ComponentResults;
use smoker_model::status::Status;
use smoker_model::value::Value;

use crate::checks::shipped::mongo::servers::hello_on;
use crate::checks::shipped::mongo::wire::MongoConnection;
use crate::os_error;

/// The names by which the parameter `Checks` chooses components.
pub(crate) const CHECKS: [&str; 4] = ["connection", "members", "collections", "record"];

/// What the components after `Connection` say when it failed.
const NOT_CONNECTED: &str = "Not connected";

/// The code of an error that says that the server is not a member of a replica set.
const NO_REPLICATION: i64 = 76;

/// Database and collection of the record.
const TEST: &str = "test";

/// What to look at.
pub(crate) struct Summary {
    /// The replica set that the server has to be a member of.
    pub(crate) replica_set: Option<String>,
    /// Whether each collection is validated.
    pub(crate) validates: bool,
    /// Whether a database without collections is a WARN.
    pub(crate) warns_of_empty: bool,
    /// The time of the run, in seconds.
    pub(crate) timeout: f64,
}

impl Summary {
    /// The wanted components, each of which is tried whatever the others say.
    pub(crate) fn components(&self, host: &str, port: u16, wanted: impl Fn(&str) -> bool) -> ComponentResults {
        // Of a few steps that may all have to wait, so that each component has its say.
        let step = Duration::try_from_secs_f64((self.timeout / 5.0).clamp(0.001, 3600.0));
        let opened = MongoConnection::open(host, port, step.unwrap_or(Duration::from_secs(1)));
        let mut opened = opened.map_err(|error| os_error::text(&error));
        let greeting = match &mut opened {
            Ok(connection) => self.greeting(connection),
            Err(reason) => Err(format!("cannot connect to {host}:{port}: {reason}")),
        };
        let mut connection = opened.ok().filter(|_| greeting.is_ok());
        let mut found = ComponentResults::new();
        let mut add = |name: &str, checked: Result<Messages, String>| {
            let messages = checked.unwrap_or_else(|reason| Messages::of(Level::Error, &reason));
            found.add(name, status_of(&messages), &messages);
        };
        if wanted("connection") {
            add("Connection", greeting.map(|text| Messages::of(Level::Info, &text)));
        }
        let checks: [(&str, &str, Check); 3] = [
            ("members", "Members", |_, connection| members(connection)),
            ("collections", "Collections", Self::collections),
            ("record", "Record", |_, connection| record(connection)),
        ];
        for (check, name, look) in checks {
            if wanted(check) {
                let connected = connection.as_mut().ok_or_else(|| NOT_CONNECTED.to_owned());
                add(name, connected.and_then(|connection| look(self, connection)));
            }
        }
        found
    }

    /// The server's build, when it is a member of the replica set that is asked for.
    fn greeting(&self, connection: &mut MongoConnection) -> Result<String, String> {
        let hello = hello_on(connection).map_err(|error| os_error::text(&error))?;
        accepted(&hello)?;
        match (self.replica_set.as_deref(), text(&hello, "setName")) {
            (Some(wanted), None) => return Err(format!("Not a member of the replica set {wanted}")),
            (Some(wanted), Some(set)) if set != wanted => {
                return Err(format!("Member of the replica set {set} instead of {wanted}"));
            }
            _ => {}
        }
        let build = command(connection, "admin", json!({"buildInfo": 1}))?;
        // Newer servers have nothing there but this word.
        let system = text(&build, "sysInfo").filter(|system| *system != "deprecated");
        Ok(system.map_or_else(|| format!("MongoDB {}", text(&build, "version").unwrap_or("?")), str::to_owned))
    }

    fn collections(&self, connection: &mut MongoConnection) -> Result<Messages, String> {
        let answer = command(connection, "admin", json!({"listDatabases": 1}))?;
        let databases = answer.get("databases").and_then(Json::as_array).cloned().unwrap_or_default();
        let mut messages = Messages::new();
        if databases.is_empty() {
            messages.add(Level::Warn, "No databases found");
        }
        for database in databases.iter().filter_map(|database| database["name"].as_str()) {
            let names = collection_names(connection, database)?;
            match (names.is_empty(), self.warns_of_empty) {
                (true, true) if database == "local" => {
                    messages.add(Level::Info, "Database local: no collections found but it is expected");
                }
                (true, true) => {
                    let text = format!("Database {database}: no collections found, empty database");
                    messages.add(Level::Warn, &text);
                }
                (false, _) if self.validates => {
                    for name in &names {
                        validate(connection, database, name, &mut messages);
                    }
                }
                _ => {
                    messages.add(Level::Info, &format!("Database {database}: {} collections found", names.len()));
                }
            }
        }
        Ok(messages)
    }
}

/// Looks at something over a connection; the error is the reason why it could not.
type Check = fn(&Summary, &mut MongoConnection) -> Result<Messages, String>;

/// ERROR with an error, else WARN with a warning, else OK.
fn status_of(messages: &Messages) -> Status {
    let has = |level| messages.level(level).next().is_some();
    match (has(Level::Error), has(Level::Warn)) {
        (true, _) => Status::Error,
        (_, true) => Status::Warn,
        _ => Status::Ok,
    }
}

fn members(connection: &mut MongoConnection) -> Result<Messages, String> {
    let answer = connection.command("admin", json!({"replSetGetStatus": 1})).map_err(|error| os_error::text(&error))?;
    let is_alone = answer.get("code").and_then(Json::as_i64) == Some(NO_REPLICATION)
        || text(&answer, "errmsg").is_some_and(|text| text.ends_with("not running with --replSet"));
    if is_alone {
        return Ok(Messages::of(Level::Info, "Mongo is not running clustered"));
    }
    accepted(&answer)?;
    let mut messages = Messages::new();
    for member in answer.get("members").and_then(Json::as_array).into_iter().flatten() {
        let field = |name: &str| member[name].as_str().unwrap_or_default();
        let level = match member["state"].as_f64() {
            Some(1.0 | 2.0 | 7.0) => Level::Info,
            Some(0.0 | 3.0 | 5.0 | 9.0) => Level::Warn,
            _ => Level::Error,
        };
        let reason = Some(field("errmsg")).filter(|reason| !reason.is_empty());
        let reason = reason.map_or_else(String::new, |reason| format!(": {reason}"));
        messages.add(level, &format!("Member {} is {}{reason}", field("name"), field("stateStr")));
    }
    if messages.is_empty() {
        messages.add(Level::Warn, "No members found");
    }
    Ok(messages)
}

fn collection_names(connection: &mut MongoConnection, database: &str) -> Result<Vec<String>, String> {
    let mut answer = command(connection, database, json!({"listCollections": 1, "nameOnly": true}))?;
    let mut names = Vec::new();
    loop {
        let cursor = answer.get("cursor").cloned().unwrap_or_default();
        let batch = ["firstBatch", "nextBatch"].iter().find_map(|name| cursor[name].as_array());
        names.extend(batch.into_iter().flatten().filter_map(|item| Some(item["name"].as_str()?.to_owned())));
        match cursor["id"].as_i64() {
            None | Some(0) => return Ok(names),
            Some(id) => {
                let more = json!({"getMore": id, "collection": "$cmd.listCollections"});
                answer = command(connection, database, more)?;
            }
        }
    }
}

fn validate(connection: &mut MongoConnection, database: &str, name: &str, messages: &mut Messages) {
    let errors = match command(connection, database, json!({"validate": name})) {
        Err(reason) => vec![reason],
        Ok(answer) if answer.get("valid").and_then(Json::as_bool) == Some(true) => Vec::new(),
        Ok(answer) => {
            let errors = answer.get("errors").and_then(Json::as_array).into_iter().flatten();
            let errors: Vec<_> = errors.filter_map(|error| error.as_str().map(str::to_owned)).collect();
            if errors.is_empty() { vec![format!("collection {name} is not valid")] } else { errors }
        }
    };
    if errors.is_empty() {
        messages.add(Level::Info, &format!("Database {database}: collection {name} is valid"));
    }
    for error in errors {
        messages.add(Level::Error, &format!("Database {database}: {error}"));
    }
}

/// Inserts a document of our own, finds and deletes it; others in the collection stay.
fn record(connection: &mut MongoConnection) -> Result<Messages, String> {
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    let id = format!("smoker-{}-{nanos}", process::id());
    let mut messages = Messages::new();
    let inserted = write(connection, json!({"insert": TEST, "documents": [{"_id": id, "name": "smoker"}]}));
    inserted.map_err(|reason| format!("Inserting record into collection failed: {reason}"))?;
    messages.add(Level::Info, &format!("Inserted record with id {id}"));
    let found =
        command(connection, TEST, json!({"find": TEST, "filter": {"_id": id}, "limit": 1, "singleBatch": true}));
    match found.map(|answer| answer.get("cursor").map(|cursor| cursor["firstBatch"][0].clone()).unwrap_or_default()) {
        Ok(Json::Null) => messages.add(Level::Error, "Inserted record not found!"),
        Ok(record) => {
            let record = python_text::repr(&Value::from(record));
            messages.add(Level::Info, &format!("Found our record: {record}"));
        }
        Err(reason) => messages.add(Level::Error, &format!("Inserted record not found! {reason}")),
    }
    match write(connection, json!({"delete": TEST, "deletes": [{"q": {"_id": id}, "limit": 1}]})) {
        Ok(()) => messages.add(Level::Info, "Deleted our record from collection test"),
        Err(reason) => {
            messages.add(Level::Error, &format!("Can't delete our record from collection test: {reason}"));
        }
    }
    Ok(messages)
}

/// A command that writes; it can be accepted and yet refuse the document.
fn write(connection: &mut MongoConnection, question: Json) -> Result<(), String> {
    let answer = command(connection, TEST, question)?;
    let refused = answer.get("writeErrors").and_then(|errors| errors[0]["errmsg"].as_str());
    refused.map_or(Ok(()), |reason| Err(reason.to_owned()))
}

fn command(connection: &mut MongoConnection, database: &str, question: Json) -> Result<Map<String, Json>, String> {
    let answer = connection.command(database, question).map_err(|error: io::Error| os_error::text(&error))?;
    accepted(&answer)?;
    Ok(answer)
}

fn accepted(answer: &Map<String, Json>) -> Result<(), String> {
    if answer.get("ok").and_then(Json::as_f64) == Some(1.0) {
        return Ok(());
    }
    Err(text(answer, "errmsg").unwrap_or("Refused without a reason").to_owned())
}

fn text<'a>(answer: &'a Map<String, Json>, name: &str) -> Option<&'a str> {
    answer.get(name).and_then(Json::as_str)
}
