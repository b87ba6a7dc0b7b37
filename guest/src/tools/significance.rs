//! Whether a count rose by more than chance.
//!
//! An item had `now` of the `customers now` of a period and `before` of those of the periods
//! before. If nothing changed, each of its `now + before` fell into the period with the
//! probability that the period has of all customers: so the number that did is binomial, and the
//! chance of `now` or more is what is asked (the conditional test of two Poisson rates; Przyborowski
//! and Wilenski, 1940). Many items are tested at once, so each must pass at the level divided by
//! their number (Bonferroni): with [`LEVEL`], of five hundred quiet periods one shows anything.

/// Chance that anything is shown of a period in which nothing rose.
pub const LEVEL: f64 = 0.002;

/// Logarithms of factorials.
pub struct Factorials(Vec<f64>);

impl Factorials {
    /// Up to that number.
    #[must_use]
    pub fn up_to(most: usize) -> Self {
        let mut logarithms = Vec::with_capacity(most + 1);
        let mut sum = 0.0_f64;
        logarithms.push(sum);
        for number in 1..=most {
            sum += (number as f64).ln();
            logarithms.push(sum);
        }
        Self(logarithms)
    }

    /// The chance that at least `least` of `all` fall where each falls with that probability.
    #[must_use]
    pub fn at_least(&self, least: usize, all: usize, probability: f64) -> f64 {
        if least == 0 {
            return 1.0;
        }
        if least > all || probability <= 0.0 {
            return 0.0;
        }
        if probability >= 1.0 {
            return 1.0;
        }
        let (yes, no) = (probability.ln(), (1.0 - probability).ln());
        let chance = |count: usize| {
            let ways = self.0[all] - self.0[count] - self.0[all - count];
            (ways + count as f64 * yes + (all - count) as f64 * no).exp()
        };
        (least..=all).map(chance).sum::<f64>().min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_are_those_of_the_tables() {
        let factorials = Factorials::up_to(200);
        let near = |least, all, probability, expected: f64| {
            let found = factorials.at_least(least, all, probability);
            assert!((found - expected).abs() < 1e-6 * expected.max(1e-6), "{least} of {all}: {found}");
        };
        near(0, 5, 0.3, 1.0);
        near(3, 3, 0.5, 0.125);
        near(8, 10, 0.5, 0.0546875);
        near(1, 4, 0.25, 1.0 - 0.75_f64.powi(4));
        assert!(factorials.at_least(6, 5, 0.5) == 0.0 && factorials.at_least(100, 200, 1.0) == 1.0);
    }
}
