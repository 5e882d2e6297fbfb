#!/usr/bin/env python3
"""Public optimisers as agents of Sweepstake: `peer.py NAME` speaks the protocol of docs/external-agents.md.

    sweepstake run --env Landscape-v0 --agent external --set command="VENV/bin/python tests/peers/peer.py optuna-tpe"

Every optimiser runs with its own defaults, gets the seed, minimises -reward, and is asked for one design at a time
(population methods are asked for a generation, which is handed out one by one). The spaces are mapped so:

                 optuna-tpe, -gp          optuna-cmaes       pycma                 pymoo-ga       nevergrad-ngopt
  bool           categorical              int 0..1           integer 0..1          Binary         Choice
  choice         categorical              categorical        integer of the index  Choice         Choice
  integer        int                      int                integer               Integer        Scalar, integer casting
  power-of-two   int, the exponent        int, the exponent  integer, the exponent Integer, exp.  TransitionChoice
  ordinal        int, the index           int, the index     integer, the index    Integer, index TransitionChoice
  real           float                    float              real in [0, 1]        Real           Scalar with bounds
  log-real       float, log=True          float, log=True    real in [0, 1], log   Real, log      Log with bounds
  permutation    a float per item, sorted: random keys (Bean 1994), in all of them
  subset         one bool per item; where the size is bounded, an int for it and a float per item: the largest are in
  conditional    define-by-run            define-by-run      always searched, left out of the design where inactive
  infeasible     told the worst value so far; before the first feasible trial:
                 failed (ignored)         failed (ignored)   all equal             G = 1 (*)      held back until then

  (*) pymoo compares feasibility first, by its own constraint G <= 0.

optuna-tpe       Optuna's TPESampler.
optuna-gp        Optuna's GPSampler.
optuna-cmaes     Optuna's CmaEsSampler (the package cmaes); what is categorical or conditional it draws at random.
pycma            CMA-ES of the package cma with `integer_variables`, each in its own units with sigma a quarter of its
                 range, restarted with twice the population when it stops (IPOP, as cma.fmin2 with restarts does).
pymoo-ga         pymoo's MixedVariableGA.
nevergrad-ngopt  Nevergrad's NGOpt, which chooses by budget, dimension and kinds of variables. Choices are deterministic:
                 drawn ones make NGOpt take the problem for a noisy one and repeat itself.
"""

import os

for threads in ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM"):
    os.environ[f"{threads}_NUM_THREADS"] = "1"

import json
import math
import random
import sys
import warnings
from collections import deque

warnings.simplefilter("ignore")


# ---------------------------------------------------------------------------------------------------------------------
# Spaces: each parameter is one or several simple variables, and a design is decoded from their values.


class Variable:
    """A simple variable: kind is bool, choice, integer, listed, real or log."""

    def __init__(self, name, kind, low=None, high=None, values=None):
        self.name, self.kind, self.low, self.high, self.values = name, kind, low, high, values


class Parameter:
    """A parameter of the space, the variables that it is made of, and how their values are read."""

    def __init__(self, spec):
        self.name, self.condition = spec["name"], spec.get("condition")
        name, kind, items = spec["name"], spec["kind"], spec.get("items")
        one = lambda *args, **more: [Variable(name, *args, **more)]
        first = lambda values: values[0]
        keys = lambda: [Variable(f"{name}[{i}]", "real", 0.0, 1.0) for i in range(len(items))]
        if kind == "bool":
            self.variables, self.decode = one("bool"), lambda v: bool(v[0])
        elif kind == "choice":
            self.variables, self.decode = one("choice", values=spec["options"]), first
        elif kind == "integer":
            self.variables, self.decode = one("integer", spec["low"], spec["high"]), lambda v: int(v[0])
        elif kind == "power-of-two":
            exponents = range(spec["low"].bit_length() - 1, spec["high"].bit_length())
            self.variables, self.decode = one("listed", values=[2**e for e in exponents]), first
        elif kind == "ordinal":
            self.variables, self.decode = one("listed", values=spec["values"]), first
        elif kind in ("real", "log-real"):
            low, high = spec["low"], spec["high"]
            self.variables = one("log" if kind == "log-real" else "real", low, high)
            self.decode = lambda v: min(max(float(v[0]), low), high)
        elif kind == "permutation":
            self.variables = keys()
            self.decode = lambda v: [items[i] for i in sorted(range(len(items)), key=lambda i: (v[i], i))]
        elif (spec["min"], spec["max"]) == (0, len(items)):
            self.variables = [Variable(f"{name}[{i}]", "bool") for i in range(len(items))]
            self.decode = lambda v: [item for item, chosen in zip(items, v) if chosen]
        else:
            self.variables = [Variable(f"{name}[]", "integer", spec["min"], spec["max"])] + keys()
            largest = lambda v: sorted(range(len(items)), key=lambda i: (-v[i + 1], i))[: int(v[0])]
            self.decode = lambda v: [items[i] for i in sorted(largest(v))]


