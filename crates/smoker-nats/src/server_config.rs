//! What a server needs to know of connections, and what it has to permit: a host reads the requests to itself and its groups and publishes its own results, an operator asks and reads.

use std::fmt::Write;

use crate::connect::PING_EVERY;
use crate::part::{MAX_ANSWER, MAX_PART};
use crate::subject::{EVERYBODY, Fleet, token};

/// A host of the configuration.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Host {
    /// Its name, which its bridge has, too.
    pub name: String,
    /// Its groups, beside [`EVERYBODY`].
    pub groups: Vec<String>,
    /// What its bridge proves.
    pub identity: Identity,
}

/// Who a user of the server is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Identity {
    /// Who has the seed of this public key.
    Key(String),
    /// Who has the key of a certificate with this URI. The server's TLS has to have `verify_and_map`.
    Certificate(String),
}

/// Somebody who asks hosts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Operator {
    /// A name for the comment.
    pub name: String,
    /// What they prove.
    pub identity: Identity,
}

/// The bytes of a message at most, with its headers: results that are larger are left out.
const MAX_PAYLOAD: usize = 1024 * 1024;
/// How many questions to a silent client a server lets go without an answer.
const MAX_PINGS: u32 = 2;

/// What a server needs beside its users: it asks silent clients as often as they ask it ([`PING_EVERY`]), so that both know at the same time that a
/// network has taken the other one away. By itself it would ask every two minutes.
#[must_use]
pub fn connections() -> String {
    let every = PING_EVERY.as_secs();
    format!("max_payload: {MAX_PAYLOAD}\nping_interval: \"{every}s\"\nping_max: {MAX_PINGS}\n")
}

/// The section `authorization` of a server's configuration.
#[must_use]
pub fn authorization(fleet: &Fleet, hosts: &[Host], operators: &[Operator]) -> String {
    let mut text = "authorization {\n  users = [\n".to_owned();
    for host in hosts {
        let name = &host.name;
        let groups = host.groups.iter().map(String::as_str).chain([EVERYBODY]).map(|group| fleet.group(group));
        let read: Vec<_> = [fleet.host(name)].into_iter().chain(groups).chain([inbox(name)]).collect();
        let results = fleet.results_of(name);
        // The newest result of each plugin is read to know what was published before a cut.
        let newest = format!("$JS.API.DIRECT.GET.{}.{results}", fleet.results_stream());
        let newest = with_domains(&[newest]);
        let user = User {
            of: format!("the host {name}"),
            identity: &host.identity,
            publish: [fleet.present(name), results].into_iter().chain(newest).collect(),
            subscribe: read,
            answers: Some(MAX_ANSWER / MAX_PART + 1),
        };
        user.write(&mut text);
    }
    for operator in operators {
        let streams = [fleet.results_stream(), fleet.presence_stream()];
        let of_streams =
            streams.iter().flat_map(|stream| STREAM_REQUESTS.iter().map(move |request| request.replace("{}", stream)));
        let of_streams: Vec<_> = of_streams.chain(["$JS.API.INFO".to_owned()]).collect();
        let hosts = [fleet.host_pattern(), fleet.group_pattern()];
        let user = User {
            of: format!("the operator {}", operator.name),
            identity: &operator.identity,
            publish: hosts.into_iter().chain(with_domains(&of_streams)).collect(),
            subscribe: vec!["_INBOX.>".to_owned()],
            answers: None,
        };
        user.write(&mut text);
    }
    text + "  ]\n}\n"
}

/// These subjects, and those of requests among them as a leaf node passes them on to the server that has the streams, whatever its `domain` is.
fn with_domains(subjects: &[String]) -> Vec<String> {
    let of_domains = subjects.iter().filter_map(|subject| subject.strip_prefix("$JS.API."));
    let of_domains = of_domains.map(|request| format!("$JS.*.API.{request}"));
    subjects.iter().cloned().chain(of_domains).collect()
}

/// The inboxes of a bridge, in which it may get nothing that is for others.
#[must_use]
pub fn inbox_prefix(name: &str) -> String {
    format!("_INBOX.{}", token(name))
}

