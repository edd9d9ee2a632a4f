//! Filled templates, run by real shells: the program receives exactly the
//! value, and no value is ever run as code.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use smoker_model::value::Value;
use smoker_runner::template::error::TemplateError;
use smoker_runner::template::fill;

/// The shells under test; all but the first are skipped where they are not installed.
const SHELLS: [&[&str]; 5] = [&["/bin/sh"], &["bash"], &["dash"], &["bash", "--posix"], &["busybox", "sh"]];

/// How many of them get all values; the others get a third of them, another one for each template.
const THOROUGH: usize = 2;

/// `show` prints what it receives, ended by NUL; `pass` hands it through a pipe.
const PRELUDE: &str = "show() { printf '%s\\0' \"$1\"; }; pass() { printf '%s' \"$1\"; }\n";

/// What a value would run if it were code.
const CANARY: &str = "PWNED";

fn shells() -> Vec<&'static [&'static str]> {
    let system = std::fs::canonicalize("/bin/sh").expect("/bin/sh must be there");
    let wanted = |shell: &&&[&str]| !system.ends_with(shell[0]) && run(shell, "exit 0", Path::new("/")).is_some();
    let mut shells: Vec<_> = SHELLS[1..].iter().filter(wanted).copied().collect();
    shells.insert(0, SHELLS[0]);
    shells
}

fn run(shell: &[&str], script: &str, folder: &Path) -> Option<Output> {
    let (program, arguments) = shell.split_first()?;
    let mut command = Command::new(program);
    command.args(arguments).arg("-c").arg(script).current_dir(folder).stdin(Stdio::null());
    command.output().ok()
}

fn filled(template: &str, value: &str) -> Result<String, TemplateError> {
    fill(template, &|name| (name == "P").then(|| Value::Text(value.to_owned())))
}

/// Values whose characters mean something to a shell.
const SHORT: [&str; 76] = [
    "", "a", "a b", " ", "   ", " a", "a ", "\t", "\r", "\n", "\n\n", "a\nb", "a\n", "\u{1}", "\u{7f}", "'", "''",
    "\"", "\"\"", "it's", "'\\''", "\\", "\\\\", "a\\", "\\'", "\\\"", "a\\\nb", "\\n", "$HOME", "$", "a$", "$$",
    "$'x'", "`", "*", "?", "[a-z]*", "~", "~root", "{a,b}", "{1..3}", "}", "{", ")", "(", "]]", "[[", "#", "#a",
    "a #b", "!", "!!", "-n", "-e", "--", "-", "%", "%s", "%(P)s", "=", "a=b", "if", "case", "esac", "E", "EOF", "5",
    "-5", "2>f", ">f", "<f", "<<E", "&&", ";;", "ž", "čau",
];

/// Values that would be code, and characters of several bytes.
const LONG: [&str; 22] = [
    "\u{b}\u{c}",
    "\"'\"'\"",
    "${x:-y}",
    "$(touch PWNED)",
    "`touch PWNED`",
    "$((1+1))",
    "'; touch PWNED; '",
    "\"; touch PWNED; \"",
    "; touch PWNED #",
    "\ntouch PWNED\n",
    "| touch PWNED",
    "& touch PWNED",
    "'\"\ntouch PWNED\n\"'",
    "E\ntouch PWNED\n",
    "a[$(touch PWNED)]",
    ") touch PWNED; (",
    "} touch PWNED; {",
    "čau 'ž'",
    "😀",
    "\u{81}\u{82}\u{88}\u{98}",
    "\u{a0}",
    "\u{2028}",
];

fn hostile_values() -> Vec<String> {
    let mut values: Vec<_> = SHORT.iter().chain(&LONG).copied().map(str::to_owned).collect();
    values.push("long ' \" $x ".repeat(400));
    values
}

/// What happens to a value on its way, other than nothing.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Exact,
    /// `$(...)` cuts line ends.
    CutsLineEnds,
    /// `"${x:-...}"` has no form for an apostrophe.
    NoApostrophe,
}

use Way::{CutsLineEnds, Exact, NoApostrophe};

