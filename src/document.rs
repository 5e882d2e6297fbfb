//! YAML files with the line of every value, so that an error can say where it is.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Result;
use rl_env::Error;
use schemars::JsonSchema;
use serde::de::{self, DeserializeOwned, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value as Json;
use serde_saphyr::Spanned;

use crate::usage::Usage;

/// Longest file read: nobody writes longer ones by hand.
const MOST_BYTES: u64 = 4 << 20;

/// A YAML file as JSON, with the line of each key.
#[derive(Debug, Clone)]
pub struct Document {
    file: PathBuf,
    /// The content.
    pub value: Json,
    lines: BTreeMap<String, u64>,
}

impl Document {
    /// Reads a file.
    ///
    /// # Errors
    /// If it cannot be read, is not YAML, repeats a key, or is longer than 4 MiB; with file and line.
    pub fn read(file: &Path) -> Result<Self> {
        let cannot = |error| Usage::error(format!("cannot read {}: {error}", file.display()));
        let mut bytes = Vec::new();
        let content = std::fs::File::open(file).map_err(cannot)?;
        content.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(cannot)?;
        if bytes.len() as u64 > MOST_BYTES {
            let problem = "too long for a configuration; at most 4 MiB";
            return Err(Usage::error(format!("{}: {problem}", file.display())));
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let line = error.as_bytes()[..error.utf8_error().valid_up_to()].split(|b| *b == b'\n').count();
            Usage::error(format!("{}:{line}: not UTF-8 text", file.display()))
        })?;
        Self::parse(file, &text)
    }

    /// Reads text as if it came from `file`.
    ///
    /// # Errors
    /// As [`Document::read`].
    pub fn parse(file: &Path, text: &str) -> Result<Self> {
        let options = serde_saphyr::options! { strict_booleans: true, with_snippet: false };
        let root: Spanned<Node> =
            serde_saphyr::from_str_with_options(text, options).map_err(|error| located(file, &error))?;
        let mut lines = BTreeMap::new();
        let value = flatten(root, "", &mut lines);
        Ok(Self { file: file.to_owned(), value, lines })
    }

    /// Checks the content against the schema of `T` and reads it.
    ///
    /// # Errors
    /// One line with file, line, key, what is allowed, and the nearest name.
    pub fn load<T: JsonSchema + DeserializeOwned>(&self) -> Result<T> {
        if self.value.is_null() {
            return Err(Usage::error(format!("{}:1: the file is empty", self.file.display())));
        }
        rl_env::schema::load(&self.value).map_err(|error| self.locate("", error))
    }

    /// An error about the part of the document under `key`, as `file:line: key: message`.
    pub fn locate(&self, key: &str, error: Error) -> anyhow::Error {
        let inner = match &error {
            Error::Unknown { what: "key", name, .. } => name.clone(),
            Error::Value { key, .. } | Error::Config { key, .. } => key.clone(),
            _ => String::new(),
        };
        let path = match (key, inner.as_str()) {
            ("", inner) => inner.to_owned(),
            (key, "") => key.to_owned(),
            (key, inner) => format!("{key}.{inner}"),
        };
        let shown = if key.is_empty() { String::new() } else { format!("{key}: ") };
        Usage::error(format!("{}:{}: {shown}{error}", self.file.display(), self.line(&path)))
    }

    /// An error of our own about `key`.
    pub fn error(&self, key: &str, problem: impl fmt::Display) -> anyhow::Error {
        Usage::error(format!("{}:{}: {key}: {problem}", self.file.display(), self.line(key)))
    }

    /// Line of the closest enclosing key.
    fn line(&self, path: &str) -> u64 {
        let mut path = path;
        loop {
            if let Some(line) = self.lines.get(path) {
                return *line;
            }
            match path.rfind(['.', '[']) {
                Some(cut) => path = &path[..cut],
                None => return 1,
            }
        }
    }
}

/// One line, whatever the reader's message looks like.
fn located(file: &Path, error: &serde_saphyr::Error) -> anyhow::Error {
    let line = error.location().map_or(1, |location| location.line());
    let text = error.to_string();
    let first = text.lines().next().unwrap_or_default();
    // The place is in front already.
    let message = first.rsplit_once(" at line ").map_or(first, |(message, _)| message);
    // Advice to programmers helps nobody here.
    let message = [", set ", "; use ", ", use "]
        .iter()
        .fold(message, |text, cut| text.split(cut).next().unwrap_or(text));
    let message: String = message.chars().take(300).collect();
    Usage::error(format!("{}:{line}: {message}", file.display()))
}

#[derive(Debug)]
enum Node {
    Scalar(Json),
    List(Vec<Spanned<Node>>),
    Map(Vec<(String, Spanned<Node>)>),
}

fn flatten(node: Spanned<Node>, path: &str, lines: &mut BTreeMap<String, u64>) -> Json {
    lines.insert(path.to_owned(), node.referenced.line());
    match node.value {
        Node::Scalar(value) => value,
        Node::List(items) => {
            let item = |(i, item)| flatten(item, &format!("{path}[{i}]"), lines);
            Json::Array(items.into_iter().enumerate().map(item).collect())
        }
        Node::Map(entries) => {
            let mut entry = |(key, value): (String, Spanned<Node>)| {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                (key, flatten(value, &path, lines))
            };
            Json::Object(entries.into_iter().map(&mut entry).collect())
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }
    fn visit_bool<E>(self, b: bool) -> Result<Node, E> {
        Ok(Node::Scalar(b.into()))
    }
    fn visit_i64<E>(self, i: i64) -> Result<Node, E> {
        Ok(Node::Scalar(i.into()))
    }
    fn visit_u64<E>(self, i: u64) -> Result<Node, E> {
        Ok(Node::Scalar(i.into()))
    }
    fn visit_f64<E: de::Error>(self, x: f64) -> Result<Node, E> {
        let number = serde_json::Number::from_f64(x);
        number
            .map(|n| Node::Scalar(n.into()))
            .ok_or_else(|| E::custom("numbers must be finite, not NaN or infinite"))
    }
    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Scalar(text.into()))
    }
    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Json::Null))
    }
    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Json::Null))
    }
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Node::deserialize(deserializer)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Node::Map(entries))
    }
}
