//! Values where the shell wants numbers.

use smoker_model::value::Value;
use smoker_runner::template::fill;

use crate::shell::{run, shells};

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
