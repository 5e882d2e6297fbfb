"""Writes numpy_random.json: streams of NumPy that the Rust generator must repeat bit for bit.

    pip install numpy && python numpy_random.py

Reals are written as the hexadecimal of their 64 bits, so that nothing is lost in text.
"""

import json
import struct
from pathlib import Path

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence

SEEDS = [0, 1, 123, 2**32 - 1, 2**32, 2**63, 2**64 - 1]
RANGES = [
    (0, 0), (0, 1), (1, 6), (0, 9), (-5, 5), (0, 2**31), (0, 2**32 - 2), (0, 2**32 - 1), (0, 2**32),
    (0, 3 * 2**30), (-(2**62), 2**62), (0, 3 * 2**61), (-(2**63), 2**63 - 1),
]
WEIGHTS = [0.1, 0.0, 0.2, 0.4, 0.05, 0.25]


def bits(values):
    return [struct.pack(">d", float(v)).hex() for v in values]


def fold(values):
    """An order-sensitive checksum of many reals."""
    total = 0
    for word in np.asarray(values, dtype=np.float64).view(np.uint64).tolist():
        total = (total * 6364136223846793005 + word) % 2**64
    return total


def streams(make):
    integers = make()
    return {
        "u64": [str(v) for v in make().bit_generator.random_raw(8).tolist()],
        "u32": make().integers(0, 2**32, size=9, dtype=np.uint32).tolist(),
        "uniform": bits(make().random(8)),
        "normal": bits(make().standard_normal(64)),
        "exponential": bits(make().standard_exponential(64)),
        "geometric": make().geometric(0.25, size=32).tolist(),
        # One stream through all ranges, so that the buffered 32-bit halves are covered as well.
        "integers": [[str(int(integers.integers(low, high, endpoint=True))) for _ in range(5)] for low, high in RANGES],
        "permutation": make().permutation(20).tolist(),
        "choice": [int(v) for g in [make()] for v in [g.choice(7) for _ in range(12)]],
        "weighted": [int(v) for g in [make()] for v in [g.choice(6, p=WEIGHTS) for _ in range(12)]],
    }


def cases():
    for seed in SEEDS:
        yield {"entropy": str(seed), "spawn_key": []}
    for seed, key in [(0, [0]), (42, [1, 2]), (2**96 + 7, [3]), (2**127 + 5, [])]:
        yield {"entropy": str(seed), "spawn_key": key}


def main():
    golden = {"ranges": [[str(a), str(b)] for a, b in RANGES], "weights": WEIGHTS, "cases": []}
    for case in cases():
        sequence = SeedSequence(int(case["entropy"]), spawn_key=case["spawn_key"])
        case["state"] = sequence.generate_state(10).tolist()
        case |= streams(lambda: Generator(PCG64(sequence)))
        golden["cases"].append(case)
    million = 1_000_000
    golden["folds"] = {
        "count": million,
        "normal": str(fold(np.random.default_rng(5).standard_normal(million))),
        "exponential": str(fold(np.random.default_rng(5).standard_exponential(million))),
    }
    path = Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(golden, indent=1) + "\n")


main()
