//! A random number.

use crate::stream::Stream;

use super::Criterion;

pub(super) const CRITERION: Criterion = Criterion {
    name: "random",
    summary: "Any weight matters as much as any other: what the others have to beat.",
    reference: "control",
    scores: |subject| {
        let mut stream = Stream::new(subject.seed, "random criterion");
        let mut layer = |l: &Vec<f32>| l.iter().map(|_| stream.uniform() as f32).collect();
        subject.weights.convs.iter().map(&mut layer).collect()
    },
};
