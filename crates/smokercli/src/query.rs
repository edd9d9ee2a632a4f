//! What a command line means.

use std::path::PathBuf;

use smoker_model::status::Status;

use crate::cli::Args;
use crate::error::Failure;
use crate::exit_code::Strictness;
use crate::filter::{Filter, Sense, Test};
use crate::render::format::{Format, FormatName};
use crate::render::template::Template;
use crate::terminal::progress::Verbosity;
use crate::terminal::style::{ColorChoice, Style};
use crate::transport::web::{ProxyChoice, WebOptions};

/// What is done with the plugins that are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Their names are listed.
    List,
    /// Their last results are shown.
    Show,
    /// They are run.
    Force,
}

/// A command line whose every part has been understood, but for the hosts.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) action: Action,
    pub(crate) filter: Filter,
    pub(crate) format: Format,
    pub(crate) style: Style,
    pub(crate) strictness: Strictness,
    pub(crate) web: WebOptions,
}

impl Query {
    /// Checks what was typed: first the format, then the filters.
    pub(crate) fn new(args: &Args) -> Result<Self, Failure> {
        let name = FormatName::parse(&args.pretty)
            .ok_or_else(|| Failure::new(format!("Invalid pretty output {}", args.pretty)))?;
        let filter = filter(args)?;
        let action = match (args.list, args.force) {
            (true, _) => Action::List,
            (false, true) => Action::Force,
            (false, false) => Action::Show,
        };
        // Whatever is not printed is not looked at, such as the template of an xml that -l replaces.
        let name = if action == Action::List { FormatName::Json } else { name };
        Ok(Self {
            action,
            filter,
            format: format(name, args.junit_config_file.as_ref())?,
            style: Style::detect(color(args)),
            strictness: if args.exitcode { Strictness::Strict } else { Strictness::Lenient },
            web: web(args),
        })
    }
}

/// How much is told on standard error.
pub(crate) fn verbosity(args: &Args) -> Verbosity {
    match (args.debug, args.verbose, args.no_progress) {
        (true, _, _) => Verbosity::Debug,
        (_, true, _) => Verbosity::Verbose,
        (_, _, true) => Verbosity::Quiet,
        _ => Verbosity::Progress,
    }
}

fn format(name: FormatName, template: Option<&PathBuf>) -> Result<Format, Failure> {
    Ok(match name {
        FormatName::Text(detail) => Format::Text(detail),
        FormatName::Raw => Format::Raw,
        FormatName::Json => Format::Json,
        FormatName::Ndjson => Format::Ndjson,
        FormatName::Tap => Format::Tap,
        FormatName::Junit => Format::Junit,
        FormatName::Table => Format::Table { width: terminal_width() },
        FormatName::Xml => {
            let template = template.map_or_else(|| Ok(Template::default()), |path| Template::load(path));
            Format::Xml(Box::new(template.map_err(|error| Failure::new(error.to_string()))?))
        }
    })
}

fn terminal_width() -> Option<usize> {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    columns.or_else(|| terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| width.0.into()))
}

fn color(args: &Args) -> ColorChoice {
    match args.color.as_str() {
        _ if args.no_colors => ColorChoice::Never,
        "always" => ColorChoice::Always,
        "never" => ColorChoice::Never,
        _ => ColorChoice::Auto,
    }
}

fn web(args: &Args) -> WebOptions {
    let proxy = match args.proxy.as_deref() {
        None => ProxyChoice::None,
        Some("env") => ProxyChoice::Environment,
        Some(url) => ProxyChoice::Url(url.to_owned()),
    };
    let connect_timeout = Some(args.connect_timeout);
    WebOptions { connect_timeout, timeout: args.timeout, parallel: args.parallel, hosts: 1, proxy }
}

fn filter(args: &Args) -> Result<Filter, Failure> {
    let invalid = || Failure::new("Invalid filter parameter format!");
    let mut tests = Vec::new();
    for text in &args.filter {
        tests.push(Test::parse(text).ok_or_else(invalid)?);
    }
    let category = args.category.iter().map(|value| Test::new("Category", value));
    let component = args.component.iter().map(|value| Test::new("Component", value));
    tests.extend(category.chain(component));
    let types = [(args.health, "healthCheck"), (args.smoke, "smokeTest")];
    Ok(Filter {
        sense: if args.exclude { Sense::Drop } else { Sense::Keep },
        names: args.plugins.clone(),
        excluded_names: args.exclude_plugins.clone(),
        tests,
        types: types.into_iter().filter(|(wanted, _)| *wanted).map(|(_, name)| name.to_owned()).collect(),
        locked: args.locked,
        statuses: statuses(args),
    })
}

/// `--filter-status`, else `--nook`, else the sum of the single ones, else no filter.
fn statuses(args: &Args) -> Option<Vec<Status>> {
    const ALL: [Status; 4] = [Status::Ok, Status::Warn, Status::Error, Status::Unknown];
    if !args.filter_status.is_empty() {
        let wanted = |status: &Status| args.filter_status.iter().any(|name| name == status.as_str());
        return Some(ALL.into_iter().filter(wanted).collect());
    }
    if args.nook {
        return Some(vec![Status::Error, Status::Warn, Status::Unknown]);
    }
    let single = [args.ok, args.warn, args.error, args.unknown];
    let wanted: Vec<_> = ALL.into_iter().zip(single).filter(|(_, wanted)| *wanted).map(|(status, _)| status).collect();
    (!wanted.is_empty()).then_some(wanted)
}
