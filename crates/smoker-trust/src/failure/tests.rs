//! Every failure says what happened and what helps.

use std::collections::BTreeSet;

use super::*;

fn all() -> Vec<Failure> {
    let pin = Pin::of_public_key(b"key");
    let at = "2026-03-01T00:00:00Z".parse().expect("an instant");
    let (name, host) = (|| "alice".to_owned(), || "web1:8086".to_owned());
    let names = || vec!["a.example".to_owned()];
    vec![
        Failure::PlainRefused,
        Failure::ServerIsPlain,
        Failure::NotTls,
        Failure::OldTls,
        Failure::NoCommonCipher,
        Failure::NoCommonGroup,
        Failure::NoCommonSignature,
        Failure::NoCommonProtocol,
        Failure::NothingInCommon,
        Failure::HandshakeTimeout,
        Failure::HandshakeEnded,
        Failure::WrongSignature,
        Failure::UnreadableCertificate { reason: "bad encoding".to_owned() },
        Failure::RefusedByPeer { alert: "unknown_ca".to_owned() },
        Failure::Handshake { reason: "the record is too large".to_owned() },
        Failure::NoIdentity,
        Failure::UnknownPin { pin },
        Failure::BrokenLine { line: 3 },
        Failure::UnusableList { file: "authorized_clients" },
        Failure::Withdrawn { name: name() },
        Failure::Expired { name: name(), at },
        Failure::OtherNetwork { name: name(), address: [192, 0, 2, 1].into() },
        Failure::RoleTooSmall { name: name(), has: Role::Read, needs: Role::Run },
        Failure::OtherPlugin { name: name(), plugin: "Uptime".to_owned() },
        Failure::ClientAuthority,
        Failure::AuthorityEnded { name: "our ca".to_owned() },
        Failure::ClientCertificateExpired,
        Failure::ClientCertificateEarly,
        Failure::ClientCertificateRevoked,
        Failure::RevocationListExpired,
        Failure::RevocationUnknown,
        Failure::NotForClients,
        Failure::ForNats,
        Failure::UnknownSubject { names: names() },
        Failure::MalformedToken,
        Failure::UnknownToken,
        Failure::TokenInTheClear,
        Failure::TooManyAttempts { retry_after: 40 },
        Failure::SocketWithoutRight { user: 1000 },
        Failure::AnonymousRefused,
        Failure::Forwarded,
        Failure::ForwardedPort { host: "web1.example:9086".to_owned() },
        Failure::ChangedPin { host: host(), known: vec![Pin::of_public_key(b"old")], found: pin },
        Failure::UnknownHost { host: host(), found: pin },
        Failure::OtherName { host: host(), names: names() },
        Failure::ServerAuthority { host: host() },
        Failure::ServerCertificateExpired { host: host() },
        Failure::ServerCertificateEarly { host: host() },
        Failure::NotForServers { host: host() },
    ]
}

#[test]
fn each_failure_has_its_own_sentence_with_a_cure_on_both_sides() {
    let all = all();
    assert!(all.len() >= 20);
    for sentences in
        [all.iter().map(Failure::for_client).collect::<Vec<_>>(), all.iter().map(Failure::for_daemon).collect()]
    {
        for sentence in &sentences {
            // The cure follows the reason.
            let (reason, cure) = sentence.split_once("; ").unwrap_or_else(|| panic!("no cure: {sentence}"));
            assert!(reason.len() > 15 && cure.len() > 10, "{sentence}");
            assert!(!sentence.contains('\n') && !sentence.ends_with('.'), "{sentence}");
        }
        assert_eq!(sentences.iter().collect::<BTreeSet<_>>().len(), all.len());
    }
    let kinds: BTreeSet<_> = all.iter().map(Failure::kind).collect();
    assert_eq!(kinds.len(), all.len());
    assert!(all.iter().all(|failure| matches!(failure.status(), 401 | 403 | 429)));
}

/// Who follows a sentence types what it says: the options without which a command is refused have to be there.
#[test]
fn every_command_that_a_sentence_names_is_whole() {
    let needed = [
        ("smokercli trust add", &[" -s ", " --via ssh"][..]),
        ("smokercli trust scan", &[" -s "]),
        ("smokercli trust remove", &[" -s "]),
        ("smokercli trust ca sign", &[" -s ", " --via ssh"]),
        ("smokerd --authorize", &[" '"]),
        ("smokerd --withdraw", &[" 'alice'"]),
        ("smokerd --token remove", &[" NAME"]),
    ];
    for failure in all() {
        for sentence in [failure.for_client(), failure.for_daemon()] {
            for (command, options) in needed {
                for (at, _) in sentence.match_indices(command) {
                    let rest = &sentence[at + command.len()..];
                    let end = rest.find([',', ';', '(', ')']).unwrap_or(rest.len());
                    let typed = rest[..end].split(" or ").next().unwrap_or_default();
                    for option in options {
                        assert!(typed.contains(option), "{command} lacks{option}: {sentence}");
                    }
                }
            }
        }
    }
}

#[test]
fn what_is_wrong_is_named() {
    let shown = |part: &str, failure: &Failure| {
        assert!(failure.for_client().contains(part) && failure.for_daemon().contains(part), "{part}: {failure}");
    };
    for failure in &all() {
        match failure {
            Failure::UnknownPin { pin } => shown(&pin.to_string(), failure),
            Failure::Expired { .. } => shown("2026-03-01T00:00:00Z", failure),
            Failure::OtherNetwork { .. } => shown("192.0.2.1", failure),
            Failure::RoleTooSmall { .. } => shown("run", failure),
            Failure::UnknownSubject { .. } | Failure::OtherName { .. } => shown("a.example", failure),
            Failure::TooManyAttempts { .. } => shown("40 s", failure),
            Failure::ChangedPin { known, found, .. } => {
                shown(&known[0].to_string(), failure);
                shown(&found.to_string(), failure);
            }
            _ => {}
        }
    }
}
