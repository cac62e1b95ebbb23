//! A measure as a plot: which share of its values does not exceed each value.

use super::{Distribution, Measure, Told};
use crate::svg_parts::{line, words};
use std::fmt::Write as _;
use svg::Document;
use svg::node::element::{Path, Style, Title};

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 56.0;
const BOTTOM: f64 = 56.0;
/// A range with values further apart than this has a logarithmic axis.
const LINEAR_UP_TO: f64 = 100.0;
/// About how many marks an axis has.
const MARKS: f64 = 5.0;

const STYLE: &str = "\
svg { background: #fff; color: #1b1b1b; font: 12px system-ui, sans-serif; }
text { fill: currentColor; } .title { font-size: 15px; font-weight: 600; } .note { fill: #666; }
.middle { text-anchor: middle; } .end { text-anchor: end; }
.axis { stroke: #555; } .grid { stroke: #e4e4e4; } .curve { stroke: #2667b0; stroke-width: 2; fill: none; }
@media (prefers-color-scheme: dark) { svg { background: #1b1b1b; color: #eee; } .note { fill: #aaa; }
.axis { stroke: #999; } .grid { stroke: #383838; } .curve { stroke: #7db4f0; } }";

/// The plot of a measure's values as a file. `None`: there are no values.
pub fn plot(measure: Measure, values: &Distribution) -> Option<String> {
    let Told { title, meaning, unit, per_unit, .. } = measure.told();
    let scale = |value: u64| exact(value) / f64::from(per_unit);
    let points: Vec<(f64, f64)> =
        values.cumulative().into_iter().map(|(value, share)| (scale(value), share)).collect();
    let (first, last) = (points.first()?.0, points.last()?.0);
    let axis = Axis::of(first, last);
    let heading = format!("{title}: {} values", values.count());
    let mut document = Document::new()
        .set("viewBox", (0, 0, WIDTH, HEIGHT))
        .set("width", WIDTH)
        .set("height", HEIGHT)
        .add(Title::new(heading.as_str()))
        .add(Style::new(STYLE))
        .add(words("title", LEFT, 22.0, &heading))
        .add(words("note", LEFT, 40.0, meaning));
    for percent in [0.0, 25.0, 50.0, 75.0, 90.0, 100.0] {
        let y = height_of(percent / 100.0);
        document = document.add(line("grid", (LEFT, y), (WIDTH - RIGHT, y))).add(words(
            "end",
            LEFT - 8.0,
            y + 4.0,
            &format!("{percent} %"),
        ));
    }
    for mark in axis.marks() {
        let x = axis.place(mark);
        document = document.add(line("grid", (x, height_of(1.0)), (x, height_of(0.0)))).add(words(
            "middle",
            x,
            height_of(0.0) + 18.0,
            &short(mark),
        ));
    }
    let label = if axis.is_log { format!("{unit}, logarithmic") } else { unit.to_owned() };
    let document = document
        .add(line("axis", (LEFT, height_of(0.0)), (WIDTH - RIGHT, height_of(0.0))))
        .add(line("axis", (LEFT, height_of(0.0)), (LEFT, height_of(1.0))))
        .add(words("middle", f64::midpoint(LEFT, WIDTH - RIGHT), HEIGHT - 14.0, &label))
        .add(words("middle", 0.0, 0.0, "share of values up to this one").set(
            "transform",
            format!("translate(16 {}) rotate(-90)", f64::midpoint(TOP, HEIGHT - BOTTOM)),
        ))
        .add(Path::new().set("class", "curve").set("d", steps(&points, &axis)));
    Some(format!("{document}\n"))
}

/// The curve: it rises at each value.
fn steps(points: &[(f64, f64)], axis: &Axis) -> String {
    let mut path = format!("M {:.1} {:.1}", axis.place(points[0].0), height_of(0.0));
    for (value, share) in points {
        let _ = write!(path, " H {:.1} V {:.1}", axis.place(*value), height_of(*share));
    }
    let _ = write!(path, " H {:.1}", WIDTH - RIGHT);
    path
}

/// The axis of values.
struct Axis {
    from: f64,
    to: f64,
    is_log: bool,
}

impl Axis {
    fn of(first: f64, last: f64) -> Axis {
        let is_log = first > 0.0 && last / first > LINEAR_UP_TO;
        let from = if is_log { first } else { 0.0 };
        // A single value, such as zero, needs some room.
        Axis { from, to: if last > from { last } else { from + 1.0 }, is_log }
    }

    /// Where a value is.
    fn place(&self, value: f64) -> f64 {
        let along = if self.is_log {
            (value / self.from).ln() / (self.to / self.from).ln()
        } else {
            (value - self.from) / (self.to - self.from)
        };
        LEFT + along * (WIDTH - LEFT - RIGHT)
    }

    /// Round values to write below the axis.
    fn marks(&self) -> Vec<f64> {
        let decade = |value: f64| 10_f64.powf(value.log10().floor());
        if self.is_log {
            let first = decade(self.from);
            let decades = (0..20).map(|power| first * 10_f64.powi(power));
            return decades.filter(|mark| (self.from..=self.to).contains(mark)).collect();
        }
        let rough = (self.to - self.from) / MARKS;
        let unit = decade(rough);
        let step = [1.0, 2.0, 5.0, 10.0].into_iter().find(|times| times * unit >= rough);
        let step = step.unwrap_or(10.0) * unit;
        (0..20).map(|count| step * f64::from(count)).filter(|mark| *mark <= self.to).collect()
    }
}

fn height_of(share: f64) -> f64 {
    HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)
}

/// A number without needless digits.
fn short(number: f64) -> String {
    let text = format!("{number:.3}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[expect(clippy::cast_precision_loss, reason = "a value to draw")]
fn exact(value: u64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[u64]) -> Distribution {
        let mut distribution = Distribution::default();
        for value in values {
            distribution.record(*value);
        }
        distribution
    }

    #[test]
    fn a_plot_has_labelled_axes_and_a_curve_within_its_frame() {
        for values in [&[0][..], &[0, 1, 2], &[900, 1_000, 5_000_000], &[7]] {
            let drawn = plot(Measure::PutLatency, &of(values)).expect("it has values");
            for part in ["latency of a put", "ms", "share of values", "class=\"curve\"", "dark"] {
                assert!(drawn.contains(part), "{part}: {drawn}");
            }
            assert!(!drawn.contains("NaN") && !drawn.contains("inf"), "{drawn}");
        }
        assert_eq!(plot(Measure::PutLatency, &Distribution::default()), None);
    }

    #[test]
    fn marks_are_round_and_on_the_axis() {
        assert_eq!(Axis::of(0.0, 9.0).marks(), [0.0, 2.0, 4.0, 6.0, 8.0]);
        assert_eq!(Axis::of(0.5, 200.0).marks(), [1.0, 10.0, 100.0]);
        assert_eq!(Axis::of(0.0, 0.0).marks().len(), 6);
    }
}