fn inbox(name: &str) -> String {
    format!("{}.>", inbox_prefix(name))
}

/// What clients and sinks ask of a stream; nothing that removes what it has.
const STREAM_REQUESTS: [&str; 11] = [
    "$JS.ACK.{}.>",
    "$JS.API.CONSUMER.CREATE.{}",
    "$JS.API.CONSUMER.CREATE.{}.>",
    "$JS.API.CONSUMER.DELETE.{}.>",
    "$JS.API.CONSUMER.DURABLE.CREATE.{}.>",
    "$JS.API.CONSUMER.INFO.{}.>",
    "$JS.API.CONSUMER.MSG.NEXT.{}.>",
    "$JS.API.DIRECT.GET.{}.>",
    "$JS.API.STREAM.CREATE.{}",
    "$JS.API.STREAM.INFO.{}",
    "$JS.API.STREAM.MSG.GET.{}",
];

struct User<'a> {
    of: String,
    identity: &'a Identity,
    publish: Vec<String>,
    subscribe: Vec<String>,
    /// How many messages may answer one.
    answers: Option<usize>,
}

impl User<'_> {
    fn write(&self, text: &mut String) {
        let list = |subjects: &[String]| {
            let quoted: Vec<_> = subjects.iter().map(|subject| format!("        \"{subject}\"\n")).collect();
            quoted.concat()
        };
        let answers = self
            .answers
            .map_or_else(String::new, |max| format!("      allow_responses: {{ max: {max}, expires: \"2m\" }}\n"));
        // A name of a host may have anything, and a comment ends with its line. Writing to a String cannot fail.
        let of: String = self.of.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        let user = match self.identity {
            Identity::Key(key) => format!("nkey: {key}"),
            Identity::Certificate(uri) => format!("user: \"{uri}\""),
        };
        let _ = write!(
            text,
            "    # {of}\n    {{ {user}, permissions: {{\n      publish: {{ allow: [\n{}      ] }}\n      subscribe: {{ allow: [\n{}      ] }}\n{answers}    }} }}\n",
            list(&self.publish),
            list(&self.subscribe),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_what_is_its_own() {
        let hosts = [Host {
            name: "web.1\n".to_owned(),
            groups: vec!["web".to_owned()],
            identity: Identity::Key("UA".to_owned()),
        }];
        let text = authorization(&Fleet::new("prod"), &hosts, &[]);
        for line in [
            "    # the host web.1 \n",
            "{ nkey: UA, permissions: {",
            "\"smoker.v1.prod.present.web%2E1%0A\"",
            "\"smoker.v1.prod.result.web%2E1%0A.*\"",
            "\"$JS.API.DIRECT.GET.SMOKER_prod.smoker.v1.prod.result.web%2E1%0A.*\"",
            "\"$JS.*.API.DIRECT.GET.SMOKER_prod.smoker.v1.prod.result.web%2E1%0A.*\"",
            "\"smoker.v1.prod.host.web%2E1%0A\"",
            "\"smoker.v1.prod.group.web\"",
            "\"smoker.v1.prod.group.all\"",
            "\"_INBOX.web%2E1%0A.>\"",
            "allow_responses: { max: 1025, expires: \"2m\" }",
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
    }

    #[test]
    fn an_operator_removes_nothing() {
        let operators = [Operator { name: "alice".to_owned(), identity: Identity::Certificate("urn:b".to_owned()) }];
        let text = authorization(&Fleet::new("prod"), &[], &operators);
        assert!(
            text.contains("\"$JS.API.STREAM.CREATE.SMOKER_prod\"")
                && text.contains("\"$JS.*.API.STREAM.CREATE.SMOKER_prod\"")
                && !text.contains("$JS.*.ACK")
                && text.contains("# the operator alice\n    { user: \"urn:b\", "),
            "{text}"
        );
        assert!(text.contains("\"$JS.API.CONSUMER.MSG.NEXT.SMOKER_prod_PRESENT.>\""), "{text}");
        assert!(!text.contains("PURGE") && !text.contains("$JS.API.STREAM.DELETE") && !text.contains("{}"), "{text}");
        assert!(!text.contains("result."), "{text}");
    }
}
