"""Makes golden.json, against which tests/statistics.rs holds src/statistics/.

    pip install -r requirements.txt && python make.py

Each section is from the public tool that it names; where there is none, from the definition, computed another way than in Rust.
"""

import json
import pathlib
import sys
import types
import warnings

import numpy as np
import optuna
import pandas as pd
import scipy.stats as st
from opda import utils as opda_utils
from opda.nonparametric import EmpiricalDistribution
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.importance._fanova._tree import _FanovaTree
from scikit_posthocs._plotting import _find_maximal_cliques
from sklearn.ensemble import RandomForestRegressor
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

# rliable's bootstrap is made of arch, which cannot be imported beside this pandas; its profiles do not need it.
arch = types.ModuleType("arch")
arch.bootstrap = types.ModuleType("arch.bootstrap")
arch.bootstrap.IIDBootstrap = arch.bootstrap.IndependentSamplesBootstrap = object
sys.modules.update({"arch": arch, "arch.bootstrap": arch.bootstrap})
from rliable import library as rly  # noqa: E402

warnings.filterwarnings("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)
rng = np.random.default_rng(20)
SUPPORT = (0.0, 1.0)


def distributions():
    """scipy.stats"""
    zs = [-6.0, -1.3, 0.0, 0.7, 2.5, 8.0]
    ps = [1e-6, 0.025, 0.3, 0.5, 0.9, 0.975, 0.999]
    chi = [(0.3, 1), (2.0, 3), (11.5, 4), (60.0, 7), (0.0, 2)]
    beta = [(1, 9, 0.025), (5, 5, 0.5), (40, 3, 0.9), (100, 157, 0.01), (1, 1, 0.7), (500, 2, 0.2)]
    return {
        "normal_survival": [(z, st.norm.sf(z)) for z in zs],
        "normal_quantile": [(p, st.norm.ppf(p)) for p in ps],
        "chi_squared_survival": [(x, df, st.chi2.sf(x, df)) for x, df in chi],
        "beta_quantile": [(a, b, p, st.beta.ppf(p, a, b)) for a, b, p in beta],
        "beta_cdf": [(a, b, x, st.beta.cdf(x, a, b)) for a, b, x in beta],
    }


def wilson():
    """statsmodels.stats.proportion.proportion_confint"""
    cases = [(0, 10, 0.95), (10, 10, 0.95), (3, 17, 0.95), (61, 124, 0.9), (1, 1, 0.99)]
    return [(k, n, c, *map(float, proportion_confint(k, n, 1 - c, method="wilson"))) for k, n, c in cases]


def friedman():
    """scipy.stats.friedmanchisquare and rankdata; with ties"""
    out = []
    for blocks in [rng.normal(size=(7, 4)), rng.integers(0, 4, size=(12, 5)).astype(float)]:
        test = st.friedmanchisquare(*blocks.T)
        means = st.rankdata(blocks, axis=1).mean(axis=0)
        out.append({"blocks": blocks.tolist(), "statistic": test.statistic, "p": test.pvalue, "mean_ranks": means.tolist()})
    return out


def wilcoxon():
    """scipy.stats.wilcoxon, method auto"""
    cases = {
        "exact": rng.normal(0.4, 1, 6),
        "exact 30": rng.normal(0.2, 1, 30),
        "exact 50": rng.normal(0.2, 1, 50),
        "all of one sign": np.arange(1.0, 6.0),
        "ties of 12": rng.integers(-4, 6, 12).astype(float) + 0.5,
        "zeros of 12": rng.integers(-3, 5, 12).astype(float),
        "ties of 30": rng.integers(-9, 12, 30).astype(float),
        "normal 51": rng.normal(0.2, 1, 51),
        "normal 80": rng.normal(0.1, 1, 80),
    }
    return [{"name": k, "d": d.tolist(), "statistic": float(st.wilcoxon(d).statistic), "p": float(st.wilcoxon(d).pvalue)}
            for k, d in cases.items()]


def holm():
    """statsmodels.stats.multitest.multipletests"""
    cases = [[0.01, 0.04, 0.03, 0.005], [0.5, 0.5, 0.9], [0.2], rng.uniform(size=15).tolist()]
    return [(p, multipletests(p, method="holm")[1].tolist()) for p in cases]


def cliques():
    """scikit_posthocs: cliques of critical-difference diagrams; lone treatments are not drawn"""
    out = []
    for n, share in [(5, 0.5), (8, 0.6), (6, 0.0), (6, 1.0)]:
        upper = np.triu(rng.uniform(size=(n, n)) < share, 1)
        adjacency = pd.DataFrame((upper | upper.T).astype(int))
        found = sorted(sorted(map(int, c)) for c in _find_maximal_cliques(adjacency) if len(c) > 1)
        out.append({"adjacency": adjacency.values.tolist(), "cliques": found})
    return out


def profile():
    """rliable.library.score_distributions"""
    scores = np.round(rng.uniform(size=(9, 4)), 2)
    taus = np.linspace(0, 1, 21)
    return {"strata": scores.T.tolist(), "taus": taus.tolist(), "shares": rly.score_distributions(scores, taus).tolist()}


def bands():
    """opda.utils.beta_equal_tailed_interval; scipy.stats.kstwo; opda's simulation of the simultaneous coverage"""
    intervals = []
    for n, coverage in [(3, 0.9), (20, 0.99), (200, 0.999)]:
        i = np.arange(1, n + 1)
        low, high = opda_utils.beta_equal_tailed_interval(i, n + 1 - i, coverage)
        intervals.append({"n": n, "coverage": coverage, "low": low.tolist(), "high": high.tolist()})
    kolmogorov = [(n, e, float(st.kstwo(n).cdf(e))) for n, e in [(1, 0.8), (5, 0.5), (40, 0.2), (140, 0.1)]]
    simulated = []
    for n in [2, 15, 60]:
        ys = (np.arange(1, n + 1) - 0.5) / n
        low, _, high = EmpiricalDistribution.confidence_bands(
            ys, 0.95, *SUPPORT, generator=np.random.default_rng(1), method="ld_equal_tailed", n_jobs=1)
        simulated.append({"n": n, "low": low.cdf(ys).tolist(), "high": high.cdf(ys - 1e-9).tolist()})
    return {"intervals": intervals, "kolmogorov": kolmogorov, "simulated": simulated}


def tuning():
    """opda.nonparametric.EmpiricalDistribution: U-statistic, median curve, and median curve of a band of known coverage; not of an
    even number, whose median is at the mercy of opda's rounding"""
    out = []
    for m in [1, 7, 41]:
        ys = np.sort(np.round(rng.uniform(size=m), 3))
        ns = np.arange(1, m + 1)
        point = EmpiricalDistribution(ys, a=SUPPORT[0], b=SUPPORT[1])
        low, high = opda_utils.beta_equal_tailed_interval(ns, m + 1 - ns, 0.99)
        extended = np.concatenate([[SUPPORT[0]], ys, [SUPPORT[1]]])
        low_cdf = EmpiricalDistribution(extended, np.diff(np.r_[0.0, low], prepend=0.0, append=1.0), *SUPPORT)
        high_cdf = EmpiricalDistribution(extended, np.diff(np.r_[high, 1.0], prepend=0.0, append=1.0), *SUPPORT)
        out.append({
            "ys": ys.tolist(),
            "coverage": 0.99,
            "u": point.u_tuning_curve(ns).tolist(),
            "median": point.quantile_tuning_curve(ns).tolist(),
            "low": high_cdf.quantile_tuning_curve(ns).tolist(),
            "high": low_cdf.quantile_tuning_curve(ns).tolist(),
        })
    return out


def nested():
    """Expected mean squares as traces of projections, solved for the components: no formula for unbalanced cells"""
    out = []
    for sizes in [[[2, 3], [4, 1, 2]], [[3, 3], [3, 3], [3, 3]], [[5, 2, 7]], [[2], [3], [1]]]:
        groups = [[(rng.normal(i, 1) + rng.normal(size=k)).tolist() for k in cells] for i, cells in enumerate(sizes)]
        y, a, b = [], [], []
        for i, cells in enumerate(groups):
            for j, cell in enumerate(cells):
                y += cell
                a += [i] * len(cell)
                b += [(i, j)] * len(cell)
        indicator = lambda keys: np.array([[float(k == u) for u in sorted(set(keys))] for k in keys])
        one, za, zb = np.ones((len(y), 1)), indicator(a), indicator(b)
        projection = lambda z: z @ np.linalg.pinv(z)
        steps = [projection(za) - projection(one), projection(zb) - projection(za), np.eye(len(y)) - projection(zb)]
        ranks = [round(np.trace(s)) for s in steps]
        keep = [i for i in range(3) if ranks[i] > 0]
        effects = [za @ za.T, zb @ zb.T, np.eye(len(y))]
        system = np.array([[np.trace(steps[i] @ effects[j]) for j in keep] for i in keep])
        squares = np.array([np.array(y) @ steps[i] @ np.array(y) for i in keep])
        solved = np.linalg.solve(system, squares)
        components = [None, None, None]
        for i, value in zip(keep, solved):
            components[i] = (float(value), ranks[i])
        out.append({"groups": groups, "components": components})
    return out


def sensitivity():
    """By the definitions (Adkins et al. 2024), by brute force over a grid"""
    out = []
    grid = [(i, j, k) for i in range(2) for j in range(3) for k in range(2)]
    for strength in [1.0, 0.05]:
        scores = np.array([[np.cos(i + e) + strength * np.cos(2 * j * e + k) + 0.001 * k for i, j, k in grid] for e in range(4)])
        best = int(np.argmax(scores.mean(axis=0)))
        each, over = scores.max(axis=1).mean(), scores.mean(axis=0)[best]
        wanted = over + 0.95 * (each - over)
        dims = 3
        for mask in range(8):
            free = [d for d in range(3) if mask >> d & 1]
            open_ = [h for h, g in enumerate(grid) if all(g[d] == grid[best][d] for d in range(3) if d not in free)]
            if scores[:, open_].max(axis=1).mean() >= wanted:
                dims = min(dims, len(free))
        out.append({"scores": scores.tolist(), "levels": grid, "each": each, "all": over, "best": best, "dims": dims})
    return out


def ped_anova():
    """optuna.importance.PedAnovaImportanceEvaluator"""
    space = {
        "linear": FloatDistribution(-2.0, 3.0),
        "logarithmic": FloatDistribution(1e-4, 1.0, log=True),
        "whole": IntDistribution(1, 9),
        "many": IntDistribution(0, 400),
        "whole logarithmic": IntDistribution(2, 256, log=True),
        "category": CategoricalDistribution([0, 1, 2]),
    }
    out = []
    for n, share in [(60, 0.1), (25, 0.3), (200, 0.1)]:
        study = optuna.create_study(direction="maximize")
        rows, values = [], []
        for _ in range(n):
            row = {
                "linear": rng.uniform(-2, 3), "logarithmic": float(10 ** rng.uniform(-4, 0)), "whole": int(rng.integers(1, 10)),
                "many": int(rng.integers(0, 401)), "whole logarithmic": int(2 ** rng.integers(1, 9)), "category": int(rng.integers(3)),
            }
            value = -row["linear"] ** 2 - abs(np.log10(row["logarithmic"]) + 2) + (row["category"] == 1) + round(rng.normal(), 1)
            study.add_trial(optuna.trial.create_trial(params=row, distributions=space, value=value))
            rows.append(row)
            values.append(value)
        evaluator = optuna.importance.PedAnovaImportanceEvaluator(target_quantile=share)
        importance = optuna.importance.get_param_importances(study, evaluator=evaluator)
        out.append({
            "share": share,
            "columns": {name: [row[name] for row in rows] for name in space},
            "scores": values,
            "importance": {name: importance[name] for name in space},
        })
    return out


def fanova():
    """optuna.importance._fanova on the trees of sklearn's forest, which are written out"""
    space = np.array([[0.0, 1.0], [-3.0, 2.0], [0.5, 8.0]])
    x = rng.uniform(space[:, 0], space[:, 1], size=(50, 3))
    y = np.sin(4 * x[:, 0]) + 0.3 * x[:, 1] * x[:, 0] + 0.05 * x[:, 2]
    forest = RandomForestRegressor(n_estimators=5, max_depth=64, random_state=3).fit(x, y)
    trees, shares = [], []
    for estimator in forest.estimators_:
        tree = estimator.tree_
        trees.append([
            [int(tree.feature[i]), float(tree.threshold[i]), int(tree.children_left[i]), int(tree.children_right[i]),
             float(tree.value[i].reshape(-1)[0])] for i in range(tree.node_count)
        ])
        known = _FanovaTree(tree, space)
        shares.append([float(known.get_marginal_variance(np.array([f])) / known.variance) for f in range(3)])
    shares = np.array(shares)
    predicted = forest.predict(x[:3].astype(np.float32))
    return {"space": space.tolist(), "trees": trees, "mean": shares.mean(axis=0).tolist(), "sd": shares.std(axis=0).tolist(),
            "rows": x[:3].tolist(), "predicted": predicted.tolist()}


def fronts():
    """By the definitions: IGD+ point by point, attainment by counting the runs at every corner of a lattice"""
    front, reference = rng.uniform(size=(5, 3)), rng.uniform(size=(8, 3)) + 0.2
    igd = np.mean([min(np.sqrt((np.maximum(z - a, 0) ** 2).sum()) for a in front) for z in reference])
    runs = [np.round(rng.uniform(size=(rng.integers(1, 6), 2)), 2) for _ in range(8)] + [np.zeros((0, 2))]
    xs, ys = (sorted({float(p[axis]) for run in runs for p in run}) for axis in (0, 1))
    surfaces = []
    for share in [0.25, 0.5, 0.75]:
        attained = lambda x, y: sum(any(p[0] >= x and p[1] >= y for p in run) for run in runs) >= share * len(runs) - 1e-9
        corners = {(x, y) for x in xs for y in ys if attained(x, y)}
        best = [c for c in corners if not any(d != c and d[0] >= c[0] and d[1] >= c[1] for d in corners)]
        surfaces.append({"share": share, "corners": sorted(best)})
    return {"front": front.tolist(), "reference": reference.tolist(), "igd_plus": float(igd),
            "runs": [run.tolist() for run in runs], "surfaces": surfaces}


def bootstrap():
    """The 95 % percentile interval of rliable's StratifiedBootstrap, and of Owen's (2007) of crossed rows and columns, over very
    many draws of numpy; scipy.stats.trim_mean is rliable's interquartile mean"""
    strata = rng.gamma(2, size=(3, 10)) + np.arange(3)[:, None]
    draws = 50_000
    iqm = lambda drawn: st.trim_mean(drawn.reshape(draws, -1), 0.25, axis=1)
    ends = lambda values: np.percentile(values, [2.5, 97.5]).tolist()
    runs = np.stack([stratum[rng.integers(10, size=(draws, 10))] for stratum in strata], axis=1)
    tables = rng.normal(size=(2, 8, 1)) + rng.normal(size=(2, 1, 6)) + rng.normal(size=(2, 8, 6))
    rows, columns = rng.integers(8, size=(draws, 8, 1)), rng.integers(6, size=(2, draws, 1, 6))
    cells = np.stack([table[rows, drawn] for table, drawn in zip(tables, columns)], axis=1)
    return {"strata": strata.tolist(), "stratified": ends(iqm(runs)), "tables": tables.tolist(), "crossed": ends(iqm(cells))}


SECTIONS = [distributions, wilson, friedman, wilcoxon, holm, cliques, profile, bands, tuning, nested, sensitivity, ped_anova,
            fanova, fronts, bootstrap]
golden = {section.__name__: section() for section in SECTIONS}
path = pathlib.Path(__file__).with_name("golden.json")
path.write_text(json.dumps(golden, indent=None, separators=(",", ":"), default=float).replace('],"', '],\n"') + "\n")
