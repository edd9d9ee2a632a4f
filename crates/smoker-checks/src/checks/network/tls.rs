//! `Check: tls`: certificates and handshakes, also behind STARTTLS.

use std::io::{BufRead, BufReader, Read, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::Findings;

use crate::checks::fan_out::{self, Deadline};
use crate::checks::network::certificate::Certificate;
use crate::checks::network::connection::{self, reason};
use crate::checks::network::endpoint::{self, Endpoint, endpoints};
use crate::checks::network::secure::{Secured, Trust};
use crate::matchers::quote::quote;
use crate::measure::declaration::Measure;
use crate::measure::thresholds::Thresholds;
use crate::parameters::{Parameters, wrong};
use crate::report::{Component, Report};
use crate::spec::{Absence, ParameterSpec, ParameterType, Spec};
use crate::unit::Unit;

/// The port of https.
const PORT: u16 = 443;

/// How long a certificate is valid still.
pub(super) const DAYS: Measure = Measure {
    name: "Days",
    unit: Unit::Days,
    meaning: "how long the certificate is valid still, and each that vouches for it in the chain",
    warn: Some("< 21d"),
    error: Some("< 7d"),
};

const MEASURES: &[Measure] = &[
    DAYS,
    Measure { name: "Handshake", unit: Unit::Seconds, meaning: "the time of the handshake", warn: None, error: None },
    Measure { name: "Connect", unit: Unit::Seconds, meaning: "the time to connect", warn: None, error: None },
];

const STARTS: &[&str] = &["smtp", "imap", "pop3", "postgres"];
const VERSIONS: &[&str] = &["1.2", "1.3"];

/// The parameters of trust, which `http` has, too.
pub(super) const VERIFY: ParameterSpec = ParameterSpec::optional(
    "Verify",
    ParameterType::Boolean,
    "true",
    "false: the certificate may be signed by anybody, for any name",
);
pub(super) const CA_FILE: ParameterSpec = ParameterSpec::optional(
    "CaFile",
    ParameterType::Path,
    "those of the system",
    "certificates of the authorities that are trusted, or the very certificate of the server, in PEM",
);
pub(super) const CLIENT_CERT: ParameterSpec = ParameterSpec::optional(
    "ClientCert",
    ParameterType::Path,
    "none",
    "a certificate of ours, in PEM; with `ClientKey`",
);
pub(super) const CLIENT_KEY: ParameterSpec =
    ParameterSpec::optional("ClientKey", ParameterType::Path, "none", "its key, in PEM");

const PARAMETERS: &[ParameterSpec] = &[
    ParameterSpec {
        name: "Addresses",
        accepts: ParameterType::Custom {
            form: "`host` or `host:port`, or list of them",
            read: |name, value| endpoint::verify(name, value, Some(PORT)),
        },
        absence: Absence::FailsWithoutOther,
        meaning: "what to connect to; the port is 443 where none is named",
    },
    ParameterSpec {
        name: "Address",
        accepts: ParameterType::Custom {
            form: "`host` or `host:port`",
            read: |name, value| endpoint::verify(name, value, Some(PORT)),
        },
        absence: Absence::FailsWithoutOther,
        meaning: "as `Addresses`, for one",
    },
    ParameterSpec::optional(
        "StartTls",
        ParameterType::Choice(STARTS),
        "TLS from the beginning",
        "the protocol in which TLS is asked for first",
    ),
    ParameterSpec::optional(
        "ServerName",
        ParameterType::Text,
        "the host of the address",
        "the name to ask for, which the certificate should be for",
    ),
    ParameterSpec::optional("Names", ParameterType::TextList, "any", "further names that the certificate should have"),
    ParameterSpec::optional(
        "Versions",
        ParameterType::ChoiceList(VERSIONS),
        "both",
        "the versions of TLS, one of which should be agreed on",
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
Certificate:
  Check: tls
  Address: 127.0.0.1:443
  ServerName: localhost
  CaFile: /etc/ssl/own-ca.pem
  Versions: [1.2, 1.3]
  Warn: \"< 5d\"
  Error: \"< 1d\"
";

/// The declaration of this check.
pub(crate) const fn spec() -> Spec {
    Spec::check("tls", "looks at certificates and handshakes", "a component for each address", PARAMETERS)
}

/// What a peer should be like.
#[derive(Clone)]
struct Wanted {
    start: Option<String>,
    server_name: Option<String>,
    names: Vec<String>,
    versions: Vec<String>,
    is_verified: bool,
    trust: Trust,
    thresholds: Thresholds,
}

/// Runs the check.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let parameters = Parameters::of(request);
    let targets = endpoints(parameters, Some(PORT))?;
    let targets = targets.ok_or("one of the parameters Addresses, Address is required: set it")?;
    let start = parameters.text("StartTls")?;
    if let Some(start) = start.as_deref().filter(|start| !STARTS.contains(start)) {
        return Err(wrong("StartTls", &STARTS.join(" or "), &start.into()));
    }
    let wanted = Wanted {
        start,
        server_name: parameters.text("ServerName")?,
        names: parameters.texts("Names")?.unwrap_or_default(),
        versions: parameters.texts("Versions")?.unwrap_or_default(),
        is_verified: parameters.choice("Verify")?.unwrap_or(true),
        trust: trust_of(parameters)?,
        thresholds: Thresholds::of(parameters, MEASURES)?,
    };
    let deadline = Deadline::of(request.timeout, targets.len());
    let mut report = Report::default();
    for (target, found) in fan_out::each(&targets, deadline, move |target: &Endpoint| wanted.look_at(target, deadline))
    {
        report.add(found.unwrap_or_else(|| Component::failed(target.text, &deadline.passed())));
    }
    report.findings()
}

/// What `CaFile`, `ClientCert` and `ClientKey` say.
pub(super) fn trust_of(parameters: Parameters<'_>) -> Result<Trust, String> {
    let (certificate, key) = (parameters.text("ClientCert")?, parameters.text("ClientKey")?);
    let own = match (&certificate, &key) {
        (Some(certificate), Some(key)) => Some((certificate.as_str(), key.as_str())),
        (None, None) => None,
        _ => return Err("ClientCert and ClientKey belong together: set both or neither".to_owned()),
    };
    Trust::of(parameters.text("CaFile")?.as_deref(), own)
}

impl Wanted {
    fn look_at(&self, target: &Endpoint, deadline: Deadline) -> Component {
        let mut component = Component::new(&target.text);
        match self.connect(target, deadline, &mut component) {
            Err(reason) => component.error(&reason),
            Ok(mut secured) => {
                self.judge(&secured, &mut component);
                if let Some(reason) = secured.refusal() {
                    component.error(&reason);
                }
                component.number(&self.thresholds, "Handshake", secured.seconds);
            }
        }
        component
    }

    fn connect(
        &self,
        target: &Endpoint,
        deadline: Deadline,
        component: &mut Component,
    ) -> Result<Secured<impl Read + Write + use<>>, String> {
        let (mut stream, phases) = connection::connect(&target.host, target.port, deadline.end_of_look())?;
        component.number(&self.thresholds, "Connect", phases.connect);
        if let Some(protocol) = &self.start {
            start_tls(&mut stream, protocol).map_err(|reason| format!("no STARTTLS over {protocol}: {reason}"))?;
        }
        self.trust.handshake(stream, self.server_name.as_deref().unwrap_or(&target.host))
    }

    fn judge<S: Read + Write>(&self, secured: &Secured<S>, component: &mut Component) {
        component.fact(format!("TLS {}", secured.version));
        if !self.versions.is_empty() && !self.versions.iter().any(|version| version == secured.version) {
            component.error(&format!("wanted TLS {}, got {}", self.versions.join(" or "), secured.version));
        }
        judge_certificate(
            &secured.chain,
            secured.authority.as_ref(),
            secured.distrust.as_deref().filter(|_| self.is_verified),
            &self.thresholds,
            component,
        );
        let names = secured.chain.first().and_then(|own| Certificate::of(own)).map(|it| it.names).unwrap_or_default();
        for name in self.names.iter().filter(|name| !names.contains(name)) {
            component.error(&format!("wanted a certificate for {name}, got one for {}", names.join(", ")));
        }
    }
}

/// The days that the first certificate of a chain has left, or the one behind it that ends before it; its names and issuer,
/// and why it is not trusted.
pub(super) fn judge_certificate(
    chain: &[Vec<u8>],
    authority: Option<&Certificate>,
    distrust: Option<&str>,
    thresholds: &Thresholds,
    component: &mut Component,
) {
    let Some(certificate) = chain.first().and_then(|own| Certificate::of(own)) else {
        return component.error("the certificate is not understood");
    };
    let names = certificate.names.join(", ");
    let issuer = certificate.issuer.as_deref().unwrap_or("an issuer without a name");
    if let Some(reason) = distrust {
        component.error(&format!("wanted a certificate that is trusted, got one of {issuer} for {names}: {reason}"));
    }
    let now =
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| i64::try_from(now.as_secs()).unwrap_or(i64::MAX));
    if certificate.not_before > now {
        component.error("the certificate is not valid yet");
    }
    let first_to_end = authority.filter(|authority| authority.not_after < certificate.not_after);
    let not_after = first_to_end.map_or(certificate.not_after, |authority| authority.not_after);
    #[expect(clippy::cast_precision_loss, reason = "a limit needs fewer digits")]
    component.number(thresholds, DAYS.name, (not_after - now) as f64);
    component.fact(format!("{names} by {issuer}"));
    if let Some(authority) = first_to_end {
        component.fact(format!("the certificate of {} in its chain ends first", authority.names.join(", ")));
    }
}

/// Asks for TLS in the words of a protocol.
fn start_tls(stream: &mut (impl Read + Write), protocol: &str) -> Result<(), String> {
    if protocol == "postgres" {
        // SSLRequest; the answer is one letter.
        stream.write_all(&[0, 0, 0, 8, 4, 210, 22, 47]).map_err(|error| reason(&error))?;
        let mut answer = [0];
        stream.read_exact(&mut answer).map_err(|error| reason(&error))?;
        return match answer[0] {
            b'S' => Ok(()),
            b'N' => Err("the server has no TLS".to_owned()),
            other => Err(format!("the answer is {}", quote(&char::from(other).to_string()))),
        };
    }
    let mut lines = Lines(BufReader::with_capacity(1, stream));
    match protocol {
        "smtp" => {
            lines.expect("220")?;
            lines.send("EHLO smokerd\r\n")?;
            // Who is not offered it sends mail without: that the word is understood is not enough.
            let offers = lines.expect("250")?;
            if !offers.lines().any(|line| line.get(4..).is_some_and(|it| it.trim().eq_ignore_ascii_case("STARTTLS"))) {
                return Err("the server does not offer it".to_owned());
            }
            lines.send("STARTTLS\r\n")?;
            lines.expect("220").map(drop)
        }
        "imap" => {
            lines.expect("* OK")?;
            lines.send("a STARTTLS\r\n")?;
            lines.expect("a OK").map(drop)
        }
        _ => {
            lines.expect("+OK")?;
            lines.send("STLS\r\n")?;
            lines.expect("+OK").map(drop)
        }
    }
}

/// Lines of a protocol, read byte by byte: what is behind them belongs to the handshake.
struct Lines<S: Read>(BufReader<S>);

impl<S: Read + Write> Lines<S> {
    fn send(&mut self, line: &str) -> Result<(), String> {
        self.0.get_mut().write_all(line.as_bytes()).map_err(|error| reason(&error))
    }

    /// Reads lines up to the one that ends an answer, which has to begin so; all of them.
    fn expect(&mut self, beginning: &str) -> Result<String, String> {
        let mut all = String::new();
        for _ in 0..100 {
            let mut line = Vec::new();
            (&mut self.0).take(4096).read_until(b'\n', &mut line).map_err(|error| reason(&error))?;
            let line = String::from_utf8_lossy(&line).into_owned();
            if line.is_empty() {
                return Err("the connection was closed".to_owned());
            }
            all.push_str(&line);
            // SMTP continues an answer by a hyphen behind its code; IMAP sends lines of no tag between.
            let is_continued = line.as_bytes().get(3) == Some(&b'-') || (line.starts_with("* ") && beginning != "* OK");
            if is_continued && !line.starts_with(['4', '5']) {
                continue;
            }
            return if line.starts_with(beginning) { Ok(all) } else { Err(format!("the answer is {}", quote(&line))) };
        }
        Err("the answer has no end".to_owned())
    }
}
