//! Which values the keys of `keys` take, and what they are for.
//!
//! A form is as wide as what the daemon takes: a schema that is stricter would underline what works. A value may be of `!include`, `!env` or
//! `!file`, which is a text to a reader that does not know these tags.

/// What a value looks like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Form {
    /// A text.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A whole number, also in quotes.
    Whole,
    /// A number.
    Number,
    /// A time: a number of seconds, or `30s`.
    Time,
    /// A size: a number of bytes, or `64K`.
    Size,
    /// True or false.
    Switch,
    /// The number or the name of an account.
    Account,
    /// A text or a list of texts.
    Texts,
    /// One or more names of actions, or an action itself.
    Action,
    /// A mapping with these keys only.
    Mapping(&'static [Described]),
    /// A mapping of names to texts.
    TextsByName,
    /// Anything.
    Any,
}

/// A key with its form and what it is for.
pub(super) type Described = (&'static str, Form, &'static str);

/// The top level, but `plugins`, `templates` and `actions`.
pub(super) const TOP_LEVEL: &[Described] = &[
    ("bind_host", Form::Text, "Address or name to listen on; 127.0.0.1 unless configured"),
    ("bind_port", Form::Whole, "Port to listen on; 8086 unless configured, 0 takes any that is free"),
    ("stdin", Form::Text, "Standard input of a background daemon"),
    ("stdout", Form::Text, "Standard output of a background daemon"),
    ("stderr", Form::Text, "Standard error of a background daemon"),
    ("uid", Form::Account, "The user that the daemon runs as; with gid"),
    ("gid", Form::Account, "The group that the daemon runs as; with uid"),
    ("nr_concurrent_plugins", Form::Whole, "How many runs may go on at a time; 0: no bound"),
    ("max_forced_rate", Form::Number, "How many runs a second one client address may force"),
    ("pidfile", Form::Text, "File with the process id of a background daemon"),
    ("allow", Form::Texts, "Networks whose clients are served; all unless configured"),
    ("allowed_hosts", Form::Texts, "Names that clients may call the daemon by"),
    ("access", Form::Word(&["open", "authenticated"]), "Whether requests from other hosts need TLS and an identity"),
    ("local_role", Form::Word(&["none", "read", "run"]), "What requests of this machine without an identity may do"),
    ("state_dir", Form::Text, "Folder of the daemon's key, of keys and tokens that may ask, and of kept results"),
    ("socket", Form::Text, "A Unix socket beside the port"),
    ("tls_cert", Form::Text, "Certificate in place of the daemon's own; with tls_key"),
    ("tls_key", Form::Text, "Key of tls_cert"),
    ("tls_client_ca", Form::Text, "Authorities of clients' certificates"),
    ("tls_crl", Form::Text, "What the authorities of clients have revoked"),
    ("show_secrets", Form::Any, "Who sees parameters that look like secrets: false, local or true"),
    ("history_memory", Form::Size, "How much memory all kept results may take"),
    ("history_disk", Form::Size, "How much disk the journal may take"),
    ("durability", Form::Word(&["fsync", "batch", "none"]), "When a result is safe from the end of the machine"),
    ("python", Form::Any, "Interpreter for Python modules: a path, {interpreter: PATH} or {virtualenv: DIR}"),
    ("python_path", Form::Texts, "Folders where Python modules are looked for"),
    ("otlp", Form::Mapping(OF_OTLP), "Where metrics and results are sent by OTLP/HTTP; nowhere unless configured"),
    ("favicon", Form::Any, "Ignored (for compatibility)"),
];

/// `otlp` of the top level.
pub(super) const OF_OTLP: &[Described] = &[
    ("endpoint", Form::Text, "Address of the collector, such as http://127.0.0.1:4318; required"),
    ("headers", Form::TextsByName, "Headers of each request; secrets come from !file or !env"),
    ("interval", Form::Time, "How often metrics are sent; 60s unless configured"),
    ("compression", Form::Word(&["gzip", "none"]), "How requests are compressed; gzip unless configured"),
    (
        "ca_file",
        Form::Text,
        "Authorities that sign the collector's certificate, in PEM; those of the system unless configured",
    ),
];

