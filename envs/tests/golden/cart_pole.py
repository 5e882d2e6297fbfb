"""Writes cart_pole.json: episodes of gymnasium's CartPole-v1, alone and in vectors.

    pip install gymnasium==1.4.0 numpy && python cart_pole.py

Actions are written as a string of digits. Observations are float32; their shortest decimal form restores them.
"""

import json
from pathlib import Path

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, SyncVectorEnv

SEEDS = [0, 1, 42, 123, 2**31, 2**40 + 5]


def shortest(values):
    return [float(np.format_float_positional(v, unique=True)) for v in np.asarray(values, np.float32).ravel()]


def balance(observation):
    """Keeps the pole up for long, so that the time limit is reached."""
    x, x_dot, theta, theta_dot = (float(v) for v in observation)
    return int(theta + 0.5 * theta_dot + 0.05 * x + 0.1 * x_dot > 0)


def episode(seed, kind):
    env = gym.make("CartPole-v1", disable_env_checker=True)
    random = np.random.default_rng(seed)
    observation, _ = env.reset(seed=seed)
    states, actions, rewards = [shortest(observation)], "", []
    terminated = truncated = False
    while not (terminated or truncated):
        action = balance(observation) if kind == "balanced" else int(random.integers(2))
        observation, reward, terminated, truncated, _ = env.step(action)
        states.append(shortest(observation))
        actions += str(action)
        rewards.append(reward)
    assert all(reward == 1.0 for reward in rewards)
    # Of a long episode the first and last states and every tenth between are enough.
    kept = [i for i in range(len(states)) if i < 60 or i % 10 == 0 or i >= len(states) - 3]
    return {
        "seed": seed,
        "actions": actions,
        "kept": kept,
        "observations": [states[i] for i in kept],
        "terminated": terminated,
        "truncated": truncated,
        "state": env.unwrapped.state.tolist(),
    }


def vector(mode):
    envs = SyncVectorEnv([lambda: gym.make("CartPole-v1", max_episode_steps=20)] * 3, autoreset_mode=mode)
    random = np.random.default_rng(5)
    observations, _ = envs.reset(seed=9)
    steps = {"observations": [shortest(observations)], "actions": [], "rewards": [], "terminated": [], "truncated": []}
    for _ in range(90):
        actions = random.integers(0, 2, 3)
        observations, rewards, terminated, truncated, _ = envs.step(actions)
        steps["actions"].append("".join(str(a) for a in actions))
        if mode == AutoresetMode.DISABLED and (terminated | truncated).any():
            observations, _ = envs.reset(options={"reset_mask": terminated | truncated})
        steps["observations"].append(shortest(observations))
        steps["rewards"].append(rewards.tolist())
        steps["terminated"].append(terminated.tolist())
        steps["truncated"].append(truncated.tolist())
    return {"mode": mode.name, **steps}


golden = {
    "gymnasium": gym.__version__,
    "numpy": np.__version__,
    "episodes": [episode(seed, kind) for seed in SEEDS for kind in ("random", "balanced")],
    "vectors": [vector(mode) for mode in (AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP, AutoresetMode.DISABLED)],
}
text = json.dumps(golden)
for key in ('"episodes"', '"vectors"', '{"seed"', '{"mode"'):
    text = text.replace(f" {key}", f"\n{key}")
Path(__file__).with_suffix(".json").write_text(text + "\n")
