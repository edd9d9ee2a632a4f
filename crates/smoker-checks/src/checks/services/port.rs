//! `Check: port`: who waits for connections on this host.

use std::net::IpAddr;

use serde_json::Value as Json;
use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::Findings;

use crate::checks::services::sockets::{self, Listener, Transport};
use crate::matchers::glob;
use crate::parameters::{Parameters, targets_of};
use crate::report::{Component, Report};
use crate::spec::{Absence, ParameterSpec, ParameterType, Spec};

const PORTS: ParameterType = ParameterType::Custom { form: "port, or list of ports", read: verify };

const PARAMETERS: &[ParameterSpec] = &[
    ParameterSpec {
        name: "Ports",
        accepts: PORTS,
        absence: Absence::FailsWithoutOther,
        meaning: "ports such as `22`, `udp/53`, `127.0.0.1:5432` or `udp/[::1]:53`; without an address any counts; `tcp4/`, `tcp6/`, `udp4/` and \
                  `udp6/` are sockets of one family alone",
    },
    ParameterSpec { name: "Port", accepts: PORTS, absence: Absence::FailsWithoutOther, meaning: "as `Ports`, for one" },
    ParameterSpec::optional(
        "Addresses",
        ParameterType::TextList,
        "any",
        "addresses that something should wait on as they are: `0.0.0.0` stands for a socket that waits on every one",
    ),
    ParameterSpec::optional("Listening", ParameterType::Boolean, "true", "false: nothing should wait there"),
    ParameterSpec::optional(
        "Process",
        ParameterType::Text,
        "any",
        "the name of the process that should wait there, with `*` and `?`; to see those of other accounts the check has to be root",
    ),
];

/// What the page shows.
pub(crate) const EXAMPLE: &str = "\
OwnPort:
  Check: port
  Port: 127.0.0.1:8086
  Process: smokerd
";

/// The declaration of this check.
pub(crate) const fn spec() -> Spec {
    Spec::check("port", "looks at who waits for connections on this host", "a component for each port", PARAMETERS)
}

/// A port as it is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted {
    text: String,
    transport: Transport,
    /// Whether it is a socket of IPv6; none: either.
    is_six: Option<bool>,
    address: Option<IpAddr>,
    port: u16,
}

/// Runs the check.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let parameters = Parameters::of(request);
    let texts = parameters.required_targets("Ports", "Port")?;
    let wanted: Vec<_> = texts.iter().map(|text| parse("Ports", text)).collect::<Result<_, _>>()?;
    let is_listening = parameters.choice("Listening")?.unwrap_or(true);
    let process = parameters.text("Process")?;
    let addresses = parameters.texts("Addresses")?.unwrap_or_default();
    let all = sockets::listeners()?;
    let mut report = Report::default();
    for one in wanted {
        let found: Vec<_> = all.iter().filter(|listener| one.is(listener)).collect();
        let mut component = judge(&one, &found, &all, is_listening, process.as_deref());
        let own: Vec<_> = found.iter().map(|listener| listener.address.to_string()).collect();
        for missing in addresses.iter().filter(|address| is_listening && !own.contains(address)) {
            let got = if own.is_empty() { "none".to_owned() } else { own.join(", ") };
            component.error(&format!("wanted the address {missing}, got {got}"));
        }
        report.add(component);
    }
    report.findings()
}

fn judge(
    wanted: &Wanted,
    found: &[&Listener],
    all: &[Listener],
    is_listening: bool,
    process: Option<&str>,
) -> Component {
    let mut component = Component::new(&wanted.text);
    let addresses = |listeners: &[&Listener]| {
        let mut texts: Vec<_> = listeners.iter().map(|listener| listener.address.to_string()).collect();
        texts.dedup();
        texts.join(", ")
    };
    if found.is_empty() {
        if !is_listening {
            component.fact("nothing waits there");
            return component;
        }
        let elsewhere: Vec<_> =
            all.iter().filter(|it| it.transport == wanted.transport && it.port == wanted.port).collect();
        let elsewhere = Some(addresses(&elsewhere)).filter(|texts| !texts.is_empty());
        let elsewhere = elsewhere.map(|texts| format!("; the port is open on {texts}")).unwrap_or_default();
        component.error(&format!("wanted something that waits there, got nothing{elsewhere}"));
        return component;
    }
    let holders = sockets::holders(found);
    let who =
        if holders.is_empty() { "a process that this account may not see".to_owned() } else { holders.join(", ") };
    if !is_listening {
        component.error(&format!("wanted nothing that waits there, got {who} on {}", addresses(found)));
        return component;
    }
    match process {
        Some(process) if holders.is_empty() => {
            component.error(&format!("wanted {process}, got {who}: run the check as root"));
        }
        Some(process) if !holders.iter().any(|holder| glob::matches(process, holder)) => {
            component.error(&format!("wanted {process}, got {who}"));
        }
        _ => component.fact(format!("{who} on {}", addresses(found))),
    }
    component
}