/// Each hands the value to `show`, in another place of the shell's grammar.
const TEMPLATES: [(&str, Way); 62] = [
    ("show %(P)s", Exact),
    ("show '%(P)s'", Exact),
    ("show \"%(P)s\"", Exact),
    ("show %(P)s%(P)s >/dev/null; show ''%(P)s\"\"", Exact),
    ("x=; show \"$x%(P)s$x\"", Exact),
    ("x=; show $x%(P)s", Exact),
    ("x=$$; y=\"$$%(P)s\"; show \"${y#\"$x\"}\"", Exact),
    ("x=\"$%(P)s\"; show \"${x#?}\"", Exact),
    ("x=%(P)s; show \"$x\"", Exact),
    ("x='%(P)s'; show \"$x\"", Exact),
    ("x=a\"%(P)s\"; show \"${x#a}\"", Exact),
    ("export x=\"%(P)s\"; show \"$x\"", Exact),
    ("x=%(P)s sh -c 'printf \"%%s\\0\" \"$x\"'", Exact),
    ("sh -c 'printf \"%%s\\0\" \"$1\"' - %(P)s", Exact),
    ("env printf '%%s\\0' %(P)s", Exact),
    ("show \"$(pass %(P)s)\"", CutsLineEnds),
    ("show \"$(pass \"%(P)s\")\"", CutsLineEnds),
    ("show \"$(pass '%(P)s')\"", CutsLineEnds),
    ("show \"$(pass \"$(pass \"$(pass %(P)s)\")\")\"", CutsLineEnds),
    ("show \"$( (pass %(P)s) )\"", CutsLineEnds),
    ("x=$(pass \"a\"%(P)s); show \"${x#a}\"", CutsLineEnds),
    ("x=$(pass %(P)s # it is %(P)s\n); show \"$x\"", CutsLineEnds),
    ("x=$(\n# a %(P)s\npass \"%(P)s\"\n); show \"$x\"", CutsLineEnds),
    ("unset x; x=${x:-%(P)s}; show \"$x\"", Exact),
    ("unset x; x=${x-a\"%(P)s\"}; show \"${x#a}\"", Exact),
    ("unset x; x=${x-'%(P)s'}; show \"$x\"", Exact),
    ("unset x y; x=${x:-${y:-%(P)s}}; show \"$x\"", Exact),
    ("x=1; x=${x:+%(P)s}; show \"$x\"", Exact),
    ("unset x; : ${x:=%(P)s}; show \"$x\"", Exact),
    ("unset x; : \"${x=%(P)s}\"; show \"$x\"", NoApostrophe),
    ("unset x; show \"${x:-%(P)s}\"", NoApostrophe),
    ("unset x; show \"${x-%(P)s}\"", NoApostrophe),
    ("x=1; show \"${x:+%(P)s}\"", NoApostrophe),
    ("unset x y; show \"${x:-${y:-%(P)s}}\"", NoApostrophe),
    ("unset x; show \"${x:-$(pass %(P)s)}\"", CutsLineEnds),
    ("x=a%(P)s; x=${x#a}; show \"$x\"", Exact),
    ("x=%(P)sa; y=${x#%(P)s}; [ \"$y\" = a ] && show %(P)s", Exact),
    ("x=a%(P)s; y=${x%%%(P)s}; [ \"$y\" = a ] && show %(P)s", Exact),
    ("case %(P)s in %(P)s) show %(P)s ;; *) echo no ;; esac", Exact),
    ("case %(P)s in '%(P)s') show \"%(P)s\" ;; esac", Exact),
    ("for i in %(P)s; do show \"$i\"; done", Exact),
    ("f() { show \"$1\"; }; f %(P)s", Exact),
    ("f() { show %(P)s; }; f", Exact),
    ("(show %(P)s)", Exact),
    ("{ show %(P)s; }", Exact),
    ("if [ %(P)s = %(P)s ]; then show %(P)s; fi", Exact),
    ("pass \"%(P)s.\" | { x=$(cat); show \"${x%%.}\"; }", Exact),
    ("true && show %(P)s || echo no", Exact),
    ("show %(P)s # it's %(P)s `", Exact),
    ("# %(P)s\nshow %(P)s", Exact),
    ("show \\\n%(P)s", Exact),
    ("show \"\\\n%(P)s\"", Exact),
    ("x=ab; [ ${#x} = 2 ]; set --; [ $# = 0 ]; pass a#\\# >/dev/null; show %(P)s # \"", Exact),
    ("cat <<E >/dev/null; show %(P)s\n' \" $(echo \")\") `echo`\nE\n", Exact),
    ("cat <<'E' >/dev/null\n$( ' \" `\nE\nshow %(P)s", Exact),
    ("cat <<-\\E <<F >/dev/null\n\t' (\n\tE\n\"\nF\nshow %(P)s", Exact),
    ("x=$((1 + (2) * $(pass %(P)s >/dev/null; echo 3))); [ \"$x\" = 7 ] && show %(P)s", Exact),
    ("x=`echo \"'\" '\"'`; show %(P)s", Exact),
    ("x='a'\\''b'\"'\"\\\"; show %(P)s", Exact),
    ("show %(P)s 2>&1 </dev/null", Exact),
    ("show %(P)s & wait", Exact),
    ("! false; show %(P)s;", Exact),
];

