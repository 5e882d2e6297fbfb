//! The one visual style of all figures.
//!
//! A figure hands a [`sheet::Sheet`] its headings, axes and a function that draws one panel; everything that is seen
//! more than once (paper, type, colours, grid, tick labels, legend, placement) is decided here.
//!
//! Colours are those of Okabe and Ito (2008), told apart by colour-blind readers and, by their lightness, in grey
//! print; yellow is left out, since it vanishes on white. The eighth agent takes the first colour again, dashed. Each
//! colour has a twin for dark screens, which a media query swaps in: converters that know no media queries, and
//! printers, show the light one.

pub(crate) mod axis;
pub(crate) mod canvas;
pub(crate) mod curves;
pub(crate) mod heading;
pub(crate) mod label;
pub(crate) mod raster;
pub(crate) mod sheet;
pub(crate) mod text;

/// A role that has a colour; what colour, the theme decides once the figure is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ink(pub(crate) u8);

/// Light and dark colour of each role; the inks of agents follow the fixed roles.
const THEME: [(&str, &str); 11] = [
    ("#FFFFFF", "#14171A"),
    ("#1F2328", "#E8EAED"),
    ("#5B636C", "#A3ABB4"),
    ("#E3E6EA", "#2C3238"),
    ("#0072B2", "#3B96D6"),
    ("#D55E00", "#EF7F2F"),
    ("#009E73", "#17B98B"),
    ("#CC79A7", "#D88FB8"),
    ("#E69F00", "#F2B632"),
    ("#56B4E9", "#8FD3FA"),
    ("#000000", "#FFFFFF"),
];
const FIXED: usize = 4;
const COLOURS: usize = THEME.len() - FIXED;

/// Dash patterns in pixels, one for each time the colours are used up.
const DASHES: [&[u32]; 4] = [&[], &[5, 3], &[1, 3], &[9, 3, 1, 3]];

impl Ink {
    /// Paper.
    pub(crate) const CARD: Self = Self(0);
    /// Titles and everything read first.
    pub(crate) const TEXT: Self = Self(1);
    /// Tick labels and notes.
    pub(crate) const MUTED: Self = Self(2);
    /// Grid lines and frames.
    pub(crate) const GRID: Self = Self(3);

    /// Ink of the `index`-th agent of a study.
    pub(crate) fn series(index: usize) -> Self {
        Self((FIXED + index % (COLOURS * DASHES.len())) as u8)
    }

    /// Number of roles that [`Self::light`] tells apart.
    #[cfg(test)]
    pub(crate) const COUNT: usize = FIXED + COLOURS * DASHES.len();

    fn entry(self) -> (&'static str, &'static str) {
        let index = usize::from(self.0);
        if index < FIXED { THEME[index] } else { THEME[FIXED + (index - FIXED) % COLOURS] }
    }

    /// Colour on white paper.
    pub(crate) fn light(self) -> &'static str {
        self.entry().0
    }

    /// Dash pattern of lines in this ink; empty for a solid line.
    pub(crate) fn dash(self) -> &'static [u32] {
        let turn = usize::from(self.0).saturating_sub(FIXED) / COLOURS;
        DASHES[turn.min(DASHES.len() - 1)]
    }
}

/// The rules that turn light colours into their dark twins.
pub(crate) fn dark_rules() -> String {
    let rule = |(light, dark): &(&str, &str)| {
        format!(
            ".sweepstake [fill=\"{light}\"]{{fill:{dark}}}.sweepstake [stroke=\"{light}\"]{{stroke:{dark}}}"
        )
    };
    let rules: String = THEME.iter().map(rule).collect();
    format!("@media screen and (prefers-color-scheme:dark){{{rules}}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance of WCAG 2.
    fn luminance(colour: &str) -> f64 {
        let channel = |i: usize| {
            let c = f64::from(u8::from_str_radix(&colour[i..i + 2], 16).unwrap()) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }

    fn contrast(a: &str, b: &str) -> f64 {
        let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
        if a > b { a / b } else { b / a }
    }

    #[test]
    fn text_reads_well_on_both_papers_and_colours_are_seen() {
        for (light, dark) in &THEME[1..3] {
            assert!(contrast(light, THEME[0].0) >= 4.5 && contrast(dark, THEME[0].1) >= 4.5, "{light}");
        }
        for (light, dark) in &THEME[FIXED..] {
            assert!(contrast(light, THEME[0].0) >= 2.0 && contrast(dark, THEME[0].1) >= 4.5, "{light}");
        }
    }

    #[test]
    fn twenty_agents_look_different() {
        let looks: Vec<_> = (0..20).map(|i| (Ink::series(i).light(), Ink::series(i).dash())).collect();
        for (i, look) in looks.iter().enumerate() {
            assert!(!looks[..i].contains(look), "{i}");
        }
        assert_eq!(Ink::series(0).dash(), DASHES[0]);
        assert_eq!(Ink::series(COLOURS).light(), Ink::series(0).light());
        assert_eq!(Ink::series(COLOURS).dash(), DASHES[1]);
    }
}
