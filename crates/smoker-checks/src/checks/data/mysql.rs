//! `Check: mysql`: whether `MySQL` and `MariaDB` greet.

use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::Findings;

use crate::checks::data::server::{self, Stream, TIME, read_exact};
use crate::matchers::matcher::{Matcher, PlainText};
use crate::measure::declaration::Measure;
use crate::measure::thresholds::Thresholds;
use crate::parameters::Parameters;
use crate::report::Component;
use crate::spec::{ParameterSpec, ParameterType, Spec};

const MEASURES: &[Measure] = &[TIME];

const VERSION: ParameterType = ParameterType::Custom {
    form: "[matcher](#matchers)",
    read: |name, value| Matcher::of(name, value, PlainText::Contained).map(drop),
};

const PARAMETERS: &[ParameterSpec] = &[
    server::addresses("localhost:3306"),
    server::ADDRESS,
    ParameterSpec::optional("Version", VERSION, "any", "the version that it greets with"),
    ParameterSpec::warn(MEASURES),
    ParameterSpec::error(MEASURES),
];

/// What the page shows.
pub(crate) const EXAMPLE: &str = "\
MySql:
  Check: mysql
  Address: 127.0.0.1
  Error: \"> 5s\"
";

/// The declaration of this check.
pub(crate) const fn spec() -> Spec {
    Spec::check("mysql", "reads the greeting of MySQL and MariaDB", "a component for each server", PARAMETERS)
}

/// Runs the check.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let parameters = Parameters::of(request);
    let thresholds = Thresholds::of(parameters, MEASURES)?;
    let version = parameters.get("Version");
    let version = version.map(|value| Matcher::of("Version", value, PlainText::Contained)).transpose()?;
    server::run(request, ("localhost", 3306), thresholds, move |stream, _, component| {
        exchange(stream, version.as_ref(), component)
    })
}

fn exchange(stream: &mut dyn Stream, wanted: Option<&Matcher>, component: &mut Component) -> Result<(), String> {
    let head = read_exact(stream, 4)?;
    let length = usize::from(head[0]) | usize::from(head[1]) << 8 | usize::from(head[2]) << 16;
    if length == 0 || length > 4096 {
        return Err("the greeting is not that of MySQL".to_owned());
    }
    let packet = read_exact(stream, length)?;
    match packet[0] {
        // The number of the protocol; the version ends with a zero byte.
        9 | 10 => {
            let end = packet.iter().position(|byte| *byte == 0).filter(|end| *end > 1);
            let end = end.ok_or("the greeting is not that of MySQL: it has no version")?;
            let version = String::from_utf8_lossy(&packet[1..end]).into_owned();
            match wanted.and_then(|wanted| wanted.fault(&version)) {
                Some(fault) => component.error(&format!("version: {fault}")),
                None => component.fact(format!("version {version}")),
            }
            Ok(())
        }
        255 => {
            let code = u16::from_le_bytes([*packet.get(1).unwrap_or(&0), *packet.get(2).unwrap_or(&0)]);
            let text = String::from_utf8_lossy(packet.get(3..).unwrap_or_default()).into_owned();
            Err(format!("the server refuses connections: error {code}: {text}"))
        }
        _ => Err("the greeting is not that of MySQL".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::data::server::Scripted;

    #[test]
    fn a_greeting_has_a_version() {
        let exchanged = |packet: &[u8]| {
            let length = u8::try_from(packet.len()).expect("short");
            let mut stream = Scripted::new(&[&[length, 0, 0, 0][..], packet].concat());
            exchange(&mut stream, None, &mut Component::single("mysql"))
        };
        assert_eq!(exchanged(b"\x0a8.0.1\0rest"), Ok(()));
        for packet in [&b"\x0a"[..], b"\x0a\0", b"\x0a8.0", b"\x05x\0"] {
            assert!(exchanged(packet).is_err_and(|reason| reason.starts_with("the greeting is not that of MySQL")));
        }
    }
}
