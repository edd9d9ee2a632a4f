//! The options that say which plugins are selected.

use clap::Args;

const FILTERS: &str = "Filters";

// No doc comment: clap would print it as the text of the command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct FilterArgs {
    /// Filter plugins by name
    #[arg(short, long, value_name = "PLUGIN", num_args = 1.., help_heading = FILTERS)]
    pub(crate) plugins: Vec<String>,
    /// Exclude plugins by names
    #[arg(long, value_name = "PLUGIN", num_args = 1.., help_heading = FILTERS)]
    pub(crate) exclude_plugins: Vec<String>,
    /// Filter plugins by its parameters, eg. --filter 'Category connectors'
    #[arg(long, value_name = "'KEY VALUE'", num_args = 1.., help_heading = FILTERS)]
    pub(crate) filter: Vec<String>,
    /// Negative filters: exclude what matches all of them
    #[arg(long, help_heading = FILTERS)]
    pub(crate) exclude: bool,
    /// Filter plugins by Category parameter
    #[arg(long, help_heading = FILTERS)]
    pub(crate) category: Option<String>,
    /// Filter plugins by Component parameter (eg. server)
    #[arg(long, help_heading = FILTERS)]
    pub(crate) component: Option<String>,
    /// Filter plugins by Type healthCheck
    #[arg(long, help_heading = FILTERS)]
    pub(crate) health: bool,
    /// Filter plugins by Type smokeTest
    #[arg(long, help_heading = FILTERS)]
    pub(crate) smoke: bool,
    /// Platform is locked, don't run plugins requiring live platform
    #[arg(long, help_heading = FILTERS)]
    pub(crate) locked: bool,
    /// Filter plugins by their state, eg. --filter-status ERROR WARN
    #[arg(long, value_name = "STATUS", num_args = 1.., help_heading = FILTERS)]
    pub(crate) filter_status: Vec<String>,
    /// Only non-OK plugins (ERROR, WARN, UNKNOWN); --filter-status takes precedence
    #[arg(long, help_heading = FILTERS)]
    pub(crate) nook: bool,
    /// Only ERROR; --filter-status and --nook take precedence
    #[arg(long, help_heading = FILTERS)]
    pub(crate) error: bool,
    /// Only WARN, as --warning; --filter-status and --nook take precedence
    #[arg(long, visible_alias = "warning", help_heading = FILTERS)]
    pub(crate) warn: bool,
    /// Only UNKNOWN; --filter-status and --nook take precedence
    #[arg(long, help_heading = FILTERS)]
    pub(crate) unknown: bool,
    /// Only OK; --filter-status and --nook take precedence
    #[arg(long, help_heading = FILTERS)]
    pub(crate) ok: bool,
}

impl FilterArgs {
    /// These options and others together, as if they had been typed one behind the other.
    pub(crate) fn with(self, others: &Self) -> Self {
        let both = |ours: Vec<String>, others: &[String]| ours.into_iter().chain(others.iter().cloned()).collect();
        Self {
            plugins: both(self.plugins, &others.plugins),
            exclude_plugins: both(self.exclude_plugins, &others.exclude_plugins),
            filter: both(self.filter, &others.filter),
            exclude: self.exclude || others.exclude,
            category: self.category.or_else(|| others.category.clone()),
            component: self.component.or_else(|| others.component.clone()),
            health: self.health || others.health,
            smoke: self.smoke || others.smoke,
            locked: self.locked || others.locked,
            filter_status: both(self.filter_status, &others.filter_status),
            nook: self.nook || others.nook,
            error: self.error || others.error,
            warn: self.warn || others.warn,
            unknown: self.unknown || others.unknown,
            ok: self.ok || others.ok,
        }
    }
}
