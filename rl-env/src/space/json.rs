//! Elements in JSON, in the form of gymnasium's `to_jsonable`: arrays nested by shape, bits as 0 and 1.

use serde_json::{Map, Value};

use super::written::Number;
use super::{BoxSpace, Dict, Element, Graph, MultiBinary, OneOf, Space, SpaceError, Tuple};

impl Space {
    /// The element in JSON. Infinite numbers are text, `"inf"` and `"-inf"`.
    ///
    /// ```
    /// use rl_env::space::{Element, Space};
    ///
    /// let space = Space::boxed(0.0, 1.0, &[1, 2])?;
    /// let json = space.to_json(&Element::Real(vec![0.25, 1.0]))?;
    /// assert_eq!(json.to_string(), "[[0.25,1.0]]");
    /// assert_eq!(space.from_json(&json)?, Element::Real(vec![0.25, 1.0]));
    /// # Ok::<(), rl_env::space::SpaceError>(())
    /// ```
    pub fn to_json(&self, element: &Element) -> Result<Value, SpaceError> {
        self.check(element)?;
        Ok(self.write(element))
    }

    /// The element is of the space, so that no other pair of kinds can occur.
    fn write(&self, element: &Element) -> Value {
        match (self, element) {
            (Self::Box(space), Element::Real(values)) => write_box(space, values),
            (_, Element::Discrete(value)) => Value::from(*value),
            (_, Element::MultiDiscrete(values)) => Value::from(values.clone()),
            (Self::MultiBinary(space), Element::MultiBinary(bits)) => {
                nest(bits.iter().map(|&bit| Value::from(u8::from(bit))).collect(), space.shape())
            }
            (_, Element::Text(text)) => Value::from(text.clone()),
            (Self::Tuple(space), Element::Tuple(parts)) => {
                space.spaces().iter().zip(parts).map(|(space, part)| space.write(part)).collect()
            }
            (Self::Dict(space), Element::Dict(pairs)) => {
                let matched = space.matched(pairs).unwrap_or_default().into_iter();
                Value::Object(matched.map(|(key, space, part)| (key.clone(), space.write(part))).collect())
            }
            (Self::Sequence(space), Element::Sequence(parts)) => write_all(space.space(), parts),
            (Self::Graph(space), Element::Graph { nodes, edges, edge_links }) => {
                write_graph(space, nodes, edges, edge_links)
            }
            (Self::OneOf(space), Element::OneOf(choice, part)) => {
                let part = space.spaces().get(*choice).map_or(Value::Null, |space| space.write(part));
                Value::from(vec![Value::from(*choice), part])
            }
            _ => Value::Null,
        }
    }

    /// The element of a JSON value, if it is one of the space.
    pub fn from_json(&self, json: &Value) -> Result<Element, SpaceError> {
        let element = self.read(json).map_err(|error| error.within("element"))?;
        self.check(&element)?;
        Ok(element)
    }

    fn read(&self, json: &Value) -> Result<Element, SpaceError> {
        match self {
            Self::Box(space) => {
                read_array(json, space.shape(), "a number", &|value| Number::from_json(value))
                    .map(Element::Real)
            }
            Self::Discrete(_) => {
                json.as_i64().map(Element::Discrete).ok_or_else(|| unexpected("a whole number", json))
            }
            Self::MultiDiscrete(space) => {
                read_array(json, &[space.nvec().len()], "a whole number", &Value::as_i64)
                    .map(Element::MultiDiscrete)
            }
            Self::MultiBinary(space) => read_bits(space, json),
            Self::Text(_) => json
                .as_str()
                .map(|text| Element::Text(text.into()))
                .ok_or_else(|| unexpected("a string", json)),
            Self::Tuple(space) => read_tuple(space, json),
            Self::Dict(space) => read_dict(space, json),
            Self::Sequence(space) => read_all(space.space(), json).map(Element::Sequence),
            Self::Graph(space) => read_graph(space, json),
            Self::OneOf(space) => read_choice(space, json),
        }
    }
}

fn write_box(space: &BoxSpace, values: &[f64]) -> Value {
    let write = |&value: &f64| {
        if space.dtype().is_float() { Number(value).to_json() } else { Value::from(value as i64) }
    };
    nest(values.iter().map(write).collect(), space.shape())
}

fn write_all(space: &Space, parts: &[Element]) -> Value {
    parts.iter().map(|part| space.write(part)).collect()
}

fn write_graph(space: &Graph, nodes: &[Element], edges: &[Element], edge_links: &[[usize; 2]]) -> Value {
    let mut graph = Map::new();
    graph.insert("nodes".into(), write_all(space.node_space(), nodes));
    if let Some(edge_space) = space.edge_space().filter(|_| !edges.is_empty()) {
        graph.insert("edges".into(), write_all(edge_space, edges));
        graph.insert("edge_links".into(), edge_links.iter().map(|link| Value::from(link.to_vec())).collect());
    }
    Value::Object(graph)
}

