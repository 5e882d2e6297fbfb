//! Figures as PNG, from their SVG: the same picture on every machine, since the font comes along.

use std::sync::{Arc, OnceLock};

use anyhow::{Context as _, Result};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

/// Pixels of the picture per pixel of the figure: sharp on dense screens and in print at a hand's width.
const SHARPNESS: f32 = 2.0;
/// Most pixels on a side; viewers refuse more.
const LONGEST: f32 = 16_000.0;
/// Regular and bold Arimo, as wide as Arial (see LICENSE.txt beside them).
const FONTS: [&[u8]; 2] = [include_bytes!("fonts/Arimo-Regular.ttf"), include_bytes!("fonts/Arimo-Bold.ttf")];

fn fonts() -> Arc<fontdb::Database> {
    static FOUND: OnceLock<Arc<fontdb::Database>> = OnceLock::new();
    let load = || {
        let mut database = fontdb::Database::new();
        FONTS.iter().for_each(|font| database.load_font_data(font.to_vec()));
        database.set_sans_serif_family("Arimo");
        Arc::new(database)
    };
    Arc::clone(FOUND.get_or_init(load))
}

/// Draws an SVG of ours as PNG, twice as large, on light paper.
///
/// # Errors
/// If the text is no SVG, or too large to draw.
pub(crate) fn png(svg: &str) -> Result<Vec<u8>> {
    let options = Options { fontdb: fonts(), font_family: "Arimo".into(), ..Options::default() };
    let tree = Tree::from_str(svg, &options).context("not a figure of ours")?;
    let size = tree.size();
    let scale = SHARPNESS.min(LONGEST / size.width().max(size.height()));
    let pixels = |length: f32| (length * scale).round().max(1.0) as u32;
    let mut picture =
        Pixmap::new(pixels(size.width()), pixels(size.height())).context("too large to draw")?;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut picture.as_mut());
    picture.encode_png().context("cannot encode")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::style::Ink;
    use crate::plot::style::canvas::{Anchor, Type, render};

    fn sample(text: &str) -> Pixmap {
        let face = Type { size: 12.0, bold: false, ink: Ink::TEXT };
        let svg = render((60.0, 30.0), "t", "", |canvas| canvas.text(text, (3.0, 20.0), Anchor::Start, face));
        Pixmap::decode_png(&png(&svg.unwrap()).unwrap()).unwrap()
    }

    fn ink(picture: &Pixmap) -> usize {
        picture.pixels().iter().filter(|pixel| pixel.red() < 128).count()
    }

    #[test]
    fn pictures_are_twice_as_large_and_show_text_without_fonts_of_the_system() {
        let picture = sample("−γ² ≤ é");
        assert_eq!((picture.width(), picture.height()), (120, 60));
        assert!(ink(&picture) > 50 && ink(&sample(" ")) == 0);
    }

    #[test]
    fn the_longest_side_is_bounded() {
        let svg = render((20.0, 100_000.0), "t", "", |_| Ok(())).unwrap();
        assert_eq!(Pixmap::decode_png(&png(&svg).unwrap()).unwrap().height(), 16_000);
    }

    #[test]
    fn what_is_no_figure_is_refused() {
        assert!(png("<svg").is_err());
    }
}