/// Fills one template with many values, runs all in one process of each
/// shell, and compares what arrived.
fn assert_exact(template: &str, way: Way, values: &[String], shells: &[&[&str]]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut commands, mut sent) = (Vec::new(), Vec::new());
    for value in values {
        match filled(template, value) {
            Ok(command) => commands.push(command),
            Err(TemplateError::Value { .. }) if way == NoApostrophe && !is_plain_ascii(value) => continue,
            Err(error) => panic!("{template} with {value:?}: {error}"),
        }
        sent.push(if way == CutsLineEnds { value.trim_end_matches('\n') } else { value });
    }
    for (number, shell) in shells.iter().enumerate() {
        let (first, step) = if number < THOROUGH { (0, 1) } else { ((number + template.len()) % 3, 3) };
        let script: Vec<_> = commands.iter().skip(first).step_by(step).map(String::as_str).collect();
        let sent: Vec<_> = sent.iter().skip(first).step_by(step).copied().collect();
        let output = run(shell, &format!("{PRELUDE}{}", script.join("\n")), folder.path()).expect("an installed shell");
        let text = String::from_utf8_lossy(&output.stdout);
        let mut received: Vec<_> = text.split('\0').collect();
        assert_eq!(received.pop(), Some(""), "{shell:?} {template}: something else was printed");
        for (sent, received) in sent.iter().zip(&received) {
            assert_eq!(received, sent, "{shell:?} {template}");
        }
        assert_eq!(received.len(), sent.len(), "{shell:?} {template}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(!folder.path().join(CANARY).exists(), "{shell:?} {template}: a value was run");
    }
}

fn is_plain_ascii(value: &str) -> bool {
    value.is_ascii() && !value.contains('\'')
}

#[test]
fn the_program_receives_exactly_the_value() {
    let values = hostile_values();
    let shells = shells();
    for (template, way) in TEMPLATES {
        assert_exact(template, way, &values, &shells);
    }
}

#[test]
fn random_values_arrive_as_they_are() {
    let shells = shells();
    let mut random = Random(0x5eed_0f5e_ed0f_5eed);
    for (template, way) in TEMPLATES.iter().step_by(3) {
        let values: Vec<_> = (0..40).map(|_| random.value()).collect();
        assert_exact(template, *way, &values, &shells);
    }
}

