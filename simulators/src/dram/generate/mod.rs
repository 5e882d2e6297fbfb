//! Built-in workloads: synthetic patterns, and real kernels recorded behind a small cache.

mod cache;
mod kernels;
mod recorder;
mod synthetic;

use super::error::DramError;
use super::workload::Trace;

/// A built-in workload.
#[derive(Debug)]
pub struct Generator {
    /// Unique name.
    pub name: &'static str,
    /// What it does, in a few words.
    pub description: &'static str,
    generate: fn(usize, u64) -> Trace,
}

/// Requests of a built-in workload where nothing else is asked for.
pub const DEFAULT_REQUESTS: usize = 10_000;

/// Most requests of a built-in workload.
pub const MAX_GENERATED_REQUESTS: usize = 10_000_000;

/// Every built-in workload, by name.
pub static GENERATORS: &[Generator] = &[
    Generator { name: "bfs", description: "breadth-first search on a random graph", generate: kernels::bfs },
    Generator {
        name: "cloud-1",
        description: "phases of 50 requests, sequential or random, sequential first",
        generate: |requests, seed| synthetic::cloud(requests, seed, true),
    },
    Generator {
        name: "cloud-2",
        description: "phases of 50 requests, sequential or random, random first",
        generate: |requests, seed| synthetic::cloud(requests, seed, false),
    },
    Generator { name: "gemm", description: "dense matrix multiplication in tiles", generate: kernels::gemm },
    Generator {
        name: "hash-join",
        description: "build and probe of a hash table",
        generate: kernels::hash_join,
    },
    Generator {
        name: "pointer-chase",
        description: "dependent loads along a random cycle",
        generate: kernels::pointer_chase,
    },
    Generator {
        name: "random",
        description: "uniform random reads in 1 GiB, one a cycle",
        generate: synthetic::random,
    },
    Generator { name: "sort", description: "bottom-up merge sort", generate: kernels::sort },
    Generator {
        name: "spmv",
        description: "sparse matrix times vector, compressed rows",
        generate: kernels::spmv,
    },
    Generator {
        name: "stream",
        description: "sequential reads of 64 bytes, one a cycle",
        generate: |requests, _| synthetic::stream(requests),
    },
    Generator {
        name: "triad",
        description: "a[i] = b[i] + s * c[i] on long arrays",
        generate: kernels::triad,
    },
];

/// Make a built-in workload of `requests` requests. The same arguments give the same trace everywhere.
///
/// # Errors
/// [`DramError::UnknownWorkload`], or a number of requests outside 1 to [`MAX_GENERATED_REQUESTS`].
pub fn generate(name: &str, requests: usize, seed: u64) -> Result<Trace, DramError> {
    if !(1..=MAX_GENERATED_REQUESTS).contains(&requests) {
        let allowed = format_args!("1 to {MAX_GENERATED_REQUESTS}");
        return Err(DramError::out_of_range("requests", requests, allowed));
    }
    let generator = GENERATORS.iter().find(|generator| generator.name == name).ok_or_else(|| {
        let allowed: Vec<&str> = GENERATORS.iter().map(|generator| generator.name).collect();
        DramError::UnknownWorkload { name: name.to_owned(), allowed: allowed.join(", ") }
    })?;
    Ok((generator.generate)(requests, seed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generators_are_sorted_and_unique() {
        assert!(GENERATORS.windows(2).all(|pair| pair[0].name < pair[1].name));
    }

    #[test]
    fn every_generator_gives_what_is_asked_for_and_repeats() {
        for generator in GENERATORS {
            let trace = generate(generator.name, 3000, 7).unwrap();
            assert_eq!(trace.accesses.len(), 3000, "{}", generator.name);
            assert_eq!(trace, generate(generator.name, 3000, 7).unwrap(), "{}", generator.name);
            trace.check_sorted().unwrap();
        }
    }

    #[test]
    fn unknown_names_and_empty_workloads_are_refused() {
        assert!(generate("strem", 10, 0).unwrap_err().to_string().contains("stream"));
        assert!(generate("stream", 0, 0).is_err());
    }
}
