"""Writes normalize.json: what gymnasium's normalising wrappers make of recorded observations and rewards.

    pip install gymnasium==1.4.0 numpy && python normalize.py > normalize.json
"""

import json

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from gymnasium.wrappers import NormalizeObservation, NormalizeReward

LENGTHS = [5, 1, 7, 3]  # steps of each episode; every second one is truncated


class Tape(gym.Env):
    """Plays back recorded observations and rewards."""

    def __init__(self, dtype, observations, rewards):
        self.observation_space = spaces.Box(-1e6, 1e6, (3,), dtype)
        self.action_space = spaces.Discrete(2)
        self.observations = iter(np.asarray(observations, dtype))
        self.rewards = iter(rewards)
        self.episode = -1

    def reset(self, *, seed=None, options=None):
        self.episode += 1
        self.left = LENGTHS[self.episode]
        return next(self.observations), {}

    def step(self, action):
        self.left -= 1
        end = self.left == 0
        even = self.episode % 2 == 0
        return next(self.observations), next(self.rewards), end and even, end and not even, {}


def play(env):
    observations, rewards = [], []
    for length in LENGTHS:
        observations.append(env.reset()[0].tolist())
        for _ in range(length):
            observation, reward, *_ = env.step(0)
            observations.append(observation.tolist())
            rewards.append(float(reward))
    return observations, rewards


def case(dtype):
    rng = np.random.default_rng(17)
    observations = rng.normal([0, 100, -3], [1, 30, 1e-3], (sum(LENGTHS) + len(LENGTHS), 3)).astype(dtype)
    rewards = rng.normal(2, 5, sum(LENGTHS)).tolist()
    tape = lambda: Tape(dtype, observations, rewards)
    normal = NormalizeObservation(tape())
    seen, _ = play(normal)
    return {
        "dtype": np.dtype(dtype).name,
        "observations": observations.tolist(),
        "rewards": rewards,
        "normal_observations": seen,
        "mean": normal.obs_rms.mean.tolist(),
        "variance": normal.obs_rms.var.tolist(),
        "normal_rewards": play(NormalizeReward(tape(), gamma=0.9))[1],
    }


print(
    json.dumps(
        {
            "gymnasium": gym.__version__,
            "numpy": np.__version__,
            "lengths": LENGTHS,
            "cases": [case(np.float32), case(np.float64)],
        },
        indent=1,
    )
)
