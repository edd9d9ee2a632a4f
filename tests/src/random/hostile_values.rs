//! Values that would be code if a shell read any of them as such.

use fastrand::Rng;

/// Values whose characters mean something to a shell.
const SHORT: [&str; 79] = [
    "", "a", "a b", " ", "   ", " a", "a ", "\t", "\r", "\n", "\n\n", "a\nb", "a\n", "\u{1}", "\u{7f}", "'", "''",
    "\"", "\"\"", "it's", "'\\''", "\\", "\\\\", "a\\", "\\'", "\\\"", "a\\\nb", "\\n", "$HOME", "$", "a$", "$$",
    "$'x'", "`", "*", "?", "[a-z]*", "~", "~root", "{a,b}", "{1..3}", "}", "{", ")", "(", "]]", "[[", "#", "#a",
    "a #b", "!", "!!", "-n", "-e", "--", "-", "%", "%s", "%(P)s", "=", "a=b", "if", "case", "esac", "E", "EOF", "5",
    "-5", "2>f", ">f", "<f", "<<E", "<(", ">(a", "(<(}", "&&", ";;", "ž", "čau",
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

/// Signs of which random values consist, most of them with a meaning to some shell.
const SIGNS: [&str; 44] = [
    "'",
    "'",
    "\"",
    "\\",
    "\\",
    "$",
    "`",
    "\n",
    " ",
    "\t",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "<",
    ">",
    "|",
    "&",
    ";",
    "#",
    "!",
    "~",
    "*",
    "?",
    "=",
    "%",
    "-",
    "+",
    ":",
    "/",
    "^",
    ",",
    "a",
    "E",
    "1",
    "ž",
    "\u{81}",
    "\u{1f600}",
    "\u{fffd}",
    "\r",
    "\u{1b}",
    "-",
];

/// Pieces of which values consist that want to be code in whatever place they stand.
const ATTACKS: [&str; 22] = [
    "'",
    "\"",
    "\n",
    ";",
    "|",
    "&",
    ")",
    "}",
    "))",
    "]",
    "`",
    "\\",
    "#",
    "E\n",
    "\n}",
    "esac;",
    "]] ",
    "$(touch PWNED)",
    "`touch PWNED`",
    "a[$(touch PWNED)]",
    "touch PWNED",
    " touch PWNED ",
];

/// Every value that was written down.
#[must_use]
pub fn known() -> Vec<String> {
    let mut values: Vec<_> = SHORT.iter().chain(&LONG).copied().map(str::to_owned).collect();
    values.push("long ' \" $x ".repeat(400));
    values
}

/// A value at random: signs, one that was written down, an attack, rarely a long one.
#[must_use]
pub fn random(random: &mut Rng) -> String {
    match random.u8(..10) {
        0..5 => signs(random, 12),
        5..7 => random.choice(known()).unwrap_or_default(),
        7..9 => attack(random),
        _ => signs(random, 2000),
    }
}

/// A value that runs `touch PWNED` as soon as any of it is read as code.
#[must_use]
pub fn attack(random: &mut Rng) -> String {
    let mut piece = || ATTACKS[random.usize(..ATTACKS.len())];
    let (front, back): (String, String) = ([piece(), piece(), piece()].concat(), [piece(), piece()].concat());
    front
        + random.choice(["touch PWNED", "\ntouch PWNED\n", ";touch PWNED;", "$(touch PWNED)"]).unwrap_or_default()
        + &back
}

fn signs(random: &mut Rng, most: usize) -> String {
    (0..random.usize(..=most)).map(|_| SIGNS[random.usize(..SIGNS.len())]).collect()
}