class Space:
    def __init__(self, description):
        self.parameters = [Parameter(spec) for spec in description["parameters"]]
        self.variables = [variable for parameter in self.parameters for variable in parameter.variables]

    def design(self, value):
        """The design whose variables have the values that `value(variable)` gives; inactive ones are not asked for."""
        design = {}
        for parameter in self.parameters:
            condition = parameter.condition
            if condition is None or design.get(condition["parameter"]) in condition["one_of"]:
                design[parameter.name] = parameter.decode([value(variable) for variable in parameter.variables])
        return design


class Loss:
    """-reward; what is infeasible gets the worst seen so far, None before anything was seen."""

    def __init__(self):
        self.worst = None

    def of(self, trial):
        if not trial["feasible"]:
            return self.worst
        loss = -trial["reward"]
        self.worst = loss if self.worst is None else max(self.worst, loss)
        return loss


# ---------------------------------------------------------------------------------------------------------------------
# Optimisers: ask() gives a design, tell(trial) gets the trials in the order asked.


class Optuna:
    def __init__(self, start, space, sampler):
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        seed = start["seed"] % 2**32
        samplers = optuna.samplers
        self.bool_as_int = sampler == "cmaes"
        self.optuna, self.space, self.loss, self.asked = optuna, space, Loss(), deque()
        self.name, self.version = f"optuna {sampler}", optuna.__version__
        if sampler == "tpe":
            sampler = samplers.TPESampler(seed=seed)
        elif sampler == "gp":
            import torch

            torch.set_num_threads(1)
            sampler = samplers.GPSampler(seed=seed, warn_independent_sampling=False)
        else:
            sampler = samplers.CmaEsSampler(seed=seed, warn_independent_sampling=False)
        self.study = optuna.create_study(direction="minimize", sampler=sampler)

    def ask(self):
        trial = self.study.ask()
        self.asked.append(trial)
        return self.space.design(lambda variable: self.suggest(trial, variable))

    def suggest(self, trial, v):
        if v.kind == "bool" and self.bool_as_int:
            return trial.suggest_int(v.name, 0, 1)
        if v.kind == "bool":
            return trial.suggest_categorical(v.name, [False, True])
        if v.kind == "choice":
            return trial.suggest_categorical(v.name, v.values)
        if v.kind == "integer":
            return trial.suggest_int(v.name, v.low, v.high)
        if v.kind == "listed":
            return v.values[trial.suggest_int(v.name, 0, len(v.values) - 1)]
        return trial.suggest_float(v.name, v.low, v.high, log=v.kind == "log")

    def tell(self, trial):
        loss = self.loss.of(trial)
        if loss is None:
            self.study.tell(self.asked.popleft(), state=self.optuna.trial.TrialState.FAIL)
        else:
            self.study.tell(self.asked.popleft(), loss)


class Generations:
    """Hands the members of a generation out one by one; learns from the whole."""

    def __init__(self, space):
        self.space, self.loss = space, Loss()
        self.waiting, self.members, self.trials = deque(), [], []

    def ask(self):
        if not self.waiting:
            self.members = list(self.generation())
            self.waiting = deque(self.members)
        return self.decoded(self.waiting.popleft())

    def tell(self, trial):
        self.trials.append(trial)
        if not self.waiting and len(self.trials) == len(self.members):
            losses = [self.loss.of(trial) for trial in self.trials]
            worst = 0.0 if self.loss.worst is None else self.loss.worst
            self.learn(self.members, [worst if loss is None else loss for loss in losses], self.trials)
            self.trials = []