/// Templates that are odd, broken, or read differently by different shells:
/// whatever is accepted in them must not run.
#[test]
fn no_value_is_run_even_where_the_template_is_odd() {
    let templates = [
        "echo `echo '%(P)s'`",
        "cat <<E\n%(P)s\nE",
        "cat <<'E'\n%(P)s\nE",
        "echo $(cat <<E\n%(P)s\nE\n)",
        "echo $'a\\'%(P)s'",
        "echo $'a\\'b' '%(P)s'",
        "echo $\"%(P)s\"",
        "echo $[%(P)s]",
        "echo $((%(P)s))",
        "((%(P)s))",
        "echo $((echo '%(P)s') )",
        "echo \"${x#%(P)s}\" \"${x/%(P)s/b}\"",
        "echo \"${x:-'%(P)s'}\" %(P)s",
        "echo \"${x:-\"%(P)s\"}\" %(P)s",
        "echo ${x:-{a}%(P)s} %(P)s",
        "echo \"$(case a in a) echo '%(P)s';; esac) %(P)s\" %(P)s",
        "echo $(echo a # it's\necho %(P)s) \"%(P)s\"",
        "alias q='echo \"'\nq %(P)s\necho '\"'",
        "echo \\%(P)s \"\\%(P)s\"",
        "[[ %(P)s -eq 1 ]]; [[ -v %(P)s ]]; test -v %(P)s",
        "a[%(P)s]=1; let %(P)s; declare -i x=%(P)s; unset %(P)s",
        "read %(P)s </dev/null; printf -v %(P)s a; export %(P)s",
        "[[ a =~ (b # '%(P)s) ]]\necho %(P)s",
        "echo @(a|'%(P)s') \"%(P)s\"",
        "x=(a)#'%(P)s'\necho %(P)s",
        "$\\\n(echo '%(P)s') %(P)s",
        "echo '%(P)s",
        "echo \"%(P)s",
        "echo $(echo %(P)s",
        "echo %(P)s) (\necho \"%(P)s\"",
    ];
    let values = [
        "'; touch PWNED; '",
        "\"; touch PWNED; \"",
        "\ntouch PWNED\n",
        "$(touch PWNED)",
        "a[$(touch PWNED)]",
        "E\ntouch PWNED\n",
        ") ; touch PWNED; (",
        "' )\ntouch PWNED\n'",
    ];
    let folder = tempfile::tempdir().expect("a temporary folder");
    let shells = shells();
    for template in templates {
        for value in values {
            // Where several placeholders stand, each is tried beside harmless others.
            for script in one_hostile(template).iter().filter_map(|template| filled(template, value).ok()) {
                for shell in &shells {
                    run(shell, &script, folder.path()).expect("an installed shell");
                    assert!(!folder.path().join(CANARY).exists(), "{shell:?} ran {value:?} in {template}: {script}");
                }
            }
        }
    }
}

/// Copies of `template` in which all placeholders but one are a letter.
fn one_hostile(template: &str) -> Vec<String> {
    let parts: Vec<_> = template.split("%(P)s").collect();
    let copy = |hostile: usize| {
        let mut copy = parts[0].to_owned();
        for (number, part) in parts[1..].iter().enumerate() {
            copy += if number == hostile { "%(P)s" } else { "a" };
            copy += part;
        }
        copy
    };
    (0..parts.len() - 1).map(copy).collect()
}

#[test]
fn quoted_numbers_work_where_the_shell_wants_numbers() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let parameters = |name: &str| match name {
        "N" => Some(Value::Int(2)),
        "M" => Some(Value::Int(-3)),
        _ => None,
    };
    let template = "echo a >&%(N)d; printf '1\\n2\\n3\\n' | head -%(N)s; [ %(N)s -gt %(M)s ] && echo more; \
                    echo $((5-%(M)d)) $((%(N)05d)); set -- a b c; shift %(N)s; echo \"$1\"; exit %(N)s";
    let script = fill(template, &parameters).expect("a good template");
    for shell in shells() {
        let output = run(shell, &script, folder.path()).expect("an installed shell");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "1\n2\nmore\n8 2\nc\n", "{shell:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "a\n", "{shell:?}");
        assert_eq!(output.status.code(), Some(2), "{shell:?}");
    }
}

/// A small generator (xorshift64), so that a failure comes again.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit
    }

    /// Up to 12 characters, most of them with a meaning to some shell.
    fn value(&mut self) -> String {
        const ALPHABET: [char; 40] = [
            '\'',
            '\'',
            '"',
            '\\',
            '\\',
            '$',
            '`',
            '\n',
            ' ',
            '\t',
            '(',
            ')',
            '{',
            '}',
            '[',
            ']',
            '<',
            '>',
            '|',
            '&',
            ';',
            '#',
            '!',
            '~',
            '*',
            '?',
            '=',
            '%',
            '-',
            '+',
            ':',
            '/',
            '^',
            ',',
            'a',
            'E',
            '1',
            'ž',
            '\u{81}',
            '\u{1f600}',
        ];
        (0..self.below(13)).map(|_| ALPHABET[self.below(ALPHABET.len())]).collect()
    }
}
