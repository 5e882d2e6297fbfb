#!/usr/bin/env bash
# {{title}}: {{runs}} runs in {{parts}} parts. Each part is a task of a Slurm array; another job merges them.
# Written by sweepstake {{version}}. In the folder in which the paths below hold, on storage that all nodes share:
#
#   bash THIS_FILE                            submits the parts and, behind them, the merge
#   sbatch THIS_FILE                          submits the parts only
#   bash THIS_FILE merge                      merges here and now
#   sweepstake watch {{out}}-parts/*
#                                             shows how far they are
#
# A part takes up what it finds on disk. So submit again whenever something went wrong (a cancelled job, a lost node,
# too little memory): what is finished stays, and nothing is simulated twice. A part that reaches its time limit stops
# two minutes early and puts itself back into the queue; so does Slurm with parts that are preempted or lose their node.
#
# What clusters differ in; add --partition, --account, --qos if yours asks for them:
#SBATCH --job-name={{name}}
#SBATCH --array=1-{{parts}}
#SBATCH --cpus-per-task={{jobs}}
#SBATCH --mem-per-cpu=1G
#SBATCH --time=08:00:00
#SBATCH --output=%x-%a.log
#
# What keeps the parts safe; better leave it:
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@120
set -euo pipefail

sweepstake=${SWEEPSTAKE:-{{program}}}
config={{config}}
out={{out}}
parts={{parts}}
most_restarts=100 # of a part, lest a single run that is longer than the time limit comes back for ever

[[ -r $config ]] || { echo "there is no $config below $PWD: submit from the folder that holds it" >&2; exit 2; }

# The parts, and the merge once all of them have ended.
submit() {
  local script parts_id merge_id
  script=$(realpath "$0")
  parts_id=$(sbatch --parsable "$script")
  parts_id=${parts_id%%;*} # clusters that are federated add their name
  merge_id=$(sbatch --parsable --dependency="afterany:$parts_id" --job-name={{name}}-merge --output=%x.log \
    --ntasks=1 --cpus-per-task=1 --mem-per-cpu=2G --time=02:00:00 --wrap "bash $(printf %q "$script") merge")
  echo "submitted $parts parts (job $parts_id) and the merge (job ${merge_id%%;*}) into $out"
}

merge() {
  local i all=()
  for ((i = 1; i <= parts; i++)); do all+=("$out-parts/$i"); done
  exec "$sweepstake" merge "${all[@]}" --out "$out"
}

# Ends the part so that its files are in order, and sends it back into the queue.
again() {
  kill -TERM "$child" 2>/dev/null || true
  wait "$child" || true
  if ((${SLURM_RESTART_COUNT:-0} >= most_restarts)); then
    echo "restarted $most_restarts times: is the time limit shorter than a single run?" >&2
    exit 1
  fi
  scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"
  exit 0
}

part() {
  "$sweepstake" --quiet sweep "$config" --shard "$1/$parts" --out "$out-parts/$1" \
    --jobs "${SLURM_CPUS_PER_TASK:-{{jobs}}}"{{tables}} &
  child=$!
  trap again USR1
  wait "$child"
}

case ${1-}:${SLURM_ARRAY_TASK_ID-} in
  :) submit ;;
  merge:*) merge ;;
  :*) part "$SLURM_ARRAY_TASK_ID" ;;
  *) echo "expected nothing or \`merge\`, found \`$1\`" >&2; exit 2 ;;
esac
