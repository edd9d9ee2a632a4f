//! Where the scan finds each placeholder.

use crate::template::scan::scan as scan_items;
use crate::template::scan::scanner::ScanItem;
use crate::template::shell_context::QuoteForm::{Bare, Comment, DefaultWord, Double, Plain, Single};
use crate::template::shell_context::UnsafeContext::{
    AfterBackslash, AfterDollar, Backticks, DollarQuotes, ExpansionWord, HereDelimiter, HereDocument, JoinsVariable,
    TooDeep, Unclear, VariableName,
};
use crate::template::shell_context::{QuoteForm, ShellContext, UnsafeContext, ValueRule};

/// The places of the `%` signs in `template`.
fn scan(template: &str) -> Vec<ShellContext> {
    let items: Vec<_> = template.chars().map(|c| if c == '%' { ScanItem::Hole } else { ScanItem::Char(c) }).collect();
    scan_items(&items).contexts
}

#[test]
fn the_form_follows_the_quotes() {
    let cases: &[(&str, &[QuoteForm])] = &[
        ("% '%' \"%\"", &[Bare, Single, Double]),
        ("a%b x=% >% 2>&1 &>% <<<%", &[Bare, Bare, Bare, Bare, Bare]),
        ("\"$x%\" \"$%\" $x% $$%", &[Double, Double, Bare, Bare]),
        ("\\'% \\\"% \"\\\"%\" '\\'%", &[Bare, Bare, Double, Bare]),
        ("$(%) \"$(% \"%\" '%')%\" $(a (b) %) %", &[Bare, Bare, Double, Single, Double, Bare, Bare]),
        ("\"$(a \"$(b \"$(%)\" \"%\")\" % \"%\")\" %", &[Bare, Double, Bare, Double, Bare]),
        ("<(% '%') >(%) %", &[Bare, Single, Bare, Bare]),
        ("${x:-%} ${x#%} ${x-a%}", &[Bare, Bare, Bare]),
        ("${x:-'%' \"%\" ${y:+%}} %", &[Single, Double, Bare, Bare]),
        ("\"${x:-%} ${x-%} ${x:=a${y:?%}} %\"", &[DefaultWord, DefaultWord, DefaultWord, Double]),
        ("\"${x:-$(%)}%\"", &[Bare, Double]),
        ("${#x} ${#} $# % #%\n%", &[Bare, Comment, Bare]),
        ("a#% 'b'#% \\#% ${x}#% $(x)#% %#%", &[Bare, Bare, Bare, Bare, Bare, Bare, Bare]),
        ("# it's % \"\n%", &[Comment, Bare]),
        (";#%\n&#%\n(#%\n%)", &[Comment, Comment, Comment, Bare]),
        ("a \\\n#%\n%", &[Comment, Bare]),
        ("a\\\n#%", &[Bare]),
        ("`a '` % \"`\"`%\"", &[Bare, Double]),
        ("`a \\` '` %", &[Bare]),
        ("case % in a) % ;; esac; '%'", &[Bare, Bare, Single]),
        ("f() { %; }; (% (%)) %", &[Bare, Bare, Bare, Bare]),
        ("$((1 + (2) * $(% '%')))%", &[Bare, Single, Bare]),
        ("$'a\\\\' % $\"a\" %", &[Bare, Bare]),
        ("cat <<E; %\n'\n\"$(a '')\"\nE\n%", &[Bare, Bare]),
        ("cat <<-'E' <<\\F\n$( \"\n\tE\n`\nE\nF\n%", &[Bare]),
        ("[ % -gt % ] && [[ % == % ]]", &[Bare, Bare, Bare, Bare]),
    ];
    for (template, forms) in cases {
        let expected: Vec<_> = forms.iter().map(|form| ShellContext::Any(*form)).collect();
        assert_eq!(scan(template), expected, "{template}");
    }
}

#[test]
fn where_nothing_is_safe_everything_is_refused() {
    let cases: &[(&str, &[UnsafeContext])] = &[
        ("`%` \"`'%'`\" `\\`%`", &[Backticks, Backticks, Backticks]),
        ("cat <<E\n%\n$(%)\nE\n", &[HereDocument, HereDocument]),
        ("cat <<E\n$(cat <<'F'\n%\nF\n)\nE", &[HereDocument]),
        ("$(cat <<E\n%\nE\n)", &[HereDocument]),
        ("cat <<% <<'%' <<\\%\n", &[HereDelimiter, HereDelimiter, HereDelimiter]),
        ("\\% \"\\%\" ${x:-\\%} \"${x:-\\%}\"", &[AfterBackslash, AfterBackslash, AfterBackslash, AfterBackslash]),
        ("$% ${x:-$%} \"${x:-$%}\" $(($%))", &[AfterDollar, AfterDollar, AfterDollar, AfterDollar]),
        ("$'%' $\"%\"", &[DollarQuotes, DollarQuotes]),
        ("${%} ${x%} ${#%} \"${!%}\" ${x[%]}", &[VariableName; 5]),
        ("${x:%} ${x/%/%} \"${x^%}\"", &[VariableName; 4]),
        ("\"${x#%}\" \"${x##%}\" \"${x-%(}\"", &[ExpansionWord, ExpansionWord, ExpansionWord]),
        ("$(($x%)) $(($a_1%)) $[$x%]", &[JoinsVariable; 3]),
    ];
    for (template, refusals) in cases {
        let expected: Vec<_> = refusals.iter().map(|unsafe_context| ShellContext::Refused(*unsafe_context)).collect();
        assert_eq!(scan(template), expected, "{template}");
    }
}

