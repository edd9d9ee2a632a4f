//! Where in the shell's grammar a value stands, and what may stand there.

/// What can be written for one placeholder, by its place in the shell's grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ShellContext {
    /// Any value can be written, in this form.
    Any(QuoteForm),
    /// In a here-document whose delimiter is quoted: any value can be written
    /// as it is, unless a line of the whole document ends it.
    HereText,
    /// Only some values can be written, in this form.
    Only(ValueRule, QuoteForm),
    /// No value can be written.
    Refused(UnsafeContext),
}

/// How a value is written so that it stays data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QuoteForm {
    /// Outside of quotes: a word in single quotes.
    Bare,
    /// Inside single quotes.
    Single,
    /// Inside double quotes, which are closed before it and opened after it.
    Double,
    /// In the word of `"${x:-word}"`, where only backslashes quote.
    DefaultWord,
    /// The same, behind something with which the value's first character could be one sign.
    DefaultWordTail,
    /// In a comment, where it has no effect at all.
    Comment,
    /// As it is.
    Plain,
}

/// Which values can stand where not all can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ValueRule {
    /// Whole decimal numbers, because the shell computes with it.
    Integer,
    /// Letters, digits and `_`, because bash evaluates what else the name of a variable holds.
    Name,
    /// Characters without a meaning anywhere, because bash expands the word behind `>&` twice.
    Descriptor,
    /// Characters without a meaning anywhere, because shells disagree, for
    /// this reason, about what the place is.
    Harmless(&'static str),
}

/// A place where nothing can be written safely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnsafeContext {
    /// In backticks, whose text the shell reads twice.
    Backticks,
    /// In the body of a here-document, where no quotes exist.
    HereDocument,
    /// In the word that ends a here-document.
    HereDelimiter,
    /// Behind a backslash that would quote the first character of what is written.
    AfterBackslash,
    /// Behind a dollar sign, where shells disagree about quotes.
    AfterDollar,
    /// In `$'...'` or `$"..."`, which only some shells know.
    DollarQuotes,
    /// In `${...}` where the name of a variable or an operator stands.
    VariableName,
    /// In `"${x#word}"` and other expansions whose quoting differs between shells.
    ExpansionWord,
    /// Directly behind `$name`, in a place where no quotes can part them.
    JoinsVariable,
    /// Where shells disagree about quoting and a here-document could be meant.
    Unclear,
    /// Inside more nested expansions than are followed.
    TooDeep,
}

impl UnsafeContext {
    pub(crate) fn place(self) -> &'static str {
        match self {
            Self::Backticks => "in backticks",
            Self::HereDocument => "in a here-document",
            Self::HereDelimiter => "in the word that ends a here-document",
            Self::AfterBackslash => "directly behind a backslash",
            Self::AfterDollar => "directly behind a dollar sign",
            Self::DollarQuotes => "in `$'...'` or `$\"...\"`, which not every /bin/sh knows",
            Self::VariableName => "in the name or operator of `${...}`",
            Self::ExpansionWord => "in this kind of `${...}`, whose quoting differs between shells",
            Self::JoinsVariable => "here, directly behind the name of a variable that it would become a part of",
            Self::Unclear => "here, where shells disagree about quoting and the command has a here-document",
            Self::TooDeep => "inside too many nested expansions",
        }
    }

    pub(crate) fn way_out(self, variable: &str) -> String {
        match self {
            Self::Backticks => {
                format!("write `$(...)` instead of backticks, or \"${variable}\", or use `Stdin: json`")
            }
            Self::HereDocument => format!(
                "quote the word that ends the here-document (`<<'EOF'`), in which placeholders are plain text then, \
                 or write `${variable}` in its place, without quotes around that word, \
                 or use `printf`, \"${variable}\" or `Stdin: json`"
            ),
            Self::HereDelimiter => "write the word itself".to_owned(),
            Self::AfterBackslash => "remove the backslash; the value is quoted already".to_owned(),
            Self::AfterDollar | Self::JoinsVariable => {
                format!("put it in double quotes, or use \"${variable}\" or `Stdin: json`")
            }
            Self::DollarQuotes => format!("use ordinary quotes, \"${variable}\" or `Stdin: json`"),
            Self::VariableName | Self::ExpansionWord | Self::Unclear | Self::TooDeep => {
                format!("use \"${variable}\" instead, or `Stdin: json`")
            }
        }
    }
}
