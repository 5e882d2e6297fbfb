//! Real kernels, run on real data while their loads and stores are recorded. Each repeats until the trace
//! is long enough. Arrays are numbered; sizes are chosen well above the cache.

use super::recorder::Recorder;
use crate::dram::workload::Trace;
use crate::random::Random;

/// Bytes of a word and of a double.
const WORD: u64 = 4;
const DOUBLE: u64 = 8;

/// Long arrays, streamed.
pub(super) fn triad(requests: usize, _seed: u64) -> Trace {
    const LENGTH: usize = 1 << 20;
    let mut memory = Recorder::new(requests);
    for index in (0..LENGTH).cycle() {
        if memory.is_full() {
            break;
        }
        memory.load(1, index, DOUBLE);
        memory.load(2, index, DOUBLE);
        memory.store(0, index, DOUBLE);
    }
    memory.finish()
}

/// C = A B with 512 x 512 doubles in tiles of 32.
pub(super) fn gemm(requests: usize, _seed: u64) -> Trace {
    const N: usize = 512;
    const TILE: usize = 32;
    let tiles = N / TILE;
    let mut memory = Recorder::new(requests);
    for block in (0..tiles * tiles * tiles).cycle() {
        if memory.is_full() {
            break;
        }
        let (i0, j0, k0) = (block / tiles / tiles * TILE, block / tiles % tiles * TILE, block % tiles * TILE);
        for (i, k) in (0..TILE * TILE).map(|place| (i0 + place / TILE, k0 + place % TILE)) {
            memory.load(0, i * N + k, DOUBLE);
            for j in j0..j0 + TILE {
                memory.load(1, k * N + j, DOUBLE);
                memory.load(2, i * N + j, DOUBLE);
                memory.store(2, i * N + j, DOUBLE);
            }
        }
    }
    memory.finish()
}

/// y = A x with 2^16 rows of 8 random nonzeros.
pub(super) fn spmv(requests: usize, seed: u64) -> Trace {
    const ROWS: usize = 1 << 16;
    const NONZEROS: usize = 8;
    let mut random = Random::new(seed);
    let columns: Vec<usize> = (0..ROWS * NONZEROS).map(|_| random.below(ROWS as u64) as usize).collect();
    let mut memory = Recorder::new(requests);
    for row in (0..ROWS).cycle() {
        if memory.is_full() {
            break;
        }
        memory.load(0, row, WORD);
        for (place, column) in columns.iter().enumerate().skip(row * NONZEROS).take(NONZEROS) {
            memory.load(1, place, WORD);
            memory.load(2, place, DOUBLE);
            memory.load(3, *column, DOUBLE);
        }
        memory.store(4, row, DOUBLE);
    }
    memory.finish()
}

/// Breadth-first search from ever new roots on a graph of 2^16 vertices with 8 random edges each.
pub(super) fn bfs(requests: usize, seed: u64) -> Trace {
    const VERTICES: usize = 1 << 16;
    const DEGREE: usize = 8;
    let mut random = Random::new(seed);
    let edges: Vec<usize> = (0..VERTICES * DEGREE).map(|_| random.below(VERTICES as u64) as usize).collect();
    let mut memory = Recorder::new(requests);
    while !memory.is_full() {
        let root = random.below(VERTICES as u64) as usize;
        let mut seen = vec![false; VERTICES];
        let mut queue = vec![root];
        seen[root] = true;
        let mut head = 0;
        while head < queue.len() && !memory.is_full() {
            let vertex = queue[head];
            memory.load(0, head, WORD);
            memory.load(1, vertex, WORD);
            for place in vertex * DEGREE..(vertex + 1) * DEGREE {
                memory.load(2, place, WORD);
                memory.load(3, edges[place], WORD);
                if !std::mem::replace(&mut seen[edges[place]], true) {
                    memory.store(3, edges[place], WORD);
                    memory.store(0, queue.len(), WORD);
                    queue.push(edges[place]);
                }
            }
            head += 1;
        }
    }
    memory.finish()
}

/// Build a chained hash table of 2^16 keys, then probe it with random keys.
pub(super) fn hash_join(requests: usize, seed: u64) -> Trace {
    const KEYS: usize = 1 << 16;
    let bucket = |key: u64| (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48) as usize;
    let mut random = Random::new(seed);
    let keys: Vec<u64> = (0..KEYS).map(|_| random.below(1 << 20)).collect();
    let mut memory = Recorder::new(requests);
    let (mut heads, mut next) = (vec![usize::MAX; KEYS], vec![usize::MAX; KEYS]);
    for (place, key) in keys.iter().enumerate() {
        let slot = bucket(*key);
        memory.load(0, place, DOUBLE);
        memory.load(1, slot, WORD);
        memory.store(2, place, 2 * DOUBLE);
        memory.store(1, slot, WORD);
        next[place] = std::mem::replace(&mut heads[slot], place);
    }
    for probe in 0.. {
        if memory.is_full() {
            break;
        }
        let key = random.below(1 << 20);
        memory.load(3, probe % KEYS, DOUBLE);
        memory.load(1, bucket(key), WORD);
        let mut entry = heads[bucket(key)];
        while let Some(found) = keys.get(entry) {
            memory.load(2, entry, 2 * DOUBLE);
            if *found == key {
                memory.store(4, probe % KEYS, DOUBLE);
                break;
            }
            entry = next[entry];
        }
    }
    memory.finish()
}

/// Merge sort of 2^17 random words, bottom up, between two arrays.
pub(super) fn sort(requests: usize, seed: u64) -> Trace {
    const LENGTH: usize = 1 << 17;
    let mut random = Random::new(seed);
    let mut memory = Recorder::new(requests);
    while !memory.is_full() {
        let mut values: Vec<u64> = (0..LENGTH).map(|_| random.next()).collect();
        let mut width = 1;
        let mut from = 0;
        while width < LENGTH && !memory.is_full() {
            values = merge_pass(&mut memory, &values, width, from);
            width *= 2;
            from ^= 1;
        }
    }
    memory.finish()
}

/// Merge neighbouring runs of `width` from array `from` into the other one.
fn merge_pass(memory: &mut Recorder, values: &[u64], width: usize, from: u64) -> Vec<u64> {
    let mut merged = Vec::with_capacity(values.len());
    for pair in values.chunks(2 * width) {
        let start = merged.len();
        let middle = width.min(pair.len());
        let (mut left, mut right) = (0, middle);
        while left < middle || right < pair.len() {
            let take_left = right >= pair.len() || (left < middle && pair[left] <= pair[right]);
            let place = if take_left { &mut left } else { &mut right };
            memory.load(from, start + *place, WORD);
            memory.store(from ^ 1, merged.len(), WORD);
            merged.push(pair[*place]);
            *place += 1;
        }
    }
    merged
}

/// Loads along one random cycle through 2^20 lines; the next load waits for the last.
pub(super) fn pointer_chase(requests: usize, seed: u64) -> Trace {
    const LINES: usize = 1 << 20;
    const LINE: u64 = 64;
    /// About the latency of an idle memory, in clock cycles.
    const WAIT: u64 = 40;
    let mut random = Random::new(seed);
    let mut next: Vec<u32> = (0..LINES as u32).collect();
    // Sattolo's shuffle gives one cycle through all elements.
    for place in (1..LINES).rev() {
        next.swap(place, random.below(place as u64) as usize);
    }
    let mut memory = Recorder::new(requests);
    let mut at = 0;
    while !memory.is_full() {
        memory.load(0, at, LINE);
        memory.wait(WAIT);
        at = next[at] as usize;
    }
    memory.finish()
}