/// Plugins and templates.
pub(super) const OF_PLUGINS: &[Described] = &[
    ("Command", Form::Any, "Line for /bin/sh -c"),
    ("Module", Form::Text, "Dotted name of the module to run instead of a command"),
    ("Parser", Form::Text, "Module that reads the command's output"),
    ("Interval", Form::Time, "Time between scheduled runs; 0: only on request"),
    ("Timeout", Form::Any, "How long a run may take: seconds, or 5m"),
    ("History", Form::Any, "How many results are kept"),
    ("HistoryFailures", Form::Any, "How many results that are not OK the journal keeps longer than others"),
    ("uid", Form::Account, "The user that it runs as; with gid"),
    ("gid", Form::Account, "The group that it runs as; with uid"),
    ("Template", Form::Text, "Name of the template whose keys it has"),
    ("Action", Form::Action, "Names of the actions that follow each run"),
    ("Enabled", Form::Any, "false leaves the plugin out"),
    ("Cron", Form::Any, "Times of the calendar at which it runs, in place of Interval: one or more patterns"),
    ("At", Form::Any, "Times of each day at which it runs, in quotes"),
    ("Timezone", Form::Text, "Whose clocks Cron, At, Only and Maintenance go by, such as Europe/Prague"),
    ("Missed", Form::Any, "once or skip: whether a run that was missed takes place once"),
    ("Only", Form::Any, "Hours of the week in which scheduled runs take place, such as Mon-Fri 08:00-18:00"),
    ("Maintenance", Form::Any, "Windows in which it is not run: a list of {Cron: PATTERN, Duration: TIME}"),
    ("Retries", Form::Any, "How often in a row a result is bad until it is hard"),
    ("RetryInterval", Form::Any, "How long after a soft result it runs again"),
    ("FlapThreshold", Form::Any, "From how many changes in percent on it is flapping"),
    ("DependsOn", Form::Any, "Plugins that have to be well for it to run"),
    ("OnParentBad", Form::Any, "skip or run: what becomes of scheduled runs while one of these is bad"),
    ("After", Form::Any, "Plugins after whose runs it runs, when they end OK"),
    ("SerialGroup", Form::Any, "Runs of all plugins with the same name here wait for each other"),
    ("Check", Form::Text, "The built-in check that it is, such as http or disk: docs/checks.md"),
    ("Actions", Form::Any, "Names of actions that run after its runs, as those of Action do"),
    ("ActionOn", Form::Any, "After which results its actions run: always, change, bad, recovery or problem"),
    ("Repeat", Form::Any, "How long until its actions are told again of what is still bad"),
    ("Escalate", Form::Any, "Who is told of what is bad for long: {After: TIME, Action: NAME}"),
    ("ActionGroup", Form::Any, "How long changes are collected for one call of an action"),
    ("Parameters", Form::Any, "What a forced run may be given values for: {host: {Pattern: PATTERN, Default: TEXT}}"),
    ("Splay", Form::Time, "The time over which first runs are spread"),
    ("Serial", Form::Switch, "Whether runs of this plugin wait for each other"),
    ("MaxOutput", Form::Size, "How much of each output stream is kept"),
    ("Stdin", Form::Text, "json: parameters on the command's standard input"),
    ("MaintenanceLock", Form::Text, "While this file exists the plugin is not run"),
    ("LeaveRunning", Form::Switch, "Whether processes that a run leaves behind may stay"),
    ("MaxMemory", Form::Any, "Memory of a run: bytes, or 512M"),
    ("MaxProcesses", Form::Any, "Processes and threads of a run at a time"),
    ("Nice", Form::Any, "The nice value, -20 to 19"),
    ("WorkDir", Form::Any, "The working directory"),
    ("Umask", Form::Any, "The permissions that new files do not get, such as 027"),
    ("Env", Form::Any, "Further variables of the environment"),
    ("NoNewPrivileges", Form::Any, "Whether su, sudo and the like give its processes no other rights"),
];

/// What an action has in another meaning than a plugin.
pub(super) const OF_ACTIONS: &[Described] = &[
    ("Timeout", Form::Any, "How many seconds it may take"),
    ("Stdin", Form::Text, "json: parameters and result on the command's standard input"),
];
