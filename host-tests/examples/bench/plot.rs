//! The ratios as a picture.

use crate::groups::{Bar, Group};
use crate::sample::Samples;

const WIDTH: f64 = 860.0;
const LEFT: f64 = 330.0;
const LINE: f64 = 22.0;
/// The ratio at the right edge.
const MOST: f64 = 1.6;

/// An SVG with a line for each comparison that has a bar on its ratio: the median as a dot, quartiles as a line through it, the bar
/// as a tick. What lies beyond the right edge is drawn at it.
pub(crate) fn ratios(groups: &[(&Group, &Samples)]) -> String {
    let rows = groups.iter().flat_map(|(group, samples)| group.rows.iter().map(move |row| (row, samples)));
    let rows: Vec<_> = rows
        .filter_map(|(row, samples)| match row.bar {
            Some(Bar::Ratio(bar)) => Some((row, bar, samples.ratio(&row.variant, &row.against))),
            _ => None,
        })
        .collect();
    let height = LINE * (rows.len() as f64 + 2.5);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    for tenths in [0, 4, 8, 10, 12, 16] {
        let (at, color) = (x(f64::from(tenths) / 10.0), if tenths == 10 { "#555" } else { "#ddd" });
        let (bottom, label) = (height - LINE * 1.5, f64::from(tenths) / 10.0);
        svg += &format!(
            "<line x1=\"{at}\" y1=\"8\" x2=\"{at}\" y2=\"{bottom}\" stroke=\"{color}\"/>\n<text x=\"{at}\" y=\"{}\" \
             text-anchor=\"middle\" fill=\"#555\">{label}</text>\n",
            bottom + 16.0
        );
    }
    for (number, (row, bar, ratio)) in rows.iter().enumerate() {
        let y = LINE * (number as f64 + 1.0);
        let color = if ratio.median <= *bar { "#1a7f37" } else { "#b35900" };
        let label = escaped(&format!("{} / {}", row.variant, row.against));
        svg += &format!(
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\" fill=\"#222\">{label}</text>\n<line x1=\"{}\" y1=\"{y}\" x2=\"{}\" \
             y2=\"{y}\" stroke=\"{color}\" stroke-width=\"3\"/>\n<circle cx=\"{}\" cy=\"{y}\" r=\"5\" fill=\"{color}\"/>\n\
             <line x1=\"{at}\" y1=\"{}\" x2=\"{at}\" y2=\"{}\" stroke=\"#222\" stroke-width=\"2\"/>\n",
            LEFT - 10.0,
            y + 4.0,
            x(ratio.low),
            x(ratio.high),
            x(ratio.median),
            y - 8.0,
            y + 8.0,
            at = x(*bar),
        );
    }
    let caption = "CPU per request, ours / Envoy's own. Dot: median; line: quartiles; tick: the bar to stay left of.";
    svg + &format!("<text x=\"8\" y=\"{}\" fill=\"#555\">{caption}</text>\n</svg>\n", height - 4.0)
}

fn x(ratio: f64) -> f64 {
    LEFT + (WIDTH - LEFT - 20.0) * (ratio / MOST).clamp(0.0, 1.0)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
