//! How cost grows with the number of keys, patterns, tokens and routes, as a picture.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};

use crate::sample::Samples;

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 360.0;
const LEFT: f64 = 60.0;
const RIGHT: f64 = 620.0;
const BOTTOM: f64 = 310.0;
const TOP: f64 = 20.0;

/// A line: its label, its group, and for each size the variant that has it.
type Line = (&'static str, &'static str, &'static [(f64, &'static str)], &'static str);

const LINES: &[Line] = &[
    (
        "rate-limit, by clients",
        "rate-limit",
        &[
            (10.0, "rate-limit, exact, 10 keys"),
            (1e3, "rate-limit, exact, 1,000 keys"),
            (1e6, "rate-limit, exact, 1,000,000 keys"),
        ],
        "#0969da",
    ),
    (
        "request-filter, by patterns",
        "request-filter",
        &[(70.0, "request-filter, 70 rules"), (1e3, "request-filter, 1,000 rules")],
        "#b35900",
    ),
    (
        "request-filter, by names in a list",
        "request-filter",
        &[(1.0, "request-filter, 70 rules and a name"), (1e5, "request-filter, 70 rules and a list")],
        "#8250df",
    ),
    (
        "jwt-auth, by tokens",
        "jwt",
        &[(1.0, "jwt-auth, default cache, the same"), (1e3, "jwt-auth, default cache, 1000 tokens")],
        "#1a7f37",
    ),
    (
        "jwt_authn (Envoy), by tokens",
        "jwt",
        &[(1.0, "jwt_authn, default cache, the same"), (1e3, "jwt_authn, default cache, 1000 tokens")],
        "#777777",
    ),
    ("gateway, by routes", "gateway", &[(1.0, "1 route"), (1e4, "10,000 routes")], "#cf222e"),
    (
        "Envoy's filter_chain, by routes",
        "routes",
        &[(1.0, "filter_chain, 1 route"), (1e3, "filter_chain, 1,000 routes")],
        "#0a7d8c",
    ),
];

/// An SVG with a line for each of the series that were measured.
///
/// # Errors
/// A group has no variant of a name that is here.
pub(crate) fn picture(groups: &BTreeMap<&str, &Samples>) -> Result<String> {
    let lines = LINES.iter().filter_map(|line| Some(points(line, groups.get(line.1)?).map(|points| (line, points))));
    let lines = lines.collect::<Result<Vec<_>>>()?;
    let most = lines.iter().flat_map(|(_, points)| points).map(|(_, micros)| *micros).fold(1.0, f64::max) * 1.1;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    svg += &axes(most);
    for (number, ((label, _, _, color), points)) in lines.iter().enumerate() {
        let place = |(size, micros): &(f64, f64)| format!("{:.1},{:.1}", x(*size), y(*micros, most));
        let path: Vec<String> = points.iter().map(place).collect();
        svg += &format!(
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2.5\"/>\n",
            path.join(" ")
        );
        for (size, micros) in points {
            svg +=
                &format!("<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"4\" fill=\"{color}\"/>\n", x(*size), y(*micros, most));
        }
        let at = TOP + 18.0 * (number as f64 + 1.0);
        svg += &format!(
            "<line x1=\"{0}\" y1=\"{at}\" x2=\"{1}\" y2=\"{at}\" stroke=\"{color}\" stroke-width=\"2.5\"/>\n\
             <text x=\"{2}\" y=\"{3}\" fill=\"#222\">{label}</text>\n",
            RIGHT + 20.0,
            RIGHT + 40.0,
            RIGHT + 46.0,
            at + 4.0
        );
    }
    Ok(svg + "</svg>\n")
}

/// CPU time for each size.
fn points(line: &Line, samples: &Samples) -> Result<Vec<(f64, f64)>> {
    let point = |(size, variant): &(f64, &str)| {
        let micros = samples.micros(variant).median;
        ensure!(micros.is_finite(), "the picture of growth wants {variant:?}, which group {} has not", line.1);
        Ok((*size, micros))
    };
    line.2.iter().map(point).collect()
}

fn axes(most: f64) -> String {
    let mut svg = String::new();
    for power in 0..=6 {
        let at = x(10f64.powi(power));
        svg += &format!(
            "<line x1=\"{at:.1}\" y1=\"{TOP}\" x2=\"{at:.1}\" y2=\"{BOTTOM}\" stroke=\"#eee\"/>\n\
             <text x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\" fill=\"#555\">10{}</text>\n",
            BOTTOM + 16.0,
            ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶"].get(power as usize).copied().unwrap_or_default()
        );
    }
    for part in 0..=4 {
        let micros = most * f64::from(part) / 4.0;
        let at = y(micros, most);
        svg += &format!(
            "<line x1=\"{LEFT}\" y1=\"{at:.1}\" x2=\"{RIGHT}\" y2=\"{at:.1}\" stroke=\"#ddd\"/>\n\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#555\">{micros:.0} µs</text>\n",
            LEFT - 6.0,
            at + 4.0
        );
    }
    svg + &format!(
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\" fill=\"#555\">CPU per request, by how many there are</text>\n",
        (LEFT + RIGHT) / 2.0,
        BOTTOM + 36.0
    )
}

fn x(size: f64) -> f64 {
    LEFT + (RIGHT - LEFT) * size.max(1.0).log10() / 6.0
}

fn y(micros: f64, most: f64) -> f64 {
    BOTTOM - (BOTTOM - TOP) * micros / most
}
