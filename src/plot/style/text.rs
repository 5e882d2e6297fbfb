//! Room that text takes, and text that fits its room.
//!
//! A figure is drawn without knowing the reader's fonts, so widths are a little more than those of Helvetica.

/// A space that no line ends at.
const NO_BREAK: char = '\u{a0}';

/// Width of a character in em: between Helvetica (also Arial, Roboto, Liberation Sans) and the wide DejaVu Sans.
fn advance(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' => 0.28,
        ' ' | NO_BREAK | 'f' | 'r' | 't' | 'I' | '(' | ')' | '[' | ']' | '/' | '-' | '·' => 0.36,
        'm' | 'w' | 'M' | 'W' | '%' | '@' | '…' => 0.90,
        '−' | '×' | '+' | '=' => 0.70,
        'A'..='Z' => 0.70,
        _ if (c as u32) < 0x0590 => 0.58,
        _ => 1.0,
    }
}

/// Width of a line in pixels; bold is wider.
pub(crate) fn width(text: &str, size: f64, bold: bool) -> f64 {
    let em: f64 = text.chars().map(advance).sum();
    em * size * if bold { 1.06 } else { 1.0 }
}

/// The text, or its two ends around an ellipsis if it is wider than `room`: names that share a start differ at the end.
pub(crate) fn fit(text: &str, room: f64, size: f64, bold: bool) -> String {
    if width(text, size, bold) <= room {
        return text.to_owned();
    }
    let chars: Vec<char> = text.chars().collect();
    let cut = |keep: usize| {
        let (head, tail) = (keep.div_ceil(2), keep / 2);
        let ends = [&chars[..head], &['…'], &chars[chars.len() - tail..]];
        ends.concat().iter().collect::<String>()
    };
    (1..chars.len()).rev().map(cut).find(|t| width(t, size, bold) <= room).unwrap_or_else(|| "…".into())
}

/// Lines no wider than `room`, broken at spaces, though not between a number and its percent sign.
pub(crate) fn wrap(text: &str, room: f64, size: f64, bold: bool) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let text = text.replace(" %", "\u{a0}%");
    let space = |c: char| c.is_whitespace() && c != NO_BREAK;
    for word in text.split(space).filter(|word| !word.is_empty()) {
        let word = fit(word, room, size, bold);
        match lines.last_mut() {
            Some(line) if width(&format!("{line} {word}"), size, bold) <= room => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_keeps_its_percent_sign() {
        assert_eq!(wrap("about 95 % of", 50.0, 10.0, false), ["about", "95\u{a0}% of"]);
    }

    #[test]
    fn fitted_text_keeps_both_ends_and_its_room() {
        assert_eq!(fit("genetic", 100.0, 10.0, false), "genetic");
        let short = fit("bayesian-optimisation-with-a-long-name-v2", 100.0, 10.0, false);
        assert!(short.starts_with("bayes") && short.contains('…') && short.ends_with("v2"), "{short}");
        assert!(width(&short, 10.0, false) <= 100.0);
        assert_eq!(fit("genetic", 1.0, 10.0, false), "…");
    }

    #[test]
    fn wrapped_lines_keep_every_word_and_their_room() {
        let text = "DramController-v0 · cloud-1 · energy-delay-product";
        let lines = wrap(text, 150.0, 12.0, true);
        assert!(lines.len() > 1 && lines.iter().all(|line| width(line, 12.0, true) <= 150.0), "{lines:?}");
        assert_eq!(lines.join(" "), text);
        assert!(wrap("", 150.0, 12.0, true).is_empty());
    }
}
