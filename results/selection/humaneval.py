"""Pass@1 of every strategy on real matrices: humaneval.py SWEEPSTAKE MATRICES.jsonl.gz > humaneval.csv

Only tasks with a correct and a wrong candidate count. Intervals: 95 %, percentile bootstrap over tasks (10000, seed 1).
"""

import gzip
import json
import random
import subprocess
import sys
import tempfile

PROGRAM, MATRICES = sys.argv[1:]
STRATEGIES = {
    "random": ["random"],
    "max-pass": ["max-pass"],
    "mbr-exec": ["mbr-exec"],
    "codet": ["codet"],
    "b4 (α 10, β0 10)": ["b4", "--alpha", "10", "--beta0", "10"],
    "b4 (α 1000, β0 1e4)": ["b4", "--beta0", "1e4"],
    "b4 (α 1000, β0 1e5)": ["b4"],
    "b4 (α 1000, β0 1e6)": ["b4", "--beta0", "1e6"],
    "b4-marginal (α 1000, β0 1e5)": ["b4-marginal"],
}
SUBSETS = {"all": 1.0, "at most half correct": 0.5, "at most a fifth correct": 0.2, "at most a tenth correct": 0.1}


def top(path, arguments):
    command = [PROGRAM, "select", "--matrix", path, "--json", "--strategy", *arguments]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["top"]


def mean(values):
    return sum(values) / len(values)


def interval(values):
    draw = random.Random(1)
    means = sorted(mean(draw.choices(values, k=len(values))) for _ in range(10000))
    return means[250], means[9749]


tasks = []
with gzip.open(MATRICES, "rt") as lines, tempfile.NamedTemporaryFile("w", suffix=".jsonl") as matrix:
    for line in lines:
        task = json.loads(line)
        if not 0 < sum(task["x"]) < len(task["x"]):
            continue
        matrix.seek(0)
        matrix.truncate()
        matrix.write("\n".join(json.dumps(row) for row in task["rows"]))
        matrix.flush()
        tops = {name: top(matrix.name, arguments) for name, arguments in STRATEGIES.items()}
        tasks.append((mean(task["x"]), {name: mean([task["x"][i] for i in of]) for name, of in tops.items()}))

print("subset,tasks,strategy,pass_at_1,low,high,less_codet,less_codet_low,less_codet_high")
for subset, most in SUBSETS.items():
    own = [of for correct, of in tasks if correct <= most]
    for name in STRATEGIES:
        values = [of[name] for of in own]
        gains = [of[name] - of["codet"] for of in own]
        numbers = [mean(values), *interval(values), mean(gains), *interval(gains)]
        print(f'{subset},{len(own)},"{name}",' + ",".join(f"{number:.4f}" for number in numbers))
