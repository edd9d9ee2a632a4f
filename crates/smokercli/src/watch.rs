//! What `smokercli --watch` does: it shows what happens on hosts until it is interrupted.

use std::fmt::Write;
use std::io::IsTerminal;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value as Json, json};
use smoker_model::counted::counted;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use crate::client::host::HostAnswer;
use crate::client::session::Session;
use crate::client::watch::{Change, Changes, SentChange, follow};
use crate::error::ExitError;
use crate::filter::FilterMode;
use crate::inventory::address::HostAddress;
use crate::plugin::Plugin;
use crate::query::{Query, terminal_width};
use crate::render;
use crate::render::format::{Detail, Format};
use crate::report::history::PastResult;
use crate::report::{HostReport, HostState, MISSING, NO_PLUGIN, Report};
use crate::terminal::output;
use crate::transport::any::AnyTransport;

/// How many changes wait at most until they are shown; hosts that have more wait, too.
const WAITING_CHANGES: usize = 256;
/// How long after the first change that is not drawn yet the table is drawn: what comes meanwhile is drawn with it.
const REDRAW_DELAY: Duration = Duration::from_millis(100);

/// A host that is watched.
struct WatchedHost {
    name: String,
    /// Its address, as it was typed.
    label: String,
    /// The plugins that the call selects, in any status.
    plugins: Vec<Plugin>,
    /// The names that the call asks for and the host has not.
    missing: Vec<String>,
    /// Why it cannot be asked at the moment.
    failure: Option<String>,
    has_answered: bool,
}

/// All hosts, and how they are shown.
struct Watch<'a> {
    query: &'a Query,
    hosts: Vec<WatchedHost>,
    /// Whether a table is drawn again and again; else there is a line for each result.
    draws: bool,
}

/// Whether the format is one that can be watched.
///
/// # Errors
///
/// When it is another one.
pub(crate) fn check_format(format: &Format) -> Result<(), ExitError> {
    match format {
        Format::Text(Detail::Normal) | Format::Table { .. } | Format::Ndjson => Ok(()),
        _ => Err(ExitError::new("--watch has no such format; it shows a table on a terminal, and ndjson elsewhere")),
    }
}

/// Shows what happens until nobody reads it.
///
/// # Errors
///
/// When standard output cannot be written.
pub(crate) async fn run(
    query: &Query,
    addresses: &[HostAddress],
    session: &Session<'_, AnyTransport>,
) -> Result<(), ExitError> {
    let host = |address: &HostAddress| WatchedHost {
        name: address.label.clone(),
        label: address.label.clone(),
        plugins: Vec::new(),
        missing: Vec::new(),
        failure: None,
        has_answered: false,
    };
    let draws = std::io::stdout().is_terminal() && !matches!(query.format, Format::Ndjson);
    let mut watch = Watch { query, hosts: addresses.iter().map(host).collect(), draws };
    let (sender, mut changes) = mpsc::channel(WAITING_CHANGES);
    let sender = Changes::new(sender);
    let follow = |(number, address)| follow(session, number, address, sender.clone());
    let mut following = pin!(join_all(addresses.iter().enumerate().map(follow)));
    // When the table is drawn, if a change is not drawn yet. Later changes do not put it off.
    let mut redraw_at = None;
    loop {
        let redraw = async {
            match redraw_at {
                Some(moment) => sleep_until(moment).await,
                None => std::future::pending().await,
            }
        };
        let is_read = tokio::select! {
            // They never end by themselves.
            _ = &mut following => false,
            Some(SentChange { number, change, .. }) = changes.recv() => {
                if watch.draws {
                    redraw_at = redraw_at.or_else(|| Some(Instant::now() + REDRAW_DELAY));
                }
                output::print_while_read(&watch.take(number, change))?
            }
            () = redraw => {
                redraw_at = None;
                output::print_while_read(&watch.drawing())?
            }
        };
        if !is_read {
            return Ok(());
        }
    }
}

