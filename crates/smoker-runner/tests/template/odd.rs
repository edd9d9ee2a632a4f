//! Templates that are broken, or read differently by different shells.

use crate::shell::{CANARY, run, shells};
use crate::table::filled;

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
pub(crate) fn one_hostile(template: &str) -> Vec<String> {
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