/// Row-major values as arrays within arrays.
fn nest(values: Vec<Value>, shape: &[usize]) -> Value {
    let [extent, inner @ ..] = shape else {
        return values.into_iter().next().unwrap_or_default();
    };
    if inner.is_empty() {
        return Value::Array(values);
    }
    let size: usize = inner.iter().product();
    let mut values = values.into_iter();
    Value::Array((0..*extent).map(|_| nest(values.by_ref().take(size).collect(), inner)).collect())
}

fn read_array<T>(
    json: &Value,
    shape: &[usize],
    expected: &str,
    read: &dyn Fn(&Value) -> Option<T>,
) -> Result<Vec<T>, SpaceError> {
    let [extent, inner @ ..] = shape else {
        return Ok(vec![read(json).ok_or_else(|| unexpected(expected, json))?]);
    };
    let rows = list(json)?;
    if rows.len() != *extent {
        return Err(SpaceError::length(format!("{extent} values"), rows.len()));
    }
    let mut values = Vec::new();
    for (i, row) in rows.iter().enumerate() {
        values.extend(read_array(row, inner, expected, read).map_err(|error| error.at(i))?);
    }
    Ok(values)
}

fn read_bits(space: &MultiBinary, json: &Value) -> Result<Element, SpaceError> {
    let bit = |value: &Value| match value.as_u64() {
        Some(bit @ (0 | 1)) => Some(bit == 1),
        _ => value.as_bool(),
    };
    read_array(json, space.shape(), "0 or 1", &bit).map(Element::MultiBinary)
}

fn read_all(space: &Space, json: &Value) -> Result<Vec<Element>, SpaceError> {
    let parts = list(json)?.iter().enumerate();
    parts.map(|(i, part)| space.read(part).map_err(|error| error.at(i))).collect()
}

fn read_tuple(space: &Tuple, json: &Value) -> Result<Element, SpaceError> {
    let parts = list(json)?;
    space.check_length(parts.len())?;
    let pairs = space.spaces().iter().zip(parts).enumerate();
    let read = |(i, (space, part)): (usize, (&Space, &Value))| space.read(part).map_err(|error| error.at(i));
    pairs.map(read).collect::<Result<_, _>>().map(Element::Tuple)
}

fn read_dict(space: &Dict, json: &Value) -> Result<Element, SpaceError> {
    let object = json.as_object().ok_or_else(|| unexpected("an object", json))?;
    if let Some(foreign) = object.keys().find(|key| space.get(key).is_none()) {
        let keys: Vec<&String> = space.spaces().iter().map(|(key, _)| key).collect();
        return Err(SpaceError::range(format_args!("key {foreign:?}"), format_args!("keys {keys:?}")));
    }
    let read = |(key, space): &(String, Space)| {
        let missing = || SpaceError::MissingKey { path: String::new(), key: key.clone() };
        let part = object.get(key).ok_or_else(missing)?;
        Ok((key.clone(), space.read(part).map_err(|error| error.at_key(key))?))
    };
    space.spaces().iter().map(read).collect::<Result<_, _>>().map(Element::Dict)
}

fn read_graph(space: &Graph, json: &Value) -> Result<Element, SpaceError> {
    let object = json.as_object().ok_or_else(|| unexpected("an object", json))?;
    let none = Value::Array(Vec::new());
    let field = |name: &str| object.get(name).unwrap_or(&none);
    let nodes = read_all(space.node_space(), field("nodes")).map_err(|error| error.within(".nodes"))?;
    let edges = match space.edge_space() {
        Some(edge_space) => read_all(edge_space, field("edges")),
        None => list(field("edges")).and_then(|edges| match edges.len() {
            0 => Ok(Vec::new()),
            found => Err(SpaceError::length("no edges without an edge space", found)),
        }),
    };
    let edges = edges.map_err(|error| error.within(".edges"))?;
    let link = |(i, json): (usize, &Value)| {
        let index = |value: &Value| value.as_u64().and_then(|node| usize::try_from(node).ok());
        let ends = read_array(json, &[2], "a node index", &index).map_err(|error| error.at(i))?;
        Ok([ends[0], ends[1]])
    };
    let edge_links = list(field("edge_links")).and_then(|links| links.iter().enumerate().map(link).collect());
    Ok(Element::Graph {
        nodes,
        edges,
        edge_links: edge_links.map_err(|e: SpaceError| e.within(".edge_links"))?,
    })
}

fn read_choice(space: &OneOf, json: &Value) -> Result<Element, SpaceError> {
    let [choice, part] = list(json)? else {
        return Err(unexpected("a pair of index and element", json));
    };
    let choice = choice.as_u64().ok_or_else(|| unexpected("an index", choice).at(0))?;
    let choice = usize::try_from(choice).unwrap_or(usize::MAX);
    let element = space.chosen(choice)?.read(part).map_err(|error| error.at(choice))?;
    Ok(Element::OneOf(choice, Box::new(element)))
}

fn list(json: &Value) -> Result<&[Value], SpaceError> {
    json.as_array().map(Vec::as_slice).ok_or_else(|| unexpected("an array", json))
}

/// Shows the start of a long value only.
fn unexpected(expected: &str, json: &Value) -> SpaceError {
    let text = json.to_string();
    let found = match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    };
    SpaceError::kind(expected, found)
}