impl Watch<'_> {
    /// Takes a change over, and returns the lines that it gives.
    fn take(&mut self, number: usize, change: Change) -> String {
        let draws = self.draws;
        let is_taken = |name: &str| {
            let others = self.hosts.iter().enumerate().filter(|(other, _)| *other != number);
            others.into_iter().any(|(_, host)| host.name == name)
        };
        let change = match change {
            // Two daemons may have one name: the second is shown with its address, as in every report.
            Change::Plugins(answer) if is_taken(&answer.name) => {
                let name = format!("{} ({})", answer.name, self.hosts[number].label);
                Change::Plugins(Box::new(HostAnswer { name, ..*answer }))
            }
            other => other,
        };
        let host = &mut self.hosts[number];
        let lines = match change {
            Change::Plugins(answer) => host.set_plugins(*answer, self.query),
            Change::Result(result) => host.set_result(&result, self.query),
            Change::Gap(missing) => vec![json!({"host": host.name, "gap": missing})],
            Change::Failed(error) => {
                let reason = error.reason.to_string();
                let is_new = host.failure.replace(reason.clone()).is_none();
                let state = HostState::Unreachable.as_str();
                let line = json!({"host": host.name, "status": state, "error": reason});
                if is_new { vec![line] } else { Vec::new() }
            }
        };
        if draws { String::new() } else { lines.iter().map(render::json_line).collect() }
    }

    /// The table, at the top of the terminal, as far as it has room.
    fn drawing(&self) -> String {
        let host = |host: &WatchedHost| {
            if let Some(reason) = &host.failure {
                return HostReport::unreachable(host.name.clone(), reason.clone());
            }
            let is_wanted = |plugin: &&Plugin| self.query.filter.has_status(plugin.status());
            let plugins = host.plugins.iter().filter(is_wanted).cloned().collect();
            HostReport::reached(host.name.clone(), plugins).lacking(host.missing.clone())
        };
        let known = self.hosts.iter().filter(|host| host.has_answered || host.failure.is_some());
        let report = Report::new(known.map(host).collect());
        let format = Format::Table { width: terminal_width() };
        let table = render::render(&report, &format, self.query.style);
        let rows = terminal_size::terminal_size_of(std::io::stdout()).map_or(usize::MAX, |(_, rows)| rows.0.into());
        let mut out = "\x1b[H".to_owned();
        let all: Vec<_> = table.lines().collect();
        let shown = if all.len() < rows { all.len() } else { rows.saturating_sub(2) };
        for line in &all[..shown] {
            out.push_str(line);
            out.push_str("\x1b[K\n");
        }
        if shown < all.len() {
            let _ = writeln!(out, "... and {}\x1b[K", counted(all.len() - shown, "more line"));
        }
        out + "\x1b[J"
    }
}

impl WatchedHost {
    /// Returns lines for the newest results when they are the first.
    fn set_plugins(&mut self, answer: HostAnswer, query: &Query) -> Vec<Json> {
        (self.name, self.failure) = (answer.name, None);
        let filter = {
            let names = answer.plugins.iter().map(Plugin::name);
            if query.filter.mode == FilterMode::Keep {
                let wanted = query.filter.wanted_names(&names).into_iter();
                self.missing = wanted.filter(|name| !name.is_among(names.clone())).map(|name| name.typed).collect();
            }
            query.filter.in_any_status().resolve_names(&names)
        };
        self.plugins = answer.plugins;
        self.plugins.retain(|plugin| filter.selects(plugin));
        if std::mem::replace(&mut self.has_answered, true) {
            return Vec::new();
        }
        let wanted = self.plugins.iter().filter(|plugin| query.filter.has_status(plugin.status()));
        let results =
            wanted.filter_map(|plugin| Some(self.line(&PastResult::of_plugin(plugin.name(), plugin.view().result()?))));
        let missing = self
            .missing
            .iter()
            .map(|plugin| json!({"host": self.name, "plugin": plugin, "status": MISSING, "error": NO_PLUGIN}));
        results.chain(missing).collect()
    }

    /// Returns the line of the result, if it is wanted.
    fn set_result(&mut self, result: &PastResult, query: &Query) -> Vec<Json> {
        let Some(plugin) = self.plugins.iter_mut().find(|plugin| plugin.name() == result.plugin()) else {
            return Vec::new();
        };
        // A run that the end of the daemon has ended says nothing of what it checks.
        if !result.is_interrupted() {
            *plugin = plugin.with_result(result.result());
        }
        if query.filter.has_status(result.status()) { vec![self.line(result)] } else { Vec::new() }
    }

    fn line(&self, result: &PastResult) -> Json {
        let host = [("host".to_owned(), Json::from(self.name.as_str()))];
        Json::Object(host.into_iter().chain(result.as_json().clone()).collect())
    }
}
