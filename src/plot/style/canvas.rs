//! Paper: plotters draws on it in tenths of a pixel, and the result becomes a self-contained SVG.

use anyhow::Result;
use plotters::coord::Shift;
use plotters::prelude::{
    Circle, DrawingArea, IntoDrawingArea, IntoFont, PathElement, Polygon, RGBAColor, RGBColor, SVGBackend,
    Text,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color as _, FontStyle, FontTransform, ShapeStyle, TextStyle};

use super::{Ink, dark_rules};

/// Drawing units a pixel: the backend knows whole numbers only, and curves need finer steps.
const UNITS: f64 = 10.0;
/// The backend divides sizes by this.
const FONT_RATIO: f64 = 1.24;
/// Marks the colours that stand for inks until the figure is finished.
const MARK: [u8; 2] = [0xA5, 0x5A];

/// A place in pixels from the upper left corner.
pub(crate) type Point = (f64, f64);

/// What text hangs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    /// Left end of the baseline.
    Start,
    /// Middle of the baseline.
    Middle,
    /// Right end of the baseline.
    End,
}

/// How text looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Type {
    /// Size in pixels.
    pub(crate) size: f64,
    /// Weight.
    pub(crate) bold: bool,
    /// Colour.
    pub(crate) ink: Ink,
}

/// A figure being drawn.
pub(crate) struct Canvas<'a>(DrawingArea<SVGBackend<'a>, Shift>);

impl Canvas<'_> {
    /// Draws a line along points.
    pub(crate) fn line(&self, points: &[Point], ink: Ink, width: f64) -> Result<()> {
        let style = shape(ink, 1.0, width);
        Ok(self.0.draw(&PathElement::new(points.iter().map(units).collect::<Vec<_>>(), style))?)
    }

    /// Fills the polygon between points.
    pub(crate) fn fill(&self, points: &[Point], ink: Ink, opacity: f64) -> Result<()> {
        let style = shape(ink, opacity, 0.0);
        Ok(self.0.draw(&Polygon::new(points.iter().map(units).collect::<Vec<_>>(), style))?)
    }

    /// Draws a dot.
    pub(crate) fn dot(&self, centre: Point, radius: f64, ink: Ink, opacity: f64) -> Result<()> {
        let radius = (radius * UNITS).round() as u32;
        Ok(self.0.draw(&Circle::new(units(&centre), radius, shape(ink, opacity, 0.0)))?)
    }

    /// Writes a line of text.
    pub(crate) fn text(&self, text: &str, at: Point, anchor: Anchor, face: Type) -> Result<()> {
        self.write(text, at, anchor, face, FontTransform::None)
    }

    /// Writes upwards, centred.
    pub(crate) fn upright(&self, text: &str, at: Point, face: Type) -> Result<()> {
        self.write(text, at, Anchor::Middle, face, FontTransform::Rotate270)
    }

    fn write(&self, text: &str, at: Point, anchor: Anchor, face: Type, turn: FontTransform) -> Result<()> {
        let weight = if face.bold { FontStyle::Bold } else { FontStyle::Normal };
        let font = ("sans-serif", face.size * UNITS * FONT_RATIO).into_font().style(weight).transform(turn);
        let across = match anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let ink = colour(face.ink, 1.0);
        let style = TextStyle::from(font).color(&ink).pos(Pos::new(across, VPos::Top));
        Ok(self.0.draw(&Text::new(legal(text), units(&at), style))?)
    }
}

fn units((x, y): &Point) -> (i32, i32) {
    ((x * UNITS).round() as i32, (y * UNITS).round() as i32)
}

fn colour(ink: Ink, opacity: f64) -> RGBAColor {
    RGBColor(MARK[0], MARK[1], ink.0).mix(opacity)
}

fn shape(ink: Ink, opacity: f64, width: f64) -> ShapeStyle {
    ShapeStyle {
        color: colour(ink, opacity),
        filled: width == 0.0,
        stroke_width: (width * UNITS).round() as u32,
    }
}

/// Without the characters that XML forbids.
fn legal(text: &str) -> String {
    let fits = |c: char| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}');
    text.chars().map(|c| if fits(c) { c } else { ' ' }).collect()
}

