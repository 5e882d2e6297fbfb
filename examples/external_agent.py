"""A random hill climber for `sweepstake run --agent external` (docs/external-agents.md); needs only Python.

sweepstake run --env Landscape-v0 --agent external --set command="python3 examples/external_agent.py"
"""
import json, math, random, sys


def draw(p):
    kind = p["kind"]
    if kind == "bool": return random.random() < 0.5
    if kind in ("choice", "ordinal"): return random.choice(p["options" if kind == "choice" else "values"])
    if kind == "integer": return random.randint(p["low"], p["high"])
    if kind == "power-of-two": return 2 ** random.randint(p["low"].bit_length() - 1, p["high"].bit_length() - 1)
    if kind == "real": return random.uniform(p["low"], p["high"])
    if kind == "log-real": return min(max(p["low"] * (p["high"] / p["low"]) ** random.random(), p["low"]), p["high"])
    if kind == "permutation": return random.sample(p["items"], len(p["items"]))
    return random.sample(p["items"], random.randint(p["min"], p["max"]))  # subset

def propose():  # changes each parameter of the best design with probability 2/n, draws what is new
    design = {}
    for p in parameters:
        when = p.get("condition")
        if when and design.get(when["parameter"]) not in when["one_of"]: continue
        keep = p["name"] in best and random.random() > 2 / len(parameters)
        design[p["name"]] = best[p["name"]] if keep else draw(p)
    return design

best, best_reward = {}, -math.inf
for line in sys.stdin:
    (kind, message), = json.loads(line).items()
    if kind == "start":
        parameters, reply = message["space"]["parameters"], {"ready": {"name": "climber", "version": "1"}}
        random.seed(message["seed"])
    elif kind == "ask": reply = {"designs": [propose() for _ in range(message["n"])]}
    elif kind == "tell":
        for trial in message["trials"]:
            if trial["feasible"] and trial["reward"] >= best_reward:
                best, best_reward = trial["design"], trial["reward"]
        reply = {"ok": True}
    else: break  # stop
    print(json.dumps(reply), flush=True)
