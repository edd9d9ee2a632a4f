//! Fisher's exact test.

/// Tables whose probability differs by less than this share count as equally probable.
const TOLERANCE: f64 = 1e-7;

/// Logarithms of factorials.
#[derive(Clone, Debug)]
pub(super) struct Factorials(Vec<f64>);

/// How many of two sets have something: `a` of the first and `c` of the second have it, `b` and `d` have not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counts {
    pub(super) a: usize,
    pub(super) b: usize,
    pub(super) c: usize,
    pub(super) d: usize,
}

impl Factorials {
    /// Those of all numbers up to this one.
    pub(super) fn up_to(most: usize) -> Self {
        let mut all = vec![0.0];
        let mut sum = 0.0;
        for number in 1..=most {
            sum += as_float(number).ln();
            all.push(sum);
        }
        Self(all)
    }

    /// The two-sided probability of counts at least as improbable as these, if having it has nothing to do with the set.
    pub(super) fn two_sided(&self, counts: Counts) -> f64 {
        let Counts { a, b, c, d } = counts;
        let (first, having, all) = (a + b, a + c, a + b + c + d);
        let probability = |a: usize| self.probability(a, first, having, all);
        let limit = probability(a) * (1.0 + TOLERANCE);
        let range = (first + having).saturating_sub(all)..=first.min(having);
        range.map(probability).filter(|probability| *probability <= limit).sum::<f64>().min(1.0)
    }

    /// The smallest probability that any counts with the same sums have.
    pub(super) fn smallest(&self, counts: Counts) -> f64 {
        let Counts { a, b, c, d } = counts;
        let (first, having, all) = (a + b, a + c, a + b + c + d);
        let of = |a: usize| {
            let counts = Counts { a, b: first - a, c: having - a, d: all + a - first - having };
            self.two_sided(counts)
        };
        of((first + having).saturating_sub(all)).min(of(first.min(having)))
    }

    fn probability(&self, a: usize, first: usize, having: usize, all: usize) -> f64 {
        let ln = |number: usize| self.0[number];
        let choose = |of: usize, take: usize| ln(of) - ln(take) - ln(of - take);
        (choose(having, a) + choose(all - having, first - a) - choose(all, first)).exp()
    }
}

/// Numbers of hosts are far below what a float counts exactly.
#[expect(clippy::cast_precision_loss, reason = "fleets have less than 2^52 hosts")]
fn as_float(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What R's `fisher.test` says.
    #[test]
    fn the_test_is_that_of_the_books() {
        for (a, b, c, d, expected) in [
            (3, 1, 1, 3, 0.485_714_285_714),
            (2, 0, 0, 37, 0.001_349_527_665),
            (8, 2, 1, 5, 0.034_965_034_965),
            (1, 9, 11, 3, 0.002_759_456_185),
            (5, 0, 0, 5, 0.007_936_507_937),
            (0, 5, 5, 0, 0.007_936_507_937),
            (10, 10, 10, 10, 1.0),
            (0, 0, 3, 4, 1.0),
        ] {
            let p = Factorials::up_to(100).two_sided(Counts { a, b, c, d });
            assert!((p - expected).abs() < 1e-9, "{a} {b} {c} {d}: {p}");
        }
    }

    #[test]
    fn no_counts_are_less_probable_than_the_most_extreme_ones() {
        let factorials = Factorials::up_to(60);
        for (first, having, all) in [(3, 7, 20), (10, 10, 20), (1, 1, 40), (5, 50, 60)] {
            let counts = |a: usize| Counts { a, b: first - a, c: having - a, d: all + a - first - having };
            let range = (first + having).saturating_sub(all)..=first.min(having);
            let smallest = range.map(|a| factorials.two_sided(counts(a))).fold(1.0, f64::min);
            let start = (first + having).saturating_sub(all);
            assert!((factorials.smallest(counts(start)) - smallest).abs() < 1e-12);
        }
    }
}
