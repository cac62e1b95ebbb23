//! The distribution of one measure's values.

use hdrhistogram::Histogram;

/// How many digits of a value the histogram keeps: a quantile is wrong by less than 1 %. One more
/// digit would make a run's histograms eight times as large.
const DIGITS: u8 = 2;

/// Values with their quantiles. Count, mean and maximum are exact. A quantile is exact below 256.
#[derive(Clone, Debug, PartialEq)]
pub struct Distribution {
    counts: Histogram<u64>,
    sum: u64,
    max: u64,
}

impl Default for Distribution {
    fn default() -> Distribution {
        let counts = Histogram::new(DIGITS).expect("this many digits are valid");
        Distribution { counts, sum: 0, max: 0 }
    }
}

impl Distribution {
    pub(super) fn record(&mut self, value: u64) {
        self.counts.record(value).expect("a histogram that resizes itself has room");
        self.sum += value;
        self.max = self.max.max(value);
    }

    pub(super) fn add(&mut self, other: &Distribution) {
        if other.count() == 0 {
            return;
        }
        self.counts.add(&other.counts).expect("a histogram that resizes itself has room");
        self.sum += other.sum;
        self.max = self.max.max(other.max);
    }

    /// How many values there are.
    pub fn count(&self) -> u64 {
        self.counts.len()
    }

    /// The mean. `None`: there is no value.
    #[expect(clippy::cast_precision_loss, reason = "a mean to look at")]
    pub fn mean(&self) -> Option<f64> {
        (self.count() > 0).then(|| self.sum as f64 / self.count() as f64)
    }

    /// The largest value. `None`: there is none.
    pub fn max(&self) -> Option<u64> {
        (self.count() > 0).then_some(self.max)
    }

    /// The value that this share of all values does not exceed. `None`: there is no value.
    pub fn quantile(&self, share: f64) -> Option<u64> {
        // The histogram gives the highest value that it does not tell from the one recorded.
        (self.count() > 0).then(|| self.counts.value_at_quantile(share).min(self.max))
    }

    /// The distinct values in order, each with the share of all values that do not exceed it.
    #[expect(clippy::cast_precision_loss, reason = "shares to look at")]
    pub fn cumulative(&self) -> Vec<(u64, f64)> {
        let mut up_to = 0;
        let values = self.counts.iter_recorded();
        let points = values.map(|value| {
            up_to += value.count_at_value();
            (value.value_iterated_to().min(self.max), up_to as f64 / self.count() as f64)
        });
        points.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: impl IntoIterator<Item = u64>) -> Distribution {
        let mut distribution = Distribution::default();
        values.into_iter().for_each(|value| distribution.record(value));
        distribution
    }

    #[test]
    fn quantiles_are_those_of_the_values() {
        let values = of(1..=100);
        let quantiles = [0.5, 0.9, 0.99].map(|share| values.quantile(share));
        assert_eq!(quantiles, [Some(50), Some(90), Some(99)]);
        assert_eq!((values.mean(), values.max(), values.count()), (Some(50.5), Some(100), 100));
        let large = of([1_000_000]);
        assert_eq!((large.quantile(0.5), large.mean()), (Some(1_000_000), Some(1_000_000.0)));
    }

    #[test]
    fn nothing_is_said_of_no_values() {
        let none = Distribution::default();
        assert_eq!((none.mean(), none.max(), none.quantile(0.5)), (None, None, None));
        assert!(none.cumulative().is_empty());
    }

    #[test]
    fn the_order_in_which_distributions_are_added_makes_no_difference() {
        let (small, large) = (of([0, 0, 3]), of([70_000_000, 5]));
        let (mut one, mut other) = (small.clone(), large.clone());
        one.add(&large);
        other.add(&small);
        let told = |it: &Distribution| (it.cumulative(), it.quantile(0.9), it.mean(), it.max());
        assert_eq!(told(&one), told(&other));
        assert_eq!(one.cumulative()[0], (0, 0.4));
        assert_eq!(one.cumulative().last(), Some(&(70_000_000, 1.0)));
    }
}
