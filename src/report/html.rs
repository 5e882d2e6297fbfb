//! HTML that cannot be broken by what it holds: text becomes HTML only here, escaped.

use std::fmt::Write as _;

/// A piece of a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Html(String);

/// Text for elements and for attributes in double quotes.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\n' | '\t' => safe.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

/// Text.
pub(super) fn text(text: impl AsRef<str>) -> Html {
    Html(escaped(text.as_ref()))
}

/// Text that stands out.
pub(super) fn strong(content: impl AsRef<str>) -> Html {
    tag("strong", &[], [text(content)])
}

/// An element. Names of tags and attributes are ours.
pub(super) fn tag(name: &str, attributes: &[(&str, &str)], content: impl IntoIterator<Item = Html>) -> Html {
    let mut html = format!("<{name}");
    for (key, value) in attributes {
        let _ = write!(html, " {key}=\"{}\"", escaped(value));
    }
    html.push('>');
    content.into_iter().for_each(|part| html.push_str(&part.0));
    let _ = write!(html, "</{name}>");
    Html(html)
}

/// Pieces after each other.
pub(super) fn join(parts: impl IntoIterator<Item = Html>) -> Html {
    Html(parts.into_iter().map(|part| part.0).collect())
}

impl Html {
    /// What is HTML already: figures, styles and scripts of ours.
    pub(super) fn ours(html: impl Into<String>) -> Self {
        Self(html.into())
    }

    /// The text of the page.
    pub(super) fn into_string(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_out_of_text_or_attributes() {
        let evil = "</p><script>alert('x')</script>\" onload=\"x & y\u{0}";
        let html = tag("p", &[("title", evil)], [text(evil)]).into_string();
        assert_eq!(html.matches('<').count(), 2, "{html}");
        assert_eq!(html.matches('"').count(), 2, "{html}");
        let document = roxmltree::Document::parse(&html).unwrap();
        assert_eq!(document.root_element().text().unwrap(), evil.replace('\u{0}', " "));
        assert_eq!(document.root_element().attribute("title").unwrap(), evil.replace('\u{0}', " "));
    }

    #[test]
    fn pieces_keep_their_order() {
        assert_eq!(join([text("a"), strong("b")]).into_string(), "a<strong>b</strong>");
    }
}
