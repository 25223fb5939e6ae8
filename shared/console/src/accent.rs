//! The accent colour, as a style sheet: the pages' policy allows no style inside a page.

use crate::assets::Asset;

/// The accent colour of a deployment.
#[derive(Debug)]
pub struct Accent {
    pub(crate) sheet: Asset,
}

impl Accent {
    /// Reads `#rrggbb`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let colour = Colour::parse(text)?;
        Some(Self { sheet: Asset::style("accent", &colour.sheet()) })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Colour([u8; 3]);

impl Colour {
    fn parse(text: &str) -> Option<Self> {
        let mut colour = [0; 3];
        hex::decode_to_slice(text.strip_prefix('#')?, &mut colour).ok()?;
        Some(Self(colour))
    }

    /// The colour of text on it: of black and white, the one with more contrast, which is at least 4.58.
    fn text(self) -> &'static str {
        // (1.05 / (l + 0.05)) > ((l + 0.05) / 0.05), by WCAG 2.2, "contrast ratio".
        let luminance = self.luminance() + 0.05;
        if luminance * luminance < 1.05 * 0.05 { "#ffffff" } else { "#000000" }
    }

    /// The relative luminance (WCAG 2.2).
    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let part = f64::from(channel) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        let [red, green, blue] = self.0.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// Buttons have the colour, and an edge, since it may be that of the page; links keep theirs, whose contrast is known.
    fn sheet(self) -> String {
        let (accent, text) = (hex::encode(self.0), self.text());
        format!(
            ":root{{--button:#{accent};--on-button:{text}}}\
             header.top{{border-top:3px solid #{accent}}}\
             button:not(.quiet){{border-color:var(--soft)}}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("#000000", Some("#ffffff"))]
    #[case("#ffffff", Some("#000000"))]
    #[case("#1f5fbf", Some("#ffffff"))]
    #[case("#FFD400", Some("#000000"))]
    #[case("1f5fbf", None)]
    #[case("#1f5fb", None)]
    #[case("#1f5fbfff", None)]
    #[case("red;}", None)]
    fn the_text_on_a_colour_can_be_read(#[case] text: &str, #[case] expected: Option<&str>) {
        assert_eq!(Colour::parse(text).map(Colour::text), expected);
    }

    #[test]
    fn no_colour_has_less_contrast_than_text_needs() {
        for grey in 0..=255 {
            let accent = Colour([grey, grey, grey]);
            let luminance = accent.luminance() + 0.05;
            let contrast = match accent.text() {
                "#ffffff" => 1.05 / luminance,
                _ => luminance / 0.05,
            };
            assert!(contrast >= 4.5, "{grey}: {contrast}");
        }
    }
}
