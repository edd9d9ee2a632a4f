//! Values that are Python expressions, such as `('/var/log/x.log', 'a',
//! 10*1024*1024)`. They are read, never evaluated: texts, numbers and sums of
//! them, names, tuples, lists and mappings of such.

use crate::ini::token::{Token, tokens};

/// How deep values may be nested.
const DEEPEST: usize = 20;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    None,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(String),
    /// A name of Python's modules, which means whatever its reader knows.
    Name(String),
    Tuple(Vec<Literal>),
    List(Vec<Literal>),
    Dict(Vec<(Literal, Literal)>),
}

/// Reads an expression.
///
/// # Errors
///
/// What is not understood.
pub(crate) fn parse(text: &str) -> Result<Literal, String> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0 };
    let value = parser.tuple_or_value()?;
    match parser.next() {
        None => Ok(value),
        Some(Token::Sign("(")) => Err("calls are not supported; write a plain value".to_owned()),
        Some(token) => Err(format!("{} is not understood behind the value", shown(&token))),
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn takes(&mut self, sign: &str) -> bool {
        let is_next = matches!(self.tokens.get(self.at), Some(Token::Sign(next)) if *next == sign);
        self.at += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, sign: &str) -> Result<(), String> {
        if self.takes(sign) {
            return Ok(());
        }
        match self.next() {
            Some(Token::Sign("(")) => Err("calls are not supported; write a plain value".to_owned()),
            Some(token) => Err(format!("'{sign}' is missing before {}", shown(&token))),
            None => Err(format!("'{sign}' is missing at the end")),
        }
    }

    /// A tuple may go without its parentheses.
    fn tuple_or_value(&mut self) -> Result<Literal, String> {
        let first = self.sum()?;
        if !self.takes(",") {
            return Ok(first);
        }
        let mut items = vec![first];
        while self.at < self.tokens.len() {
            items.push(self.sum()?);
            if !self.takes(",") {
                break;
            }
        }
        Ok(Literal::Tuple(items))
    }

    fn sum(&mut self) -> Result<Literal, String> {
        let mut left = self.product()?;
        loop {
            let sign = ["+", "-", "<<"].into_iter().find(|sign| self.takes(sign));
            let Some(sign) = sign else { return Ok(left) };
            let right = self.product()?;
            left = combined(left, sign, right)?;
        }
    }

    fn product(&mut self) -> Result<Literal, String> {
        let mut left = self.power()?;
        loop {
            let sign = ["*", "//"].into_iter().find(|sign| self.takes(sign));
            let Some(sign) = sign else { return Ok(left) };
            let right = self.power()?;
            left = combined(left, sign, right)?;
        }
    }

    fn power(&mut self) -> Result<Literal, String> {
        let base = self.value()?;
        if !self.takes("**") {
            return Ok(base);
        }
        let exponent = self.value()?;
        combined(base, "**", exponent)
    }

    fn value(&mut self) -> Result<Literal, String> {
        if self.depth == DEEPEST {
            return Err("the value is nested too deep".to_owned());
        }
        self.depth += 1;
        let value = self.value_inside();
        self.depth -= 1;
        value
    }

    fn value_inside(&mut self) -> Result<Literal, String> {
        match self.next().ok_or("a value is missing at the end")? {
            Token::Text(text) => Ok(Literal::Text(self.more_text(text))),
            Token::Int(value) => Ok(Literal::Int(value)),
            Token::Float(value) => Ok(Literal::Float(value)),
            Token::Name(name) => Ok(named(name)),
            Token::Sign("-") => match self.power()? {
                Literal::Int(value) => Ok(Literal::Int(-value)),
                Literal::Float(value) => Ok(Literal::Float(-value)),
                _ => Err("'-' has to be followed by a number".to_owned()),
            },
            Token::Sign("(") => self.in_parentheses(),
            Token::Sign("[") => Ok(Literal::List(self.items("]")?)),
            Token::Sign("{") => self.mapping(),
            token @ Token::Sign(_) => Err(format!("a value is missing before {}", shown(&token))),
        }
    }

    /// Texts behind each other are one.
    fn more_text(&mut self, mut text: String) -> String {
        while let Some(Token::Text(more)) = self.tokens.get(self.at) {
            text.push_str(more);
            self.at += 1;
        }
        text
    }

    fn in_parentheses(&mut self) -> Result<Literal, String> {
        if self.takes(")") {
            return Ok(Literal::Tuple(Vec::new()));
        }
        let first = self.sum()?;
        if self.takes(")") {
            return Ok(first);
        }
        self.expect(",")?;
        let mut items = vec![first];
        items.extend(self.items(")")?);
        Ok(Literal::Tuple(items))
    }

    fn items(&mut self, end: &str) -> Result<Vec<Literal>, String> {
        let mut items = Vec::new();
        while !self.takes(end) {
            items.push(self.sum()?);
            if self.takes(end) {
                break;
            }
            self.expect(",")?;
        }
        Ok(items)
    }

    fn mapping(&mut self) -> Result<Literal, String> {
        let mut entries = Vec::new();
        while !self.takes("}") {
            let name = self.sum()?;
            self.expect(":")?;
            entries.push((name, self.sum()?));
            if self.takes("}") {
                break;
            }
            self.expect(",")?;
        }
        Ok(Literal::Dict(entries))
    }
}