#[test]
fn in_a_here_document_with_a_quoted_delimiter_a_value_is_plain_text() {
    for template in [
        "cat <<'E'\n'%'\n E\n%",
        "cat <<-\\E <<\"F\"\n%\n\tE\n$(%\nF\n",
        "x=$(cat <<'E'\n'`)%\\#\n%\nE\n)",
        "echo \"$(a \"$(cat <<'E'\n%\n)\n%\nE\n)\")\"",
        "cat <<''\n%%\n\n",
    ] {
        assert_eq!(scan(template), [ShellContext::HereText; 2], "{template}");
    }
    assert_eq!(scan("$(cat <<'E'\n'%\nE\n) '%'"), [ShellContext::HereText, ShellContext::Any(Single)]);
    assert_eq!(scan("cat <<'E'\n%\nE\necho %"), [ShellContext::HereText, ShellContext::Any(Bare)]);
}

#[test]
fn where_the_shell_computes_only_numbers_are_taken() {
    for template in [
        "$((%))",
        "$((1 + (% - 1)))",
        "$((${x:-%}))",
        "((%))",
        "((x > \"%\"))",
        "a[%]=1",
        "[[ % -gt 5 ]]",
        "[[ 5 -le \"%\" ]]",
        "let x=%",
        "declare -i x=%",
        "a=([%]=1)",
        "declare -a a+=(1 [\"%\"]=2)",
    ] {
        assert!(
            matches!(scan(template)[..], [ShellContext::Only(ValueRule::Integer, _)]),
            "{template}: {:?}",
            scan(template)
        );
    }
}

#[test]
fn where_bash_expands_twice_only_harmless_values_are_taken() {
    for template in [">&%", "2<& '%'", "a >& a\"%\"", "cat <<< a >&%"] {
        assert!(
            matches!(scan(template)[..], [ShellContext::Only(ValueRule::Descriptor, _)]),
            "{template}: {:?}",
            scan(template)
        );
    }
}

#[test]
fn where_bash_evaluates_a_name_only_names_are_taken() {
    for template in [
        "unset %",
        "x=1 command unset -v '%'",
        "read -r \"%\"",
        "if export %",
        "[ -v % ]",
        "printf -v % a",
        "local -n x=%",
        "wait -n -p %",
    ] {
        assert!(
            matches!(scan(template)[..], [ShellContext::Only(ValueRule::Name, _)]),
            "{template}: {:?}",
            scan(template)
        );
    }
    for template in [
        "export x=%",
        "echo unset %",
        "read -p % x",
        "unset x; echo %",
        "[ -n % ]",
        "printf % -v",
        "wait %",
        "a=(%)",
        "ls [%]",
        ">& a %",
    ] {
        assert!(matches!(scan(template)[..], [ShellContext::Any(_)]), "{template}: {:?}", scan(template));
    }
}

#[test]
fn behind_what_shells_read_differently_only_harmless_values_are_taken() {
    for template in [
        "$(case a in a) b;; esac; %)",
        "\"$(case a in a) b;; esac) '%'\"",
        "$[1] %",
        "$'\\'' %",
        "alias a=b; %",
        "$(a # it's\n) %",
        "\"${x:-'}\" %",
        "\"${x:-\"a\"}\" %",
        "${x:-{a}} %",
        "${ a; } %",
        "$((a) ) %",
        "$((% ) )",
        "$((1 '+' 2)) %",
        "((1 # ))\n %",
        "[[ a =~ (b #c) ]] %",
        "@(a|b) %",
        "\"$$(a) %\"",
        "\"$${x}\" %",
        "a=(b)#%",
        "$\\\n(a) %",
        "a[b %",
        "é#%",
    ] {
        assert!(
            matches!(scan(template)[..], [ShellContext::Only(ValueRule::Harmless(_), Plain)]),
            "{template}: {:?}",
            scan(template)
        );
    }
}

#[test]
fn doubt_beside_a_here_document_refuses_all_values() {
    for template in [
        "$(case a in a) cat <<E\n%\nE\n;; esac)",
        "cat <<$x\n\n; %\n",
        "cat <<E \"\n\" %\nE\n",
        "cat <<E\na\\\nE\nE\n%",
    ] {
        assert!(
            matches!(scan(template)[..], [ShellContext::Refused(Unclear | HereDocument)]),
            "{template}: {:?}",
            scan(template)
        );
    }
}

#[test]
fn nesting_is_followed_only_so_far() {
    for opening in ["$(", "${x:-", "\"$(", "$((", "<("] {
        let deep = format!("{}%", opening.repeat(100_000));
        assert!(matches!(scan(&deep)[..], [ShellContext::Refused(TooDeep)]), "{opening}");
    }
    let template = format!("{}%{}", "$(".repeat(50), ")".repeat(50));
    assert_eq!(scan(&template), [ShellContext::Any(Bare)]);
}

#[test]
fn an_open_end_is_left_to_the_shell() {
    assert_eq!(scan("'%"), [ShellContext::Any(Single)]);
    assert_eq!(scan("\"%"), [ShellContext::Any(Double)]);
    assert_eq!(scan("$(%"), [ShellContext::Any(Bare)]);
    assert_eq!(scan("% \\"), [ShellContext::Any(Bare)]);
    assert_eq!(scan("% $"), [ShellContext::Any(Bare)]);
}
