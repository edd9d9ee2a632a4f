//! What built-in parsers read of a plugin. They are declared elsewhere: the daemon, which has the declarations, gives them.

/// The parameters of one built-in parser among those of all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParserParameters {
    /// What it reads.
    pub own: Vec<&'static str>,
    /// What other built-in parsers read and this one does not.
    pub of_others: Vec<&'static str>,
}

/// The parameters of the built-in parser of this name; none of a parser that nothing is known of, such as one in Python.
pub type KnownParsers<'a> = &'a dyn Fn(&str) -> Option<ParserParameters>;
