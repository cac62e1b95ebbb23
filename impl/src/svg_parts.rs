//! Parts that more than one drawing has.

use svg::node::Value;
use svg::node::element::{Line, Text};

/// A text at a point. `class` names its style.
pub(crate) fn words<N: Into<Value>>(class: &str, x: N, y: N, text: &str) -> Text {
    Text::new(text).set("class", class).set("x", x).set("y", y)
}

/// A line between two points. `class` names its style.
pub(crate) fn line<N: Into<Value>>(class: &str, from: (N, N), to: (N, N)) -> Line {
    Line::new()
        .set("class", class)
        .set("x1", from.0)
        .set("y1", from.1)
        .set("x2", to.0)
        .set("y2", to.1)
}
