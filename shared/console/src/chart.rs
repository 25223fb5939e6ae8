//! Charts, drawn here as SVG: no script, no style attribute, and every number of it also in a table.

use askama::filters::HtmlSafe;
use std::fmt;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 140.0;
/// The part of a bar's place that stays empty.
const GAP: f64 = 0.2;
/// A bar of anything is seen.
const LEAST: f64 = 1.5;

/// One bar: what succeeded, what is open, what failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bar {
    pub(crate) success: u64,
    pub(crate) open: u64,
    pub(crate) failed: u64,
}

impl Bar {
    fn all(self) -> u64 {
        self.success + self.open + self.failed
    }
}

/// Bars beside each other, each of up to three parts.
#[derive(Debug)]
pub(crate) struct Chart {
    pub(crate) bars: Vec<Bar>,
    /// What a screen reader says in its place.
    pub(crate) label: &'static str,
}

impl Chart {
    /// What the highest bar stands for.
    pub(crate) fn top(&self) -> u64 {
        self.bars.iter().map(|bar| bar.all()).max().unwrap_or(0)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a picture")]
fn float(number: u64) -> f64 {
    number as f64
}

impl fmt::Display for Chart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let label = self.label;
        write!(
            f,
            r#"<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">"#
        )?;
        let (top, place) = (float(self.top().max(1)), WIDTH / float(self.bars.len().max(1) as u64));
        for (x, bar) in (0_u32..).zip(&self.bars) {
            let (x, width) = (f64::from(x) * place + place * GAP / 2.0, place * (1.0 - GAP));
            let mut y = HEIGHT;
            for (class, count) in [("good", bar.success), ("waits", bar.open), ("bad", bar.failed)]
            {
                if count == 0 {
                    continue;
                }
                let height = (float(count) / top * HEIGHT).max(LEAST);
                y -= height;
                write!(
                    f,
                    r#"<rect class="{class}" x="{x:.1}" y="{:.1}" width="{width:.1}" height="{height:.1}"/>"#,
                    y.max(0.0)
                )?;
            }
        }
        write!(f, r#"<line x1="0" y1="{HEIGHT}" x2="{WIDTH}" y2="{HEIGHT}"/></svg>"#)
    }
}

/// Its label is one of ours, and the rest are numbers.
impl HtmlSafe for Chart {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_stand_upon_each_other_and_the_highest_bar_fills_the_chart() {
        let bars = vec![
            Bar { success: 3, open: 0, failed: 1 },
            Bar { success: 0, open: 0, failed: 0 },
            Bar { success: 10_000, open: 0, failed: 1 },
        ];
        let chart = Chart { bars: bars.clone(), label: "Deliveries" };
        assert_eq!(chart.top(), 10_001);
        let svg = chart.to_string();
        assert_eq!(svg.matches("<rect").count(), 4, "{svg}");
        assert!(svg.contains(r#"aria-label="Deliveries""#));
        // Even one of ten thousand is seen, within the chart.
        let failed = r#"<rect class="bad" x="504.0" y="0.0" width="192.0" height="1.5"/>"#;
        assert!(svg.contains(failed), "{svg}");
        let half = Chart { bars: vec![Bar { success: 1, open: 1, failed: 2 }], label: "x" };
        let svg = half.to_string();
        for part in [
            r#""good" x="72.0" y="105.0" width="576.0" height="35.0""#,
            r#""waits" x="72.0" y="70.0" width="576.0" height="35.0""#,
            r#""bad" x="72.0" y="0.0" width="576.0" height="70.0""#,
        ] {
            assert!(svg.contains(part), "{svg}");
        }
    }

    #[test]
    fn nothing_is_drawn_of_nothing() {
        let empty = Chart { bars: Vec::new(), label: "x" };
        assert_eq!((empty.top(), empty.to_string().contains("rect")), (0, false));
    }
}
