//! What a command line asks for, checked.

use std::path::PathBuf;

use serde_json::{Map, Value as Json};
use smoker_model::status::Status;

use crate::cli::args::Args;
use crate::cli::moment::Moment;
use crate::cli::options::console_args::ConsoleArgs;
use crate::cli::options::filter_args::FilterArgs;
use crate::error::ExitError;
use crate::exit_code::fail_on::{FailOn, FailState};
use crate::filter::{Filter, FilterMode, ParameterTest};
use crate::render::data::template::Template;
use crate::render::format::{Detail, Format, FormatName};
use crate::render::layout::Layout;
use crate::terminal::console::Verbosity;
use crate::terminal::style::{ColorChoice, Style};

/// From when on results of the past are shown, unless the call says it.
const DEFAULT_SINCE: &str = "24h";

/// What is done with the selected plugins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QueryAction {
    /// Their names are listed.
    List,
    /// Their last results are shown.
    Show,
    /// They are run.
    Force,
    /// Their results of the past are shown.
    History,
    /// Their results are shown as they come.
    Watch,
}

/// A checked command line, without the hosts.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) action: QueryAction,
    pub(crate) filter: Filter,
    pub(crate) format: Format,
    pub(crate) style: Style,
    pub(crate) fail_on: FailOn,
    /// Words of `--filter-status` that are no states.
    pub(crate) unknown_states: Vec<String>,
    /// From when on results of the past are shown.
    pub(crate) since: String,
    /// Whether hosts that look alike are shown once.
    pub(crate) collapses: bool,
    /// Values for parameters of the plugins that are run.
    pub(crate) parameters: Map<String, Json>,
}

impl Query {
    /// Checks the options: first the format, then the filters.
    ///
    /// # Errors
    ///
    /// When the format or a filter is invalid, or the template cannot be used.
    pub(crate) fn new(args: &Args) -> Result<Self, ExitError> {
        // The parser does not look for `--history` where `--watch` excludes it.
        if args.since.is_some() && !args.history {
            return Err(ExitError::usage("--since TIME belongs to --history; leave it out"));
        }
        let name = FormatName::parse(&args.pretty).ok_or_else(|| {
            ExitError::new(format!(
                "Invalid pretty output {}; the formats are {}",
                args.pretty,
                FormatName::ALL.map(|(name, _)| name).join(", ")
            ))
        })?;
        let action = match (args.list, args.force || !args.param.is_empty(), args.history || args.watch) {
            (true, ..) => QueryAction::List,
            (_, true, _) => QueryAction::Force,
            (.., true) if args.watch => QueryAction::Watch,
            (.., true) => QueryAction::History,
            _ => QueryAction::Show,
        };
        let filter = match action {
            QueryAction::History | QueryAction::Watch => filter(&args.filters)?.with_wanted_statuses(&STATUSES),
            QueryAction::List | QueryAction::Show | QueryAction::Force => filter(&args.filters)?,
        };
        if args.collapse && !name.can_collapse() {
            let format = &args.pretty;
            return Err(ExitError::usage(format!(
                "--collapse is for the formats minimal, normal, long, full and table, and not for {format}"
            )));
        }
        // A list has no format, so the template of an xml is not read.
        let name = if action == QueryAction::List { FormatName::Json } else { name };
        Ok(Self {
            action,
            filter,
            format: format_of(name, args)?,
            style: style(&args.console),
            fail_on: fail_on(args)?,
            unknown_states: unknown_states(&args.filters),
            collapses: args.collapse,
            parameters: parameters(&args.param)?,
            since: args.since.map_or_else(|| DEFAULT_SINCE.to_owned(), Moment::for_daemons),
        })
    }
}

impl Query {
    /// The names of plugins that the call asks for; empty for all.
    pub(crate) fn names(&self) -> &[String] {
        if self.filter.mode == FilterMode::Keep { &self.filter.names } else { &[] }
    }
}

/// The values of `--param`. They are texts; the daemon reads them by what the plugin declares.
fn parameters(given: &[String]) -> Result<Map<String, Json>, ExitError> {
    let mut parameters = Map::new();
    for text in given {
        let named = text.split_once('=').filter(|(name, _)| !name.is_empty());
        let (name, value) = named.ok_or_else(|| {
            ExitError::usage(format!("--param {text:?} has no value; write NAME=VALUE, such as host=db1"))
        })?;
        if parameters.insert(name.to_owned(), value.into()).is_some() {
            return Err(ExitError::usage(format!("--param gives {name} two values; remove one of the two")));
        }
    }
    Ok(parameters)
}

