//! Places written down one by one, each with many values.

use smoker_model::value::Value;
use smoker_runner::template::error::FillError;
use smoker_runner::template::fill;
use smoker_tests::random::{hostile_values, property};

use crate::shell::{CANARY, PRELUDE, run, shells};

/// How many shells get all values; the others get a third of them, another one for each template.
const THOROUGH: usize = 2;

/// What happens to a value on its way, other than nothing.
#[derive(Clone, Copy, PartialEq)]
enum Transformation {
    Exact,
    /// `$(...)` cuts line ends.
    CutsLineEnds,
    /// `"${x:-...}"` has no form for an apostrophe, and none for `<(` and `>(`.
    QuotedWord,
}

use Transformation::{CutsLineEnds, Exact, QuotedWord};

/// Each hands the value to `show`, in another place of the shell's grammar.
const TEMPLATES: [(&str, Transformation); 63] = [
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
    ("cat >t <<'EO F'\n[%(P)s]\nEO F\nx=$(cat t); x=${x#?}; show \"${x%%]}\"", Exact),
    ("unset x; x=${x:-%(P)s}; show \"$x\"", Exact),
    ("unset x; x=${x-a\"%(P)s\"}; show \"${x#a}\"", Exact),
    ("unset x; x=${x-'%(P)s'}; show \"$x\"", Exact),
    ("unset x y; x=${x:-${y:-%(P)s}}; show \"$x\"", Exact),
    ("x=1; x=${x:+%(P)s}; show \"$x\"", Exact),
    ("unset x; : ${x:=%(P)s}; show \"$x\"", Exact),
    ("unset x; : \"${x=%(P)s}\"; show \"$x\"", QuotedWord),
    ("unset x; show \"${x:-%(P)s}\"", QuotedWord),
    ("unset x; show \"${x-%(P)s}\"", QuotedWord),
    ("x=1; show \"${x:+%(P)s}\"", QuotedWord),
    ("unset x y; show \"${x:-${y:-%(P)s}}\"", QuotedWord),
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

#[test]
fn the_program_receives_exactly_the_value() {
    let values = hostile_values::known();
    let shells = shells();
    for (template, transformation) in TEMPLATES {
        assert_exact(template, transformation, &values, &shells);
    }
}

#[test]
fn random_values_arrive_as_they_are() {
    let shells = shells();
    property::check(20, |random, _| {
        let (template, transformation) = TEMPLATES[random.usize(..TEMPLATES.len())];
        let values: Vec<_> = (0..40).map(|_| hostile_values::random(random)).collect();
        assert_exact(template, transformation, &values, &shells);
    });
}

/// Fills one template with many values, runs all in one process of each
/// shell, and compares what arrived.
fn assert_exact(template: &str, transformation: Transformation, values: &[String], shells: &[&[&str]]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut commands, mut sent) = (Vec::new(), Vec::new());
    for value in values {
        match filled(template, value) {
            Ok(command) => commands.push(command),
            Err(FillError::Value { .. } | FillError::EndsDocument { .. })
                if transformation == QuotedWord && !is_writable(value) =>
            {
                continue;
            }
            Err(error) => panic!("{template} with {value:?}: {error}"),
        }
        sent.push(if transformation == CutsLineEnds { value.trim_end_matches('\n') } else { value });
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

/// Puts one value in for all placeholders.
pub(crate) fn filled(template: &str, value: &str) -> Result<String, FillError> {
    fill(template, &|name| (name == "P").then(|| Value::Text(value.to_owned())))
}

/// Whether a value has none of what a quoted word may refuse.
fn is_writable(value: &str) -> bool {
    value.is_ascii() && !value.contains('\'') && !value.contains("<(") && !value.contains(">(")
}
