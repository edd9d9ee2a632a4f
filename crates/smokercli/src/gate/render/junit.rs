//! JUnit as Jenkins and GitLab read it: a suite for each host, a case for each part.
//!
//! What keeps the gate closed is a `failure`, and an `error` where nothing is known; what was bad before is `skipped`.

use smoker_model::verdict::outcome::{HostVerdict, Kind, PartVerdict};

use crate::gate::report::{GateReport, host_problem, host_problem_kind, host_remark, is_remarkable, part_text};
use crate::render::append::append;
use crate::render::escape::{attribute, xml};
use crate::terminal::sanitize;

#[derive(Default)]
struct Suite {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
    cases: String,
}

pub(super) fn render(report: &GateReport<'_>) -> String {
    let suites: Vec<_> = report
        .rows()
        .map(|(host, verdict)| (host.address.label.as_str(), suite(&host.address.label, verdict, report.settle)))
        .collect();
    let sum = |count: fn(&Suite) -> usize| suites.iter().map(|(_, suite)| count(suite)).sum::<usize>();
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"smokercli gate\" tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{:.3}\">\n",
        sum(|suite| suite.tests),
        sum(|suite| suite.failures),
        sum(|suite| suite.errors),
        report.elapsed.as_secs_f64(),
    );
    for (at, (host, Suite { tests, failures, errors, skipped, cases })) in suites.iter().enumerate() {
        let name = attribute(&sanitize::line(host));
        // What is said of all has no other place that readers know.
        let notes = if at == 0 { notes(report) } else { String::new() };
        append(
            &mut out,
            format_args!(
                "  <testsuite name=\"{name}\" hostname=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\" time=\"0\">\n{cases}{notes}  </testsuite>\n"
            ),
        );
    }
    out.push_str("</testsuites>\n");
    out
}

fn notes(report: &GateReport<'_>) -> String {
    let lines: Vec<_> = report.notes().iter().map(|note| xml(&sanitize::line(note))).collect();
    if lines.is_empty() { String::new() } else { format!("    <system-out>{}</system-out>\n", lines.join("\n")) }
}

fn suite(host: &str, verdict: &HostVerdict, settle: u32) -> Suite {
    let mut suite = Suite::default();
    if let Some(problem) = host_problem(verdict) {
        suite.errors += 1;
        suite.case(host, host, None, &element("error", host_problem_kind(verdict), &problem));
    }
    if let Some(remark) = host_remark(verdict) {
        suite.case(host, host, None, &format!("      <system-out>{}</system-out>\n", xml(&sanitize::line(&remark))));
    }
    for part in &verdict.parts {
        let class = format!("{host}.{}", part.part.plugin);
        let name = part.part.component.as_ref().unwrap_or(&part.part.plugin);
        let body = suite.body(part, &part_text(part, settle));
        suite.case(&class, name, part.seconds, &body);
    }
    suite
}

impl Suite {
    fn body(&mut self, part: &PartVerdict, text: &str) -> String {
        match part.kind {
            Kind::Silent | Kind::Missing => {
                self.errors += 1;
                element("error", part.kind.as_str(), text)
            }
            _ if part.blocks => {
                self.failures += 1;
                element("failure", part.kind.as_str(), text)
            }
            Kind::KnownFailure => {
                self.skipped += 1;
                format!("      <skipped message=\"{}\"/>\n", attribute(&sanitize::line(text)))
            }
            _ if is_remarkable(part) => format!("      <system-out>{}</system-out>\n", xml(&sanitize::line(text))),
            _ => String::new(),
        }
    }

    fn case(&mut self, class: &str, name: &str, seconds: Option<f64>, body: &str) {
        self.tests += 1;
        let (class, name) = (attribute(&sanitize::line(class)), attribute(&sanitize::line(name)));
        let time = seconds.map_or_else(|| "0".to_owned(), |seconds| format!("{seconds:.3}"));
        let head = format!("    <testcase classname=\"{class}\" name=\"{name}\" time=\"{time}\"");
        if body.is_empty() {
            append(&mut self.cases, format_args!("{head}/>\n"));
        } else {
            append(&mut self.cases, format_args!("{head}>\n{body}    </testcase>\n"));
        }
    }
}

fn element(element: &str, kind: &str, text: &str) -> String {
    let text = sanitize::line(text);
    format!("      <{element} type=\"{kind}\" message=\"{}\">{}</{element}>\n", attribute(&text), xml(&text))
}