fn escaped(text: &str) -> String {
    legal(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Draws a figure of some size; `title` and `description` are for screen readers.
pub(crate) fn render(
    (width, height): Point,
    title: &str,
    description: &str,
    draw: impl FnOnce(&Canvas<'_>) -> Result<()>,
) -> Result<String> {
    let mut raw = String::new();
    let size = ((width * UNITS) as u32, (height * UNITS) as u32);
    {
        let canvas = Canvas(SVGBackend::with_string(&mut raw, size).into_drawing_area());
        canvas.fill(&[(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)], Ink::CARD, 1.0)?;
        draw(&canvas)?;
        canvas.0.present()?;
    }
    let head = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"sweepstake\" role=\"img\" width=\"{width}\" \
         height=\"{height}\" viewBox=\"0 0 {} {}\" style=\"max-width:100%;height:auto\" \
         font-family=\"Helvetica Neue, Helvetica, Arial, Liberation Sans, DejaVu Sans, sans-serif\" \
         stroke-linejoin=\"round\" stroke-linecap=\"butt\">\n\
         <title>{}</title>\n<desc>{}</desc>\n<style>{}</style>\n",
        size.0,
        size.1,
        escaped(title),
        escaped(description),
        dark_rules()
    );
    let body = raw.split_once('\n').map_or("", |(_, body)| body);
    Ok(head + &paint(&tidy(body)))
}

/// Drops what the backend writes without need, and hangs text on its baseline whatever the reader's font.
fn tidy(body: &str) -> String {
    let mut svg = String::with_capacity(body.len());
    let mut group = String::new();
    for line in body.lines() {
        let mut line = line.to_owned();
        if line.starts_with('<') {
            for noise in [" dy=\"0.76em\"", " font-family=\"sans-serif\"", " opacity=\"1\""] {
                line = line.replacen(noise, "", 1);
            }
            line = line.replace(" \"/>", "\"/>").replace(" stroke=\"none\" stroke-width=\"0\"", "");
            line = regroup(&whole_size(&line), &mut group, &mut svg);
        }
        svg.push_str(&line);
        // Spaces around text would show in some readers.
        if line.starts_with("</") || line.ends_with("/>") {
            svg.push('\n');
        }
    }
    svg
}

/// States the looks of neighbouring dots once: large studies have tens of thousands.
fn regroup(line: &str, group: &mut String, svg: &mut String) -> String {
    let place = [" opacity=", " fill="].iter().filter_map(|start| line.find(start)).min();
    let (rest, looks) = match place {
        Some(at) if line.starts_with("<circle") => (format!("{}/>", &line[..at]), &line[at..]),
        _ => (line.to_owned(), ""),
    };
    if looks != group {
        svg.push_str(if group.is_empty() { "" } else { "</g>\n" });
        if !looks.is_empty() {
            // Opacity of the group would hide how many dots lie on each other.
            let looks = looks.replace(" opacity=", " fill-opacity=").replace("/>", ">\n");
            svg.push_str(&format!("<g{looks}"));
        }
        looks.clone_into(group);
    }
    rest
}

/// Rounds the size of text, which the backend's division leaves with a tail of digits.
fn whole_size(line: &str) -> String {
    let attribute = " font-size=\"";
    let parts = line.split_once(attribute).and_then(|(head, rest)| Some((head, rest.split_once('"')?)));
    match parts {
        Some((head, (size, tail))) => {
            let size = size.parse::<f64>().unwrap_or_default().round();
            format!("{head}{attribute}{size}\"{tail}")
        }
        None => line.to_owned(),
    }
}

/// Replaces inks by their colours. Quotes in text are escaped, so only attributes match.
fn paint(body: &str) -> String {
    let mark = format!("\"#{:02X}{:02X}", MARK[0], MARK[1]);
    let mut pieces = body.split(mark.as_str());
    let mut svg = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (code, rest) = piece.split_at_checked(2).unwrap_or((piece, ""));
        let ink = Ink(u8::from_str_radix(code, 16).unwrap_or_default());
        let dashed = svg.ends_with(" stroke=") && !ink.dash().is_empty();
        svg.push('"');
        svg.push_str(ink.light());
        if dashed {
            let dashes: Vec<String> = ink.dash().iter().map(|d| (d * UNITS as u32).to_string()).collect();
            svg.push_str(&format!("\" stroke-dasharray=\"{}", dashes.join(" ")));
        }
        svg.push_str(rest);
    }
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACE: Type = Type { size: 12.0, bold: true, ink: Ink::TEXT };

    fn svg(text: &str) -> String {
        let draw = |canvas: &Canvas<'_>| {
            canvas.text(text, (3.0, 4.0), Anchor::End, FACE)?;
            canvas.line(&[(1.0, 1.0), (2.05, 2.0)], Ink::series(7), 1.5)
        };
        render((30.0, 20.0), text, "", draw).unwrap()
    }

    #[test]
    fn every_ink_gets_its_colour() {
        let svg = svg("a");
        assert!(!svg.contains("A55A"), "{svg}");
        assert!(svg.contains(
            "<polyline fill=\"none\" stroke=\"#0072B2\" stroke-dasharray=\"50 30\" stroke-width=\"15\" \
             points=\"10,10 21,20\"/>"
        ));
        for code in 0..Ink::COUNT {
            assert!(dark_rules().contains(Ink(code as u8).light()));
        }
    }

    #[test]
    fn dots_that_look_alike_are_grouped() {
        let dots = |canvas: &Canvas<'_>| {
            canvas.dot((1.0, 1.0), 0.5, Ink::TEXT, 0.5)?;
            canvas.dot((2.0, 1.0), 0.5, Ink::TEXT, 0.5)?;
            canvas.dot((3.0, 1.0), 0.5, Ink::MUTED, 1.0)
        };
        let svg = render((30.0, 20.0), "", "", dots).unwrap();
        assert!(
            svg.ends_with(
                "<g fill-opacity=\"0.5\" fill=\"#1F2328\">\n<circle cx=\"10\" cy=\"10\" r=\"5\"/>\n\
             <circle cx=\"20\" cy=\"10\" r=\"5\"/>\n</g>\n<g fill=\"#5B636C\">\n\
             <circle cx=\"30\" cy=\"10\" r=\"5\"/>\n</g>\n</svg>\n"
            ),
            "{svg}"
        );
    }

    #[test]
    fn text_is_escaped_and_stands_on_its_baseline() {
        let svg = svg("a<b>&\"#A55A04\"\u{1}\n");
        assert!(svg.contains("y=\"40\" text-anchor=\"end\" font-size=\"120\""), "{svg}");
        assert!(svg.contains(">a&lt;b&gt;&amp;&quot;#A55A04&quot;  </text>"), "{svg}");
    }

    #[test]
    fn the_picture_scales_to_its_page() {
        let svg = svg("a");
        assert!(svg.contains("width=\"30\" height=\"20\" viewBox=\"0 0 300 200\""));
        assert!(svg.contains("max-width:100%") && svg.ends_with("</svg>\n"));
    }
}
