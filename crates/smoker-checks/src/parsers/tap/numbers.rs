//! Judges the numbers of the tests and the plan.

use std::collections::BTreeSet;

/// More numbers of one kind than this are not listed.
const MAX_LISTED: usize = 10;

/// The plan and the numbers seen so far.
#[derive(Default)]
pub(super) struct Numbers {
    plan: Option<usize>,
    has_second_plan: bool,
    /// How many tests stood before the plan.
    before_plan: usize,
    count: usize,
    last: usize,
    all: BTreeSet<usize>,
    twice: Vec<usize>,
    out_of_order: Vec<usize>,
    /// Whether there was a version line, behind which a plan has to follow.
    pub(super) has_version: bool,
    /// Version 14 allows any order, the versions before it do not.
    pub(super) may_be_in_any_order: bool,
}

impl Numbers {
    pub(super) fn plan(&mut self, tests: usize) {
        self.has_second_plan |= self.plan.is_some();
        self.plan = Some(tests);
        self.before_plan = self.count;
    }

    /// Takes a test. The answer is its number, which is one more than that of the test before when it has none.
    pub(super) fn test(&mut self, number: Option<usize>) -> usize {
        let number = number.unwrap_or_else(|| self.last.saturating_add(1));
        self.count += 1;
        if !self.all.insert(number) {
            self.twice.push(number);
        } else if number < self.last {
            self.out_of_order.push(number);
        }
        self.last = number;
        number
    }

    /// How many tests there were.
    pub(super) fn seen(&self) -> usize {
        self.count
    }

    /// Whether there was a plan.
    pub(super) fn has_plan(&self) -> bool {
        self.plan.is_some()
    }

    /// Whether there was neither a plan nor a test.
    pub(super) fn is_empty(&self) -> bool {
        self.plan.is_none() && self.count == 0
    }

    /// Whether the output has begun, which needs a plan from then on: it may have died behind its version line.
    pub(super) fn have_begun(&self) -> bool {
        self.has_version || !self.is_empty()
    }

    /// Whether all tests of the plan were there.
    pub(super) fn is_complete(&self) -> bool {
        self.plan == Some(self.count)
    }

    /// Whether the plan is 1..0 and no test is there.
    pub(super) fn is_without_tests(&self) -> bool {
        self.plan == Some(0) && self.count == 0
    }

    /// What is wrong, a text each.
    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let Some(plan) = self.plan else {
            return vec!["The plan (such as 1..3) is missing".to_owned()];
        };
        let count = self.count;
        if self.has_second_plan {
            faults.push("There is more than one plan".to_owned());
        } else if self.before_plan > 0 && self.before_plan < count {
            faults.push(format!("The plan 1..{plan} is between the tests: it belongs before or after all of them"));
        }
        if plan != count {
            faults.push(format!("Planned {plan} tests, but {count} ran"));
        }
        let mut list = |what: &str, numbers: &mut dyn Iterator<Item = usize>| {
            let listed: Vec<_> = numbers.take(MAX_LISTED).map(|number| number.to_string()).collect();
            if !listed.is_empty() {
                let more = if numbers.next().is_some() { ", ..." } else { "" };
                faults.push(format!("Test numbers that {what}: {}{more}", listed.join(", ")));
            }
        };
        let has = |number: &usize| (1..=plan).contains(number);
        if plan > 0 {
            let beyond = &mut self.all.iter().copied().filter(|number| !has(number));
            list(&format!("the plan 1..{plan} does not have"), beyond);
        }
        list("are there twice", &mut self.twice.iter().copied());
        if !self.may_be_in_any_order {
            list("are out of order", &mut self.out_of_order.iter().copied());
        }
        // Those behind the last one did not run, which the counts tell.
        let last = self.all.last().copied().unwrap_or(0).min(plan);
        list("are missing", &mut (1..=last).filter(|number| !self.all.contains(number)));
        faults
    }
}