fn named(name: String) -> Literal {
    match name.as_str() {
        "None" => Literal::None,
        "True" => Literal::Bool(true),
        "False" => Literal::Bool(false),
        _ => Literal::Name(name),
    }
}

fn combined(left: Literal, sign: &str, right: Literal) -> Result<Literal, String> {
    let result = match (left, sign, right) {
        (Literal::Text(left), "+", Literal::Text(right)) => return Ok(Literal::Text(left + &right)),
        (Literal::Int(left), "+", Literal::Int(right)) => left.checked_add(right),
        (Literal::Int(left), "-", Literal::Int(right)) => left.checked_sub(right),
        (Literal::Int(left), "*", Literal::Int(right)) => left.checked_mul(right),
        (Literal::Int(left), "//", Literal::Int(right)) => left.checked_div_euclid(right),
        (Literal::Int(left), "**", Literal::Int(right)) => {
            right.try_into().ok().and_then(|right| left.checked_pow(right))
        }
        (Literal::Int(left), "<<", Literal::Int(right @ 0..=100)) => left.checked_mul(1 << right),
        _ => return Err(format!("'{sign}' is supported between whole numbers only")),
    };
    result.map(Literal::Int).ok_or_else(|| format!("the result of '{sign}' is no number that could be meant"))
}

fn shown(token: &Token) -> String {
    match token {
        Token::Text(text) => format!("'{text}'"),
        Token::Int(value) => value.to_string(),
        Token::Float(value) => value.to_string(),
        Token::Name(name) => format!("'{name}'"),
        Token::Sign(sign) => format!("'{sign}'"),
    }
}

#[cfg(test)]
mod tests {
    use super::Literal::{Bool, Dict, Int, List, Name, None, Text, Tuple};
    use super::*;

    fn text(text: &str) -> Literal {
        Text(text.to_owned())
    }

    fn name(name: &str) -> Literal {
        Name(name.to_owned())
    }

    #[test]
    fn arguments_as_people_write_them() {
        let cases = [
            ("()", Tuple(vec![])),
            ("(sys.stdout,)", Tuple(vec![name("sys.stdout")])),
            ("(sys.stdout)", name("sys.stdout")),
            ("'a', 1", Tuple(vec![text("a"), Int(1)])),
            (
                "('/var/log/x.log', \"a\", 10*1024*1024, 5, None, True,)",
                Tuple(vec![text("/var/log/x.log"), text("a"), Int(10_485_760), Int(5), None, Bool(true)]),
            ),
            (
                "(('localhost', handlers.SYSLOG_UDP_PORT), handlers.SysLogHandler.LOG_USER)",
                Tuple(vec![
                    Tuple(vec![text("localhost"), name("handlers.SYSLOG_UDP_PORT")]),
                    name("handlers.SysLogHandler.LOG_USER"),
                ]),
            ),
            (
                "{'maxBytes': 2**20, 'x': [0x10, 1_000, -1]}",
                Dict(vec![(text("maxBytes"), Int(1_048_576)), (text("x"), List(vec![Int(16), Int(1000), Int(-1)]))]),
            ),
            (r"('a\n\x41\u010d\101\q' r'\n' 'c' + 'd',)", Tuple(vec![text("a\nAčA\\q\\ncd")])),
            ("'''it's \"long\"'''", text("it's \"long\"")),
            ("1 << 20", Int(1_048_576)),
            ("(\n'a',\n'b')", Tuple(vec![text("a"), text("b")])),
        ];
        for (written, expected) in cases {
            assert_eq!(parse(written).as_ref(), Ok(&expected), "{written}");
        }
    }

    #[test]
    fn what_would_have_to_be_evaluated_is_refused() {
        let deep = "(".repeat(10_000);
        for (written, problem) in [
            ("(os.path.join('a', 'b'),)", "calls are not supported"),
            ("open('x')", "calls are not supported"),
            ("(lambda: 0,)", "is missing before"),
            ("('a'", "missing"),
            ("('a", "without its closing"),
            ("(1 2)", "missing before 2"),
            ("(b'a',)", "not supported"),
            ("('a' * 3,)", "between whole numbers"),
            ("(2 ** 500,)", "no number"),
            ("(1 // 0,)", "no number"),
            ("('\\xg1',)", "no character"),
            ("", "missing at the end"),
            ("(@,)", "not understood"),
            (&deep, "too deep"),
        ] {
            assert!(parse(written).expect_err(written).contains(problem), "{written}: {:?}", parse(written));
        }
    }
}