/// How much is written to standard error.
pub(crate) fn verbosity(args: &ConsoleArgs) -> Verbosity {
    match (args.debug, args.verbose, args.no_progress) {
        (true, _, _) => Verbosity::Debug,
        (_, true, _) => Verbosity::Verbose,
        (_, _, true) => Verbosity::Quiet,
        _ => Verbosity::Progress,
    }
}

/// The format, with the columns that are named; they make a table of what has no other form.
fn format_of(name: FormatName, args: &Args) -> Result<Format, ExitError> {
    if args.columns.is_empty() && args.sort.is_none() {
        return format(name, args.junit_config_file.as_ref());
    }
    if !matches!(name, FormatName::Table | FormatName::Text(Detail::Normal)) || args.list {
        return Err(ExitError::usage("--columns and --sort belong to -o table; leave them away, or the other format"));
    }
    if args.history || args.watch {
        return Err(ExitError::usage("--columns and --sort do not belong to --history and --watch; leave them away"));
    }
    Layout::parse(&args.columns, args.sort.as_deref()).map(Format::Columns).map_err(ExitError::usage)
}

fn format(name: FormatName, template: Option<&PathBuf>) -> Result<Format, ExitError> {
    Ok(match name {
        FormatName::Text(detail) => Format::Text(detail),
        FormatName::Raw => Format::Raw,
        FormatName::Json => Format::Json,
        FormatName::Ndjson => Format::Ndjson,
        FormatName::Tap => Format::Tap,
        FormatName::Tap14 => Format::Tap14,
        FormatName::Junit => Format::Junit,
        FormatName::Csv => Format::Csv,
        FormatName::Html => Format::Html,
        FormatName::Markdown => Format::Markdown,
        FormatName::Prometheus => Format::Prometheus,
        FormatName::Table => Format::Table { width: terminal_width() },
        FormatName::Xml => {
            let template = template.map_or_else(|| Ok(Template::default()), |path| Template::load(path));
            Format::Xml(Box::new(template.map_err(|error| ExitError::new(error.to_string()))?))
        }
    })
}

/// The warning about a template that the format does not have.
pub(crate) fn unused_template(args: &Args) -> Option<String> {
    let path = args.junit_config_file.as_ref().filter(|_| args.list || args.pretty != "xml")?.display();
    Some(format!("--junit-config-file {path} is not read: it is the template of -o xml"))
}

/// How many columns the terminal has, or the variable `COLUMNS` says.
pub(crate) fn terminal_width() -> Option<usize> {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    columns.or_else(|| terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| width.0.into()))
}

/// The colours of these options.
pub(crate) fn style(args: &ConsoleArgs) -> Style {
    Style::detect(match args.color.as_str() {
        _ if args.no_colors => ColorChoice::Never,
        "always" => ColorChoice::Always,
        "never" => ColorChoice::Never,
        _ => ColorChoice::Auto,
    })
}

/// The filter of these options.
///
/// # Errors
///
/// When a test of a parameter has no value.
pub(crate) fn filter(args: &FilterArgs) -> Result<Filter, ExitError> {
    let mut tests = Vec::new();
    for text in &args.filter {
        tests.push(ParameterTest::parse(text).ok_or_else(|| {
            ExitError::new(format!(
                "Invalid filter parameter format! --filter {text:?} has no value; write 'KEY VALUE' in quotes, such \
                 as --filter 'Category web'"
            ))
        })?);
    }
    let category = args.category.iter().map(|value| ParameterTest::new("Category", value));
    let component = args.component.iter().map(|value| ParameterTest::new("Component", value));
    tests.extend(category.chain(component));
    let types = [(args.health, "healthCheck"), (args.smoke, "smokeTest")];
    Ok(Filter {
        mode: if args.exclude { FilterMode::Drop } else { FilterMode::Keep },
        names: args.plugins.clone(),
        excluded_names: args.exclude_plugins.clone(),
        tests,
        types: types.into_iter().filter(|(wanted, _)| *wanted).map(|(_, name)| name.to_owned()).collect(),
        locked: args.locked,
        statuses: statuses(args),
    })
}