class Pycma(Generations):
    name = "pycma"

    def __init__(self, start, space):
        import cma
        import numpy

        super().__init__(space)
        self.cma, self.numpy, self.version = cma, numpy, cma.__version__
        self.random = numpy.random.RandomState(start["seed"] % 2**32)
        whole = {"bool": lambda v: 2, "choice": lambda v: len(v.values), "listed": lambda v: len(v.values)}
        whole["integer"] = lambda v: v.high - v.low + 1
        self.levels = [whole[v.kind](v) if v.kind in whole else None for v in space.variables]
        # Reals live on [0, 1], whole numbers of n levels on [-0.5, n - 0.5].
        self.low = numpy.array([0.0 if n is None else -0.5 for n in self.levels])
        self.high = numpy.array([1.0 if n is None else n - 0.5 for n in self.levels])
        self.population = None
        self.begin()

    def begin(self):
        options = {
            "bounds": [list(self.low), list(self.high)],
            "CMA_stds": list(self.high - self.low),
            "integer_variables": [i for i, n in enumerate(self.levels) if n is not None],
            # 0 would mean the clock.
            "seed": int(self.random.randint(1, 2**31)),
            "verbose": -10,
            "verb_log": 0,
        }
        if self.population is not None:
            options["popsize"] = self.population
        middle = (self.low + self.high) / 2
        # The first start is at the middle, as users of a box do; restarts are anywhere.
        start = middle if self.population is None else self.low + self.random.rand(len(self.low)) * (self.high - self.low)
        self.strategy = self.cma.CMAEvolutionStrategy(start, 0.25, options)
        self.population = self.strategy.popsize

    def generation(self):
        if self.strategy.stop():
            self.population *= 2
            self.begin()
        return self.strategy.ask()

    def learn(self, members, losses, trials):
        self.strategy.tell(members, losses)

    def decoded(self, x):
        places = {variable.name: i for i, variable in enumerate(self.space.variables)}

        def value(v):
            coordinate, n = float(x[places[v.name]]), self.levels[places[v.name]]
            if n is None:
                share = min(max(coordinate, 0.0), 1.0)
                if v.kind == "log":
                    return math.exp(math.log(v.low) + share * (math.log(v.high) - math.log(v.low)))
                return v.low + share * (v.high - v.low)
            level = min(max(round(coordinate), 0), n - 1)
            if v.kind == "bool":
                return level == 1
            return v.low + level if v.kind == "integer" else v.values[level]

        return self.space.design(value)


class Pymoo(Generations):
    name = "pymoo MixedVariableGA"

    def __init__(self, start, space):
        import pymoo
        from pymoo.core.evaluator import Evaluator
        from pymoo.core.mixed import MixedVariableGA
        from pymoo.core.problem import Problem
        from pymoo.core.termination import NoTermination
        from pymoo.core.variable import Binary, Choice, Integer, Real
        from pymoo.problems.static import StaticProblem

        super().__init__(space)
        self.version = pymoo.__version__
        kinds = {
            "bool": lambda v: Binary(),
            "choice": lambda v: Choice(options=v.values),
            "integer": lambda v: Integer(bounds=(v.low, v.high)),
            "listed": lambda v: Integer(bounds=(0, len(v.values) - 1)),
            "real": lambda v: Real(bounds=(v.low, v.high)),
            "log": lambda v: Real(bounds=(math.log(v.low), math.log(v.high))),
        }
        variables = {v.name: kinds[v.kind](v) for v in space.variables}
        self.problem = Problem(vars=variables, n_obj=1, n_ieq_constr=1)
        self.static, self.evaluator = StaticProblem, Evaluator()
        self.algorithm = MixedVariableGA()
        self.algorithm.setup(self.problem, termination=NoTermination(), seed=start["seed"] % 2**32, verbose=False)

    def generation(self):
        self.infills = self.algorithm.ask()
        return [] if self.infills is None else [individual.X for individual in self.infills]

    def learn(self, members, losses, trials):
        import numpy

        values = numpy.array(losses, dtype=float).reshape(-1, 1)
        violated = numpy.array([[-1.0 if trial["feasible"] else 1.0] for trial in trials])
        self.evaluator.eval(self.static(self.problem, F=values, G=violated), self.infills)
        self.algorithm.tell(infills=self.infills)

    def decoded(self, x):
        def value(v):
            if v.kind == "listed":
                return v.values[int(x[v.name])]
            return math.exp(x[v.name]) if v.kind == "log" else x[v.name]

        return self.space.design(value)


