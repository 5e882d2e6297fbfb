//! MAESTRO's mapping files: networks of layers, each with its dimensions and directives.

use super::DataflowError;
use super::mapping::{Directive, Mapping, Over};
use super::problem::{Dim, Operator, Problem};
use super::tokens::{Token, tokens};

/// A layer of a mapping file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappedLayer {
    /// Its name.
    pub name: String,
    /// The layer.
    pub problem: Problem,
    /// Its mapping.
    pub mapping: Mapping,
}

/// Most layers of a file, and directives of a layer.
const MOST: usize = 4096;

/// Reads a mapping file. Sizes may be sums and differences of numbers and of sizes of dimensions, `Sz(R)`.
///
/// ```
/// let text = "Network small { Layer first { Type: CONV Stride { X: 1, Y: 1 }
///     Dimensions { K: 4, C: 8, R: 3, S: 3, Y: 10, X: 10 }
///     Dataflow { SpatialMap(1,1) K; TemporalMap(Sz(R),1) Y; TemporalMap(Sz(S),1) X; } } }";
/// let layers = sweepstake_simulators::dataflow::read(text.as_bytes())?;
/// assert_eq!(layers[0].mapping.levels[0].len(), 3);
/// # Ok::<(), sweepstake_simulators::dataflow::DataflowError>(())
/// ```
///
/// # Errors
/// [`DataflowError::File`] with the line.
pub fn read(bytes: &[u8]) -> Result<Vec<MappedLayer>, DataflowError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = 1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
        DataflowError::File { line, problem: "not UTF-8 text".to_owned() }
    })?;
    let mut reader = Reader { tokens: tokens(text)?, at: 0 };
    let mut layers = Vec::new();
    while reader.peek().is_some() {
        reader.keyword("Network")?;
        reader.name()?;
        reader.sign('{')?;
        while !reader.accept('}') {
            layers.push(reader.layer()?);
            if layers.len() > MOST {
                return Err(reader.error(format!("more than {MOST} layers")));
            }
        }
    }
    match layers.is_empty() {
        true => Err(reader.error("no layer")),
        false => Ok(layers),
    }
}

