//! The figures as text.

use std::fmt::{self, Display, Formatter};

use crate::pairs::{Pairs, spread};
use crate::statistics::median;

/// What we want of a figure.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    /// Nothing: it is there to understand the others.
    None,
    /// The ratio to the limit, at least.
    AtLeast(f64),
    /// The ratio to the limit, at most.
    AtMost(f64),
    /// A figure below this, in this unit.
    Under(f64, &'static str),
    /// A figure above this, in this unit.
    Over(f64, &'static str),
}

/// One measure.
#[derive(Debug)]
pub(crate) struct Row {
    name: String,
    unit: &'static str,
    goal: Goal,
    figures: Result<Figures, String>,
}

#[derive(Debug)]
enum Figures {
    Pairs(Pairs),
    Alone(f64),
}

/// All measures.
#[derive(Debug, Default)]
pub(crate) struct Table(Vec<Row>);

impl Table {
    /// Adds a row at the end.
    pub(crate) fn add(&mut self, row: Row) {
        self.0.push(row);
    }
}

impl Row {
    /// Ours beside a limit that was measured with it, or the reason why there are no figures.
    pub(crate) fn of_pairs(name: &str, unit: &'static str, goal: Goal, pairs: Result<Pairs, String>) -> Self {
        Self { name: name.to_owned(), unit, goal, figures: pairs.map(Figures::Pairs) }
    }

    /// A figure whose only limit is its goal, or the reason why there is none.
    pub(crate) fn alone(name: &str, unit: &'static str, goal: Goal, figure: Result<f64, String>) -> Self {
        Self { name: name.to_owned(), unit, goal, figures: figure.map(Figures::Alone) }
    }

    fn cells(&self) -> [String; 6] {
        let name = self.name.clone();
        let goal = self.goal.to_string();
        match &self.figures {
            Err(reason) => [name, "n/a".into(), String::new(), format!("n/a: {reason}"), goal, String::new()],
            Ok(Figures::Alone(figure)) => {
                let met = self.goal.is_met(*figure, None);
                [name, self.with_unit(*figure), String::new(), String::new(), goal, word(met)]
            }
            Ok(Figures::Pairs(pairs)) => {
                let ratios = pairs.ratios();
                let ratio = ratios.as_deref().map(median);
                let shown = ratios.map_or_else(|| ours_alone(pairs), |ratios| with_spread(&ratios));
                let met = self.goal.is_met(pairs.ours(), ratio);
                [name, self.with_unit(pairs.ours()), self.with_unit(pairs.limit()), shown, goal, word(met)]
            }
        }
    }

    fn with_unit(&self, figure: f64) -> String {
        format!("{} {}", short(figure), self.unit)
    }
}

fn with_spread(ratios: &[f64]) -> String {
    let (low, high) = spread(ratios.iter().copied());
    format!("{:.2} ({low:.2}..{high:.2})", median(ratios))
}

/// Where the limit is zero there is no ratio; the spread of ours says what can be said.
fn ours_alone(pairs: &Pairs) -> String {
    let (low, high) = pairs.spread_of_ours();
    format!("ours {}..{}", short(low), short(high))
}

/// Three digits are as many as a repetition would confirm.
fn short(figure: f64) -> String {
    match figure.abs() {
        size if size >= 100.0 => format!("{figure:.0}"),
        size if size >= 10.0 => format!("{figure:.1}"),
        _ => format!("{figure:.2}"),
    }
}

fn word(met: Option<bool>) -> String {
    match met {
        None => "",
        Some(true) => "met",
        Some(false) => "missed",
    }
    .to_owned()
}

impl Goal {
    fn is_met(self, figure: f64, ratio: Option<f64>) -> Option<bool> {
        match self {
            Self::None => None,
            Self::AtLeast(goal) => ratio.map(|ratio| ratio >= goal),
            Self::AtMost(goal) => ratio.map(|ratio| ratio <= goal),
            Self::Under(goal, _) => Some(figure < goal),
            Self::Over(goal, _) => Some(figure > goal),
        }
    }
}

impl Display for Goal {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::AtLeast(ratio) => write!(out, "ratio >= {ratio}"),
            Self::AtMost(ratio) => write!(out, "ratio <= {ratio}"),
            Self::Under(goal, unit) => write!(out, "< {goal} {unit}"),
            Self::Over(goal, unit) => write!(out, "> {goal} {unit}"),
        }
    }
}

impl Display for Table {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let head = ["measure", "ours", "limit", "ratio (min..max)", "goal", ""].map(str::to_owned);
        let rows: Vec<_> = std::iter::once(head).chain(self.0.iter().map(Row::cells)).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let [name, ours, limit, ratio, goal] = [0, 1, 2, 3, 4].map(width);
        for row in &rows {
            let figures = format!("{:<name$}  {:>ours$}  {:>limit$}", row[0], row[1], row[2]);
            let verdict = format!("{:<ratio$}  {:<goal$}  {}", row[3], row[4], row[5]);
            writeln!(out, "{}", format!("{figures}  {verdict}").trim_end())?;
        }
        Ok(())
    }
}