class Nevergrad:
    name = "nevergrad NGOpt"

    def __init__(self, start, space):
        import nevergrad as ng
        import numpy

        numpy.random.seed(start["seed"] % 2**32)
        kinds = {
            "bool": lambda v: ng.p.Choice([False, True], deterministic=True),
            "choice": lambda v: ng.p.Choice(v.values, deterministic=True),
            "integer": lambda v: ng.p.Scalar(lower=v.low, upper=v.high).set_integer_casting(),
            "listed": lambda v: ng.p.TransitionChoice(v.values),
            "real": lambda v: ng.p.Scalar(lower=v.low, upper=v.high),
            "log": lambda v: ng.p.Log(lower=v.low, upper=v.high),
        }
        single = lambda v: v.low == v.high if v.values is None else len(v.values) == 1
        self.fixed = {v.name: v.low if v.values is None else v.values[0] for v in space.variables if v.kind != "bool" and single(v)}
        parametrization = ng.p.Dict(**{v.name: kinds[v.kind](v) for v in space.variables if v.name not in self.fixed})
        parametrization.random_state = numpy.random.RandomState(start["seed"] % 2**32)
        self.version, self.space, self.loss = ng.__version__, space, Loss()
        self.asked, self.held = deque(), []
        self.optimizer = ng.optimizers.registry["NGOpt"](
            parametrization=parametrization, budget=start["budget"], num_workers=start["batch"]
        )

    def ask(self):
        candidate = self.optimizer.ask()
        self.asked.append(candidate)
        values = {**self.fixed, **candidate.value}
        return self.space.design(lambda variable: values[variable.name])

    def tell(self, trial):
        loss, candidate = self.loss.of(trial), self.asked.popleft()
        if loss is None:
            self.held.append(candidate)
            return
        for earlier in self.held:
            self.optimizer.tell(earlier, loss)
        self.held = []
        self.optimizer.tell(candidate, loss)


PEERS = {
    "optuna-tpe": lambda start, space: Optuna(start, space, "tpe"),
    "optuna-gp": lambda start, space: Optuna(start, space, "gp"),
    "optuna-cmaes": lambda start, space: Optuna(start, space, "cmaes"),
    "pycma": Pycma,
    "pymoo-ga": Pymoo,
    "nevergrad-ngopt": Nevergrad,
}


# ---------------------------------------------------------------------------------------------------------------------


def plain(value):
    """NumPy's numbers as JSON knows them."""
    return value.item()


def answers(build, lines):
    """The answer to each line."""
    peer = None
    for line in lines:
        ((kind, message),) = json.loads(line).items()
        if kind == "start":
            if message["protocol"] != 1:
                yield {"error": f"speaks protocol 1, not {message['protocol']}"}
                return
            random.seed(message["seed"])
            peer = build(message, Space(message["space"]))
            yield {"ready": {"name": peer.name, "version": peer.version}}
        elif kind == "ask":
            yield {"designs": [peer.ask() for _ in range(message["n"])]}
        elif kind == "tell":
            for trial in message["trials"]:
                peer.tell(trial)
            yield {"ok": True}
        elif kind == "stop":
            return


def main():
    if len(sys.argv) < 2 or sys.argv[1] not in PEERS:
        sys.exit(f"usage: peer.py NAME, one of {', '.join(PEERS)}")
    build = PEERS[sys.argv[1]]
    if "--version" in sys.argv:
        space = Space({"parameters": [{"name": name, "kind": "real", "low": 0.0, "high": 1.0} for name in "xy"]})
        peer = build({"seed": 1, "budget": 10, "batch": 1}, space)
        print(peer.name, peer.version)
        return
    # Libraries that print must not disturb the protocol.
    out, sys.stdout = sys.stdout, sys.stderr
    for answer in answers(build, sys.stdin):
        print(json.dumps(answer, default=plain), file=out, flush=True)


if __name__ == "__main__":
    main()