impl Wanted {
    /// A socket that waits on every address waits on each.
    fn is(&self, listener: &Listener) -> bool {
        let is_address = self.address.is_none_or(|address| {
            let is_any = listener.address.is_unspecified() && (listener.address.is_ipv6() || address.is_ipv4());
            listener.address == address || is_any
        });
        let is_family = self.is_six.is_none_or(|is_six| is_six == listener.is_six);
        listener.transport == self.transport && listener.port == self.port && is_family && is_address
    }
}

fn verify(name: &str, value: &Json) -> Result<(), String> {
    targets_of(name, value)?.iter().try_for_each(|text| parse(name, text).map(drop))
}

fn parse(name: &str, text: &str) -> Result<Wanted, String> {
    let (name_of_transport, rest) = text.split_once('/').unwrap_or(("tcp", text));
    let is_six = name_of_transport.ends_with('6').then_some(true);
    let is_six = is_six.or_else(|| name_of_transport.ends_with('4').then_some(false));
    let transport = match name_of_transport {
        "tcp" | "tcp4" | "tcp6" => Some(Transport::Tcp),
        "udp" | "udp4" | "udp6" => Some(Transport::Udp),
        _ => None,
    };
    let (address, port) = match rest.rsplit_once(':') {
        None => (Ok(None), rest),
        Some((address, port)) => (address.trim_matches(['[', ']']).parse().map(Some), port),
    };
    match (transport, address, port.parse()) {
        (Some(transport), Ok(address), Ok(port)) if port > 0 => {
            Ok(Wanted { text: text.to_owned(), transport, is_six, address, port })
        }
        _ => Err(format!(
            "{name} has to be ports such as 22, udp/53 or 127.0.0.1:5432, not '{text}': correct it in the configuration"
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, UdpSocket};

    use serde_json::json;

    use super::*;
    use crate::test_request::plugin;

    fn status(parameters: Json) -> &'static str {
        run(&plugin("port", parameters)).expect("findings").status.as_str()
    }

    #[test]
    fn a_port_that_is_open_is_found_by_its_transport_address_and_process() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
        let port = listener.local_addr().expect("an address").port();
        assert_eq!(status(json!({"Port": port})), "OK");
        assert_eq!(status(json!({"Ports": [format!("tcp/127.0.0.1:{port}")]})), "OK");
        assert_eq!(status(json!({"Ports": [format!("127.0.0.2:{port}")]})), "ERROR");
        assert_eq!(status(json!({"Port": port, "Listening": false})), "ERROR");
        assert_eq!(status(json!({"Port": port, "Process": "no such process"})), "ERROR");
        assert_eq!(status(json!({"Port": format!("udp/{port}")})), "ERROR");
        assert_eq!(status(json!({"Port": format!("tcp4/{port}"), "Addresses": "127.0.0.1"})), "OK");
        assert_eq!(status(json!({"Port": port, "Addresses": "0.0.0.0"})), "ERROR");
        assert_eq!(status(json!({"Port": format!("tcp6/{port}"), "Listening": false})), "OK");
        drop(listener);
        assert_eq!(status(json!({"Port": port})), "ERROR");
        assert_eq!(status(json!({"Port": port, "Listening": false})), "OK");
        let socket = UdpSocket::bind("0.0.0.0:0").expect("a socket");
        let port = socket.local_addr().expect("an address").port();
        assert_eq!(status(json!({"Port": format!("udp/127.0.0.1:{port}")})), "OK");
    }

    #[test]
    fn what_is_no_port_is_refused() {
        for text in ["", "0", "70000", "http", "icmp/5", "host:80", ":80"] {
            assert!(parse("Ports", text).is_err(), "{text}");
        }
        assert!(verify("Ports", &json!([])).is_err() && verify("Ports", &json!([22, "udp/[::1]:53"])).is_ok());
    }
}
