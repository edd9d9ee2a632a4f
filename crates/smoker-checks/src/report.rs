//! The findings of a check: a component for each thing looked at, with its numbers.

use smoker_model::messages::{Level, Messages};
use smoker_model::perfdata::PerfDatum;
use smoker_model::result::Findings;
use smoker_model::status::Status;

use crate::components::{BoundedComponents, level_of, worse};
use crate::measure::thresholds::Thresholds;
use crate::unit::plain;

/// More numbers than this are not kept, as of monitoring plugins.
const MAX_PERFDATA: usize = 10_000;

/// One thing that was looked at.
#[derive(Debug)]
pub(crate) struct Component {
    name: String,
    status: Status,
    messages: Messages,
    /// The numbers that are good, and facts, for one message.
    good: Vec<String>,
    perfdata: Vec<PerfDatum>,
    /// Whether performance data begin with the name of the component.
    is_named: bool,
}

impl Component {
    /// One of several things of a kind; its performance data begin with its name.
    pub(crate) fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            status: Status::Ok,
            messages: Messages::new(),
            good: Vec::new(),
            perfdata: Vec::new(),
            is_named: true,
        }
    }

    /// The one thing that a check looks at.
    pub(crate) fn single(name: &str) -> Self {
        Self { is_named: false, ..Self::new(name) }
    }

    /// One that could not be looked at.
    pub(crate) fn failed(name: impl Into<String>, reason: &str) -> Self {
        let mut component = Self::new(name);
        component.error(reason);
        component
    }

    /// Something that is as it should be.
    pub(crate) fn fact(&mut self, text: impl Into<String>) {
        self.good.push(text.into());
    }

    /// Something that is not as it should be.
    pub(crate) fn error(&mut self, text: &str) {
        self.say(Status::Error, text);
    }

    /// Something that somebody should look at.
    pub(crate) fn warn(&mut self, text: &str) {
        self.say(Status::Warn, text);
    }

    /// A message that explains a status.
    pub(crate) fn say(&mut self, status: Status, text: &str) {
        self.status = worse(self.status, status);
        self.messages.add(level_of(status), text);
    }

    /// The messages that explain a status, as somebody else wrote them.
    pub(crate) fn say_all(&mut self, status: Status, messages: &Messages) {
        self.status = worse(self.status, status);
        for level in Level::ALL {
            messages.level(level).for_each(|text| self.messages.add(level, text));
        }
    }

    /// A number that the check declares, judged by the conditions on it.
    pub(crate) fn number(&mut self, thresholds: &Thresholds, name: &str, value: f64) {
        let judgement = thresholds.judge(name, value);
        let Some(measure) = thresholds.measure(name) else { return };
        let shown = format!("{name} {}", measure.unit.show(value));
        match judgement.wanted {
            Some(wanted) => self.say(judgement.status, &format!("{shown}, wanted {wanted}")),
            None => self.good.push(shown),
        }
        let label = self.label(name);
        self.perfdata.push(PerfDatum {
            label,
            value: plain(value, 6).parse().ok(),
            unit: measure.unit.of_perfdata().to_owned(),
            warn: judgement.warn,
            crit: judgement.crit,
            min: None,
            max: None,
        });
    }

    /// The gravest status so far.
    pub(crate) fn status(&self) -> Status {
        self.status
    }

    /// Whether this number was measured.
    fn has_number(&self, name: &str) -> bool {
        let label = self.label(name);
        self.perfdata.iter().any(|datum| datum.label == label)
    }

    /// What is not measured is not good: an error where `Warn` or `Error` limits a number that is not known, for this reason.
    pub(crate) fn require(&mut self, thresholds: &Thresholds, name: &str, reason: &str) {
        if self.is_good() && thresholds.is_limited(name) && !self.has_number(name) {
            self.error(&format!("{name} has a limit and is not known: {reason}"));
        }
    }

    fn label(&self, name: &str) -> String {
        if self.is_named { format!("{} {name}", self.name) } else { name.to_owned() }
    }

    /// Whether nothing is wrong so far.
    pub(crate) fn is_good(&self) -> bool {
        self.status == Status::Ok
    }
}

/// The findings of a check while it runs.
#[derive(Debug, Default)]
pub(crate) struct Report {
    components: BoundedComponents,
    perfdata: Vec<PerfDatum>,
}

impl Report {
    /// Adds what was found of one thing.
    pub(crate) fn add(&mut self, component: Component) {
        let Component { name, status, mut messages, good, perfdata, .. } = component;
        if !good.is_empty() {
            messages.add(Level::Info, &good.join(", "));
        }
        self.components.add_new(&name, status, &messages);
        let room = MAX_PERFDATA.saturating_sub(self.perfdata.len());
        self.perfdata.extend(perfdata.into_iter().take(room));
    }

    /// The findings; the gravest component decides.
    pub(crate) fn findings(self) -> Result<Findings, String> {
        let perfdata = self.perfdata;
        self.components.findings().map(|findings| Findings { perfdata, ..findings })
    }
}

impl From<Component> for Report {
    fn from(component: Component) -> Self {
        let mut report = Self::default();
        report.add(component);
        report
    }
}
