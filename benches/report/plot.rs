//! A plot of lines as SVG: growth along x, each line named where it ends.

use std::fmt::Write;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 410.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 560.0;
const TOP: f64 = 104.0;
const BOTTOM: f64 = 350.0;
const COLOURS: [&str; 5] = ["#0b6e99", "#d1495b", "#3a7d44", "#8e5ea2", "#c77d0a"];

pub struct Plot {
    pub title: &'static str,
    pub subtitle: &'static str,
    pub x: Axis,
    pub y: Axis,
    pub lines: Vec<Line>,
}

pub struct Axis {
    pub name: &'static str,
    pub scale: Scale,
}

#[derive(Clone, Copy)]
pub enum Scale {
    /// From 0, equal steps.
    Linear,
    /// Each power of ten as wide as the last.
    Logarithmic,
}

pub struct Line {
    pub name: &'static str,
    pub points: Vec<(f64, f64)>,
}

/// Where the values of an axis lie, and which of them are written.
struct Placed {
    scale: Scale,
    least: f64,
    most: f64,
    ticks: Vec<f64>,
}

impl Placed {
    fn of(scale: Scale, values: impl Iterator<Item = f64> + Clone) -> Placed {
        let (least, most) =
            (values.clone().fold(f64::INFINITY, f64::min), values.fold(f64::NEG_INFINITY, f64::max));
        match scale {
            Scale::Linear => {
                let step = round_step(most / 5.0);
                let steps = (most * 1.02 / step).ceil().max(1.0);
                let ticks = (0..=steps as u32).map(|n| f64::from(n) * step).collect();
                Placed { scale, least: 0.0, most: steps * step, ticks }
            }
            Scale::Logarithmic => {
                let (low, high) = (least.log10().floor() as i32, most.log10().ceil() as i32);
                let ticks: Vec<f64> = (low..=high.max(low + 1)).map(|power| 10_f64.powi(power)).collect();
                Placed { scale, least: ticks[0], most: ticks[ticks.len() - 1], ticks }
            }
        }
    }

    /// From 0 to 1.
    fn place(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => (value - self.least) / (self.most - self.least),
            Scale::Logarithmic => (value / self.least).log10() / (self.most / self.least).log10(),
        }
    }
}

/// 1, 2 or 5 times a power of ten, and not below `step`.
fn round_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|round| *round >= step)
        .unwrap_or(step)
}

impl Plot {
    pub fn svg(&self) -> String {
        let points = || self.lines.iter().flat_map(|line| line.points.iter().copied());
        let x = Placed::of(self.x.scale, points().map(|point| point.0));
        let y = Placed::of(self.y.scale, points().map(|point| point.1));
        let across = |value| LEFT + (RIGHT - LEFT) * x.place(value);
        let up = |value| BOTTOM - (BOTTOM - TOP) * y.place(value);
        let mut svg = String::new();
        let mut add =
            |element: String| writeln!(svg, "  {element}").expect("a text takes whatever is written to it");
        add(format!(
            r##"<rect x="0.5" y="0.5" width="{}" height="{}" rx="10" fill="#ffffff" stroke="#d9dee3"/>"##,
            WIDTH - 1.0,
            HEIGHT - 1.0
        ));
        add(words(24.0, 34.0, r##"font-size="17" font-weight="600" fill="#1b2733""##, self.title));
        add(words(24.0, 56.0, r##"font-size="12.5" fill="#5b6875""##, self.subtitle));
        for tick in &y.ticks {
            let at = up(*tick);
            let colour = if at == BOTTOM { "#8a96a3" } else { "#e6eaee" };
            add(format!(r#"<line x1="{LEFT}" x2="{RIGHT}" y1="{at:.1}" y2="{at:.1}" stroke="{colour}"/>"#));
            add(words(
                LEFT - 9.0,
                at + 4.0,
                r##"font-size="11.5" fill="#5b6875" text-anchor="end""##,
                &amount(*tick),
            ));
        }
        for tick in &x.ticks {
            let at = across(*tick);
            add(format!(
                r##"<line x1="{at:.1}" x2="{at:.1}" y1="{BOTTOM}" y2="{}" stroke="#8a96a3"/>"##,
                BOTTOM + 5.0
            ));
            add(words(
                at,
                BOTTOM + 20.0,
                r##"font-size="11.5" fill="#5b6875" text-anchor="middle""##,
                &amount(*tick),
            ));
        }
        add(words(
            (LEFT + RIGHT) / 2.0,
            BOTTOM + 42.0,
            r##"font-size="12" fill="#1b2733" text-anchor="middle""##,
            self.x.name,
        ));
        add(words(LEFT - 40.0, TOP - 12.0, r##"font-size="12" fill="#1b2733""##, self.y.name));
        let ends: Vec<f64> =
            self.lines.iter().map(|line| line.points.last().map_or(BOTTOM, |end| up(end.1))).collect();
        for ((line, colour), label) in self.lines.iter().zip(COLOURS.iter().cycle()).zip(apart(&ends)) {
            let places: Vec<(f64, f64)> =
                line.points.iter().map(|point| (across(point.0), up(point.1))).collect();
            let path: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
            add(format!(
                r#"<polyline points="{}" fill="none" stroke="{colour}" stroke-width="2.2" stroke-linejoin="round" stroke-linecap="round"/>"#,
                path.join(" ")
            ));
            for (x, y) in &places {
                add(format!(
                    r##"<circle cx="{x:.1}" cy="{y:.1}" r="3.4" fill="{colour}" stroke="#ffffff" stroke-width="1.3"/>"##
                ));
            }
            let end = places.last().map_or(RIGHT, |end| end.0);
            add(words(
                end + 11.0,
                label + 4.0,
                &format!(r#"font-size="12" font-weight="600" fill="{colour}""#),
                line.name,
            ));
        }
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
             font-family=\"system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif\">\n{svg}</svg>\n"
        )
    }
}

/// Labels that do not lie on one another, as near to where they belong as that lets them.
fn apart(wanted: &[f64]) -> Vec<f64> {
    const LINE: f64 = 17.0;
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| wanted[*b].total_cmp(&wanted[*a]));
    let mut placed = wanted.to_vec();
    let mut below = f64::INFINITY;
    for index in order {
        placed[index] = wanted[index].min(below - LINE);
        below = placed[index];
    }
    placed
}

fn words(x: f64, y: f64, style: &str, text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    format!(r#"<text x="{x:.1}" y="{y:.1}" {style}>{text}</text>"#)
}

/// A number as a tick has it: 10, 1,000, 1 M.
fn amount(value: f64) -> String {
    match value {
        value if value >= 1e6 => format!("{} M", value / 1e6),
        value if value >= 1e3 => crate::grouped(value),
        value => format!("{}", (value * 1e6).round() / 1e6),
    }
}
