//! The measures of all runs: as a table, as JSON, and as plots.

use super::Failure;
use crate::commands::check::found::Out;
use crate::commands::table;
use anyhow::Context as _;
use dynamo::simulation::measures::{Distribution, Measure, Measures, Told, plot};
use serde_json::{Map, Value, json};
use std::fs;
use std::path::Path;

const COLUMNS: [&str; 6] = ["p50", "p90", "p99", "max", "mean", "values"];
/// From here on, a number is told without the digits after its point.
const WHOLE_FROM: f64 = 100.0;

/// Tells the measures, one in a line.
pub(super) fn tell(measures: &Measures, out: Out<'_>) {
    let names = Measure::ALL.map(|measure| {
        let Told { title, unit, .. } = measure.told();
        format!("{title}, {unit}")
    });
    let width = names.iter().map(String::len).max().unwrap_or_default();
    let cells =
        |cells: &[String]| cells.iter().map(|it| format!("{it:>10}")).collect::<Vec<_>>().concat();
    out(&format!("{:<width$}{}", "Measured in all runs:", cells(&COLUMNS.map(str::to_owned))));
    for (measure, name) in Measure::ALL.into_iter().zip(&names) {
        let values = measures.of(measure);
        let mut row = told(measure, values).map(number).to_vec();
        row.push(table::count(values.count() as usize));
        out(&format!("  {name:<width$}{}", &cells(&row)[2..]));
    }
    out("");
}

/// The quantiles, the maximum and the mean, in the unit of the measure.
#[expect(clippy::cast_precision_loss, reason = "figures to look at")]
fn told(measure: Measure, values: &Distribution) -> [Option<f64>; 5] {
    let per_unit = f64::from(measure.told().per_unit);
    let [p50, p90, p99] = [0.5, 0.9, 0.99].map(|share| values.quantile(share));
    let exact = [p50, p90, p99, values.max()].map(|value| value.map(|value| value as f64));
    let [p50, p90, p99, max] = exact;
    [p50, p90, p99, max, values.mean()].map(|value| value.map(|value| value / per_unit))
}

#[expect(clippy::cast_sign_loss, reason = "no measure is negative")]
fn number(value: Option<f64>) -> String {
    match value {
        None => "-".to_owned(),
        Some(value) if value.fract() == 0.0 || value >= WHOLE_FROM => {
            table::count(value.round() as usize)
        }
        Some(value) if value < 1.0 => format!("{value:.3}"),
        Some(value) => format!("{value:.1}"),
    }
}

/// The measures by their names.
pub(super) fn as_json(measures: &Measures) -> Value {
    let all = Measure::ALL.map(|measure| {
        let Told { name, meaning, unit, .. } = measure.told();
        let values = measures.of(measure);
        let [p50, p90, p99, max, mean] = told(measure, values);
        let of_one = json!({
            "meaning": meaning, "unit": unit, "count": values.count(),
            "p50": p50, "p90": p90, "p99": p99, "max": max, "mean": mean,
        });
        (name.to_owned(), of_one)
    });
    Value::Object(Map::from_iter(all))
}

/// Draws each measure that has values.
pub(super) fn save_plots(measures: &Measures, folder: &Path) -> Result<(), Failure> {
    let unwritten = || format!("cannot write plots to {}", folder.display());
    fs::create_dir_all(folder).with_context(unwritten).map_err(Failure::Operation)?;
    for measure in Measure::ALL {
        let Some(drawn) = plot(measure, measures.of(measure)) else { continue };
        let file = folder.join(format!("{}.svg", measure.told().name.replace('_', "-")));
        fs::write(&file, drawn).with_context(unwritten).map_err(Failure::Operation)?;
    }
    Ok(())
}
