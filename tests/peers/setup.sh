#!/usr/bin/env bash
# Installs the public optimisers into a virtual environment outside the repository:
#   tests/peers/setup.sh PATH
# Sweeps then call them as `PATH/bin/python tests/peers/peer.py NAME`.
set -euo pipefail
venv=${1:?usage: tests/peers/setup.sh PATH}
here=$(cd "$(dirname "$0")" && pwd)
python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --upgrade pip
if ! "$venv/bin/pip" install --quiet -r "$here/requirements.txt"; then
    echo "torch cannot be had here: optuna-gp will not work" >&2
    grep -v '^torch' "$here/requirements.txt" | "$venv/bin/pip" install --quiet -r /dev/stdin
fi
for name in optuna-cmaes optuna-gp optuna-tpe nevergrad-ngopt pycma pymoo-ga; do
    "$venv/bin/python" "$here/peer.py" "$name" --version || echo "$name does not work here" >&2
done
