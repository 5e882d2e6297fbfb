"""Writes gymnasium_spaces.json: what gymnasium's spaces answer, for the Rust spaces to repeat.

    pip install gymnasium==1.4.0 && python gymnasium_spaces.py
"""

import json
from pathlib import Path

import numpy as np
from gymnasium.spaces import (
    Box, Dict, Discrete, Graph, MultiBinary, MultiDiscrete, OneOf, Sequence, Text, Tuple, flatdim, flatten, flatten_space,
)
from gymnasium.vector.utils import batch_space

INF = float("inf")
SEED = 7

SPACES = {
    "box": Box(-1.0, 2.0, (4,), np.float64),
    "box_float32": Box(np.float32([0.1, -3, 5]), np.float32([0.7, 1e6, 5]), dtype=np.float32),
    "box_matrix": Box(0.0, 1.0, (2, 3), np.float64),
    "box_scalar": Box(-2.0, 2.0, (), np.float64),
    "box_mixed": Box(np.array([-INF, 0, -INF, -1, 3]), np.array([INF, INF, 2, 1, INF]), dtype=np.float64),
    "box_unbounded": Box(-INF, INF, (3,), np.float32),
    "box_image": Box(0, 255, (2, 2, 3), np.uint8),
    "box_int": Box(np.array([-5, 0, 100]), np.array([5, 0, 1000]), dtype=np.int64),
    "box_int8": Box(-128, 127, (6,), np.int8),
    "discrete": Discrete(5),
    "discrete_start": Discrete(3, start=-1),
    "discrete_wide": Discrete(2**40, start=10),
    "multi_discrete": MultiDiscrete([3, 2, 7]),
    "multi_discrete_start": MultiDiscrete([4, 1], start=[-2, 9]),
    "multi_binary": MultiBinary(11),
    "multi_binary_matrix": MultiBinary([2, 3]),
    "text": Text(6, min_length=2, charset="acgt"),
    "text_default": Text(4),
    "tuple": Tuple([Discrete(3), Box(0.0, 1.0, (2,), np.float32), MultiBinary(2)]),
    "dict": Dict([("z", Discrete(2)), ("a", Tuple([Discrete(2, start=5), Box(-1, 1, (1,), np.int16)]))], sort_keys=False),
    "one_of": OneOf([Discrete(3), Box(-1.0, 2.0, (5,), np.float64), MultiDiscrete([2, 2])]),
    "sequence": Sequence(Discrete(4)),
    "graph": Graph(Box(0.0, 1.0, (2,), np.float64), Discrete(3)),
    "graph_bare": Graph(Discrete(3), None),
    "dict_with_sequence": Dict({"s": Sequence(Box(0.0, 1.0, (2, 2), np.float64)), "d": Discrete(2)}),
}


def number(value):
    value = value.item() if isinstance(value, np.generic) else value
    return str(value) if value in (INF, -INF) else value


def side(bounds):
    flat = [number(v) for v in bounds.flatten()]
    return flat[0] if flat and all(v == flat[0] for v in flat) else flat


def spec(space):
    """The space in the form that the Rust side writes."""
    kind = {"type": type(space).__name__}
    match space:
        case Box():
            return kind | {"low": side(space.low), "high": side(space.high), "shape": list(space.shape), "dtype": str(space.dtype)}
        case Discrete():
            return kind | {"n": int(space.n), "start": int(space.start)}
        case MultiDiscrete():
            return kind | {"nvec": space.nvec.tolist(), "start": space.start.tolist()}
        case MultiBinary():
            return kind | {"shape": list(space.shape)}
        case Text():
            return kind | {"min_length": space.min_length, "max_length": space.max_length, "charset": "".join(space.character_list)}
        case Tuple() | OneOf():
            return kind | {"spaces": [spec(s) for s in space.spaces]}
        case Dict():
            return kind | {"spaces": {k: spec(s) for k, s in space.spaces.items()}}
        case Sequence():
            return kind | {"space": spec(space.feature_space)}
        case Graph():
            edge = {} if space.edge_space is None else {"edge_space": spec(space.edge_space)}
            return kind | {"node_space": spec(space.node_space)} | edge


def plain(space, x):
    match space:
        case Box() | MultiDiscrete() | MultiBinary():
            return x.tolist()
        case Discrete():
            return int(x)
        case Text():
            return str(x)
        case Tuple():
            return [plain(s, v) for s, v in zip(space.spaces, x)]
        case Dict():
            return {k: plain(s, x[k]) for k, s in space.spaces.items()}
        case OneOf():
            return [int(x[0]), plain(space.spaces[x[0]], x[1])]
        case Sequence():
            return [plain(space.feature_space, v) for v in x]
        case Graph():
            graph = {"nodes": [plain(space.node_space, v) for v in x.nodes]}
            if x.edges is not None:
                graph |= {"edges": [plain(space.edge_space, v) for v in x.edges], "edge_links": x.edge_links.tolist()}
            return graph


def flattenable(space):
    return space.is_np_flattenable and not (isinstance(space, Discrete) and space.n > 10**6)


def case(name, space):
    space.seed(SEED)
    samples = [space.sample() for _ in range(6)]
    answer = {"name": name, "space": spec(space), "samples": [plain(space, x) for x in samples]}
    answer["batch"] = spec(batch_space(space, 3))
    if flattenable(space):
        answer["flatdim"] = flatdim(space)
        answer["flat"] = [[float(v) for v in flatten(space, x)] for x in samples]
    if not (isinstance(space, Discrete) and space.n > 10**6):
        answer["flat_space"] = spec(flatten_space(space))
    return answer


def masked():
    """Samples under masks, six for each."""
    flags = lambda *values: np.array(values, dtype=np.int8)
    masks = [
        (Discrete(5, start=2), flags(1, 0, 1, 1, 0)),
        (Discrete(3, start=4), flags(0, 0, 0)),
        (MultiDiscrete([3, 2], start=[1, 0]), (flags(0, 1, 1), flags(0, 0))),
        (MultiBinary(6), flags(0, 1, 2, 2, 2, 0)),
    ]
    for space, mask in masks:
        space.seed(SEED)
        listed = [m.tolist() for m in mask] if isinstance(mask, tuple) else mask.tolist()
        yield {"space": spec(space), "mask": listed, "samples": [plain(space, space.sample(mask=mask)) for _ in range(6)]}


def main():
    golden = {"seed": SEED, "cases": [case(*item) for item in SPACES.items()], "masked": list(masked())}
    Path(__file__).with_suffix(".json").write_text(json.dumps(golden) + "\n")


main()
