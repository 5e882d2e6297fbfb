//! The words of a mapping file.

use super::DataflowError;

/// A word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A name, with its apostrophe if it has one.
    Name(String),
    /// A whole number.
    Number(i64),
    /// Any other sign.
    Sign(char),
}

impl Token {
    /// As it stood in the file.
    pub(super) fn text(&self) -> String {
        match self {
            Token::Name(name) => name.clone(),
            Token::Number(number) => number.to_string(),
            Token::Sign(sign) => sign.to_string(),
        }
    }
}

/// The words of a text with their lines; `//` starts a comment.
pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token)>, DataflowError> {
    let mut tokens = Vec::new();
    for (place, line) in text.lines().enumerate() {
        let mut rest = line.split("//").next().unwrap_or_default().trim_start();
        while let Some(first) = rest.chars().next() {
            let inside = |c: char| c.is_alphanumeric() || c == '_' || c == '\'' || c == '-';
            let end = match first {
                '0'..='9' => rest.find(|c: char| !c.is_ascii_digit()),
                _ if first.is_alphabetic() || first == '_' => rest.find(|c: char| !inside(c)),
                _ => Some(first.len_utf8()),
            };
            let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
            tokens.push((place + 1, token(word, first, place + 1)?));
            rest = after.trim_start();
        }
    }
    Ok(tokens)
}

fn token(word: &str, first: char, line: usize) -> Result<Token, DataflowError> {
    if first.is_ascii_digit() {
        let number = word
            .parse()
            .map_err(|_| DataflowError::File { line, problem: format!("{word}: too large a number") })?;
        return Ok(Token::Number(number));
    }
    let name = first.is_alphabetic() || first == '_';
    Ok(if name { Token::Name(word.to_owned()) } else { Token::Sign(first) })
}