struct Reader {
    tokens: Vec<(usize, Token)>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(_, token)| token)
    }

    fn line(&self) -> usize {
        self.tokens.get(self.at).or(self.tokens.last()).map_or(1, |(line, _)| *line)
    }

    fn error(&self, problem: impl Into<String>) -> DataflowError {
        DataflowError::File { line: self.line(), problem: problem.into() }
    }

    fn expected(&self, what: &str) -> DataflowError {
        let found = self.peek().map_or_else(|| "the end".to_owned(), |token| format!("`{}`", token.text()));
        self.error(format!("{found}; expected {what}"))
    }

    fn accept(&mut self, sign: char) -> bool {
        let found = self.peek() == Some(&Token::Sign(sign));
        self.at += usize::from(found);
        found
    }

    fn sign(&mut self, sign: char) -> Result<(), DataflowError> {
        if self.accept(sign) { Ok(()) } else { Err(self.expected(&format!("`{sign}`"))) }
    }

    fn name(&mut self) -> Result<String, DataflowError> {
        match self.peek() {
            Some(Token::Name(name)) => {
                let name = name.clone();
                self.at += 1;
                Ok(name)
            }
            _ => Err(self.expected("a name")),
        }
    }

    fn keyword(&mut self, keyword: &str) -> Result<(), DataflowError> {
        match self.peek() {
            Some(Token::Name(name)) if name == keyword => {
                self.at += 1;
                Ok(())
            }
            _ => Err(self.expected(&format!("`{keyword}`"))),
        }
    }

    fn layer(&mut self) -> Result<MappedLayer, DataflowError> {
        self.keyword("Layer")?;
        let name = self.name()?;
        self.sign('{')?;
        let (mut operator, mut strides) = (None, [1, 1]);
        let (mut sizes, mut directives) = (Vec::new(), None);
        let start = self.at;
        while !self.accept('}') {
            match self.name()?.as_str() {
                "Type" => operator = Some(self.operator()?),
                "Stride" => {
                    for (axis, stride) in self.list()? {
                        match axis.as_str() {
                            "Y" => strides[0] = stride,
                            "X" => strides[1] = stride,
                            _ => return Err(self.error(format!("stride of `{axis}`; allowed: X, Y"))),
                        }
                    }
                }
                "Dimensions" => sizes = self.dimensions()?,
                "Dataflow" => directives = Some(self.dataflow(&sizes)?),
                other => {
                    self.at -= 1;
                    let known = "Type, Stride, Dimensions, Dataflow";
                    return Err(self.error(format!("`{other}`; expected one of {known}")));
                }
            }
        }
        let missing = |what: &str| DataflowError::File {
            line: self.tokens.get(start).map_or(1, |(line, _)| *line),
            problem: format!("layer {name} has no {what}"),
        };
        let operator = operator.ok_or_else(|| missing("Type"))?;
        let mapping = directives.ok_or_else(|| missing("Dataflow"))?;
        // Depthwise layers may state a K, which the model ignores.
        sizes.retain(|(dim, _)| operator != Operator::Depthwise || *dim != Dim::K);
        let problem = Problem::new(operator, &sizes, strides)
            .map_err(|error| missing(&format!("sound shape: {error}")))?;
        Ok(MappedLayer { name, problem, mapping })
    }

    fn operator(&mut self) -> Result<Operator, DataflowError> {
        self.sign(':')?;
        let name = self.name()?;
        match name.as_str() {
            "CONV" => Ok(Operator::Conv),
            "DSCONV" => Ok(Operator::Depthwise),
            "GEMM" => Ok(Operator::Gemm),
            _ => Err(self.error(format!("type `{name}`; allowed: CONV, DSCONV, GEMM"))),
        }
    }

    /// `{ name: number, … }`
    fn list(&mut self) -> Result<Vec<(String, i64)>, DataflowError> {
        self.sign('{')?;
        let mut list = Vec::new();
        while !self.accept('}') {
            let name = self.name()?;
            self.sign(':')?;
            list.push((name, self.sum(&[])?));
            self.accept(',');
        }
        Ok(list)
    }

    fn dimensions(&mut self) -> Result<Vec<(Dim, i64)>, DataflowError> {
        let list = self.list()?;
        let dim = |(name, size): (String, i64)| match Dim::of(&name) {
            Some(dim) => Ok((dim, size)),
            None => Err(self.error(format!("dimension `{name}`; allowed: K, C, R, S, Y, X, M, N"))),
        };
        list.into_iter().map(dim).collect()
    }

    fn dataflow(&mut self, sizes: &[(Dim, i64)]) -> Result<Mapping, DataflowError> {
        self.sign('{')?;
        let mut mapping = Mapping { levels: vec![Vec::new()], clusters: Vec::new() };
        let mut count = 0;
        while !self.accept('}') {
            count += 1;
            if count > MOST {
                return Err(self.error(format!("more than {MOST} directives")));
            }
            let kind = self.name()?;
            self.sign('(')?;
            let size = self.sum(sizes)?;
            match kind.as_str() {
                "Cluster" => {
                    if self.accept(',') {
                        self.name()?;
                    }
                    self.sign(')')?;
                    mapping.clusters.push(size);
                    mapping.levels.push(Vec::new());
                }
                "SpatialMap" | "TemporalMap" => {
                    self.sign(',')?;
                    let offset = self.sum(sizes)?;
                    self.sign(')')?;
                    let over = self.over()?;
                    let directive = Directive { spatial: kind == "SpatialMap", size, offset, over };
                    mapping.levels.iter_mut().last().into_iter().for_each(|level| level.push(directive));
                }
                _ => {
                    let known = "SpatialMap, TemporalMap, Cluster";
                    return Err(self.error(format!("directive `{kind}`; allowed: {known}")));
                }
            }
            self.accept(';');
        }
        Ok(mapping)
    }

    fn over(&mut self) -> Result<Over, DataflowError> {
        let name = self.name()?;
        Over::of(&name)
            .ok_or_else(|| self.error(format!("dimension `{name}`; allowed: those of the layer, Y', X'")))
    }

    /// A sum of numbers and `Sz(dim)`.
    fn sum(&mut self, sizes: &[(Dim, i64)]) -> Result<i64, DataflowError> {
        let mut total = self.term(sizes)?;
        loop {
            let minus = self.accept('-');
            if !minus && !self.accept('+') {
                return Ok(total);
            }
            let term = self.term(sizes)?;
            let sum = if minus { total.checked_sub(term) } else { total.checked_add(term) };
            total = sum.ok_or_else(|| self.error("a sum beyond 64 bits"))?;
        }
    }

    fn term(&mut self, sizes: &[(Dim, i64)]) -> Result<i64, DataflowError> {
        if let Some(Token::Number(number)) = self.peek() {
            let number = *number;
            self.at += 1;
            return Ok(number);
        }
        self.keyword("Sz")?;
        self.sign('(')?;
        let name = self.name()?;
        self.sign(')')?;
        let size = sizes.iter().find(|(dim, _)| dim.name() == name).map(|(_, size)| *size);
        size.ok_or_else(|| self.error(format!("Sz({name}): the layer has no such dimension")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FILE: &str = "Network n { // a comment\nLayer a {\nType: CONV\nStride { X: 2, Y: 2 }\n\
                        Dimensions { K: 4, C: 8, R: 3, S: 3, Y: 11, X: 11 }\nDataflow {\nSpatialMap(1,1) K;\n\
                        TemporalMap(8+Sz(S)-1,8) X;\nCluster(Sz(R), P);\nSpatialMap(1,1) Y';\nTemporalMap(3,3) R;\n}\n}\n}\n";

    #[test]
    fn sizes_are_sums_of_numbers_and_sizes_of_dimensions() {
        let layer = &read(FILE.as_bytes()).unwrap()[0];
        assert_eq!(layer.mapping.clusters, [3]);
        assert_eq!(layer.mapping.levels[0][1], Directive::temporal(10, 8, Over::Input(Dim::X)));
        assert_eq!(layer.mapping.levels[1][0], Directive::spatial(1, 1, Over::Output(Dim::Y)));
        assert_eq!((layer.problem.size(Dim::Y), layer.problem.strides), (11, [2, 2]));
    }

    #[test]
    fn a_bad_line_is_refused_with_its_number() {
        for (from, to, expected) in [
            ("Type: CONV", "Type: POOL", "line 4: type `POOL`"),
            ("Network n", "Net n", "line 1: `Net`; expected `Network`"),
            ("K: 4", "Q: 4", "dimension `Q`"),
            ("Y: 11", "Y: 0", "dimension Y is 0; allowed: 1 to"),
            ("K: 4, ", "", "dimension K is 0; allowed: 1 to"),
            ("Sz(S)", "Sz(N)", "line 8: Sz(N): the layer has no such dimension"),
            ("SpatialMap(1,1) Y'", "SpatialMap(1,1) K'", "line 10: dimension `K'`"),
            ("Cluster(Sz(R), P)", "Clusters(Sz(R), P)", "line 9: directive `Clusters`"),
            ("8+Sz(S)-1", "99999999999999999999", "line 8: 99999999999999999999: too large a number"),
            ("\n}\n}\n}\n", "\n}\n", "the end; expected a name"),
        ] {
            let error = read(FILE.replacen(from, to, 1).as_bytes()).unwrap_err().to_string();
            assert!(error.contains(expected), "expected {expected:?} in {error}");
        }
        assert!(read(b"").unwrap_err().to_string().contains("line 1: no layer"));
        assert!(read(b"\n\xff").unwrap_err().to_string().contains("line 2: not UTF-8"));
    }

    proptest! {
        #[test]
        fn nothing_in_a_file_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), cut in 0..400usize) {
            let _ = read(&bytes);
            let mut text = FILE.as_bytes().to_vec();
            let from = cut % text.len();
            text.splice(from..from, bytes.iter().copied().take(3));
            let _ = read(&text);
            let _ = read(&text[..from]);
        }
    }
}