/// The filter of these options for a command that judges all states.
///
/// # Errors
///
/// When an option chooses by state, or a test of a parameter has no value.
pub(crate) fn judged_filter(args: &FilterArgs) -> Result<Filter, ExitError> {
    let by_state = [
        (args.error, "--error"),
        (args.warn, "--warn"),
        (args.unknown, "--unknown"),
        (args.ok, "--ok"),
        (args.nook, "--nook"),
        (!args.filter_status.is_empty(), "--filter-status"),
    ];
    match by_state.into_iter().find(|(is_given, _)| *is_given) {
        Some((_, option)) => Err(ExitError::usage(format!(
            "{option} chooses by state, and this command looks at all states; leave it out, or choose by -p, --category, \
             --smoke or --health"
        ))),
        None => filter(args),
    }
}

/// `--fail-on`, else what `--exitcode` looks at, or a budget alone; within the budget.
fn fail_on(args: &Args) -> Result<FailOn, ExitError> {
    let mut states = Vec::new();
    for name in words(&args.fail_on) {
        let state = FailState::parse(name).ok_or_else(|| {
            let known = FailState::ALL.map(|(known, _)| known).join(", ");
            ExitError::new(format!("--fail-on: unknown state {name:?}; the states are {known}"))
        })?;
        states.push(state);
    }
    let budget = args.budget.budget();
    let fail_on = match (states.is_empty(), args.exitcode || budget.is_some()) {
        (true, true) => FailOn::exitcode(),
        _ => FailOn::new(states),
    };
    Ok(fail_on.within(budget.unwrap_or_default()))
}

/// The statuses that plugins can have, for filters.
const STATUSES: [Status; 4] = [Status::Ok, Status::Warn, Status::Error, Status::Unknown];

/// The words of lists with commas. An item without any, such as an empty
/// variable of a script, stays as it is: it must not be taken for no option.
fn words(list: &[String]) -> impl Iterator<Item = &str> {
    list.iter().flat_map(|item| {
        let words: Vec<_> = item.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
        if words.is_empty() { vec![item.as_str()] } else { words }
    })
}

fn unknown_states(args: &FilterArgs) -> Vec<String> {
    let is_known = |name: &&str| STATUSES.iter().any(|status| status.as_str() == *name);
    words(&args.filter_status).filter(|name| !is_known(name)).map(str::to_owned).collect()
}

fn unknown_states_text(unknown: &[String]) -> String {
    let known = STATUSES.map(Status::as_str).join(", ");
    let unknown: Vec<_> = unknown.iter().map(|state| format!("{state:?}")).collect();
    format!("unknown state {}; the states are {known}", unknown.join(", "))
}

/// The filter of these options, in which states say what is wanted.
///
/// # Errors
///
/// When a test of a parameter has no value, or a state is unknown.
pub(crate) fn filter_of_states(args: &FilterArgs) -> Result<Filter, ExitError> {
    let unknown = unknown_states(args);
    if !unknown.is_empty() {
        return Err(ExitError::new(unknown_states_text(&unknown)));
    }
    Ok(filter(args)?.with_wanted_statuses(&STATUSES))
}

/// `--filter-status`, else `--nook`, else all single ones, else no filter. A
/// word that is no state selects nothing: part of an answer must not look like all of it.
fn statuses(args: &FilterArgs) -> Option<Vec<Status>> {
    if !args.filter_status.is_empty() {
        if !unknown_states(args).is_empty() {
            return Some(Vec::new());
        }
        let wanted = |status: &Status| words(&args.filter_status).any(|name| name == status.as_str());
        return Some(STATUSES.into_iter().filter(wanted).collect());
    }
    if args.nook {
        return Some(vec![Status::Error, Status::Warn, Status::Unknown]);
    }
    let single = [args.ok, args.warn, args.error, args.unknown];
    let wanted: Vec<_> =
        STATUSES.into_iter().zip(single).filter(|(_, wanted)| *wanted).map(|(status, _)| status).collect();
    (!wanted.is_empty()).then_some(wanted)
}

/// Why no plugin is selected although some pass everything but the filter of states.
pub(crate) fn nothing_in_state(query: &Query) -> String {
    if !query.unknown_states.is_empty() {
        return unknown_states_text(&query.unknown_states);
    }
    let wanted = query.filter.statuses.as_deref().unwrap_or_default();
    let wanted: Vec<_> = wanted.iter().map(|status| status.as_str()).collect();
    let how = if query.filter.has_only_statuses_to_drop() { "everything" } else { "nothing" };
    format!("{how} is in state {}", wanted.join(" or "))
}
