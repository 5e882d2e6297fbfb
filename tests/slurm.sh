#!/usr/bin/env bash
# The job script of `sweepstake sweep … --slurm N` against a real Slurm: controller and node on this machine.
#
#   apt-get install -y --no-install-recommends slurm-wlm munge
#   cargo build --release && bash tests/slurm.sh
#
# Runs as root on demand, since it starts the daemons of Slurm; everything it starts and writes is gone at the end. Takes
# about seven minutes: Slurm lets a part that is put back wait for two. Three checks: the array and its merge give the bytes
# of one machine; so do parts that are put back into the queue in the middle; and a part that reaches its time limit puts
# itself back.
set -euo pipefail
cd "$(dirname "$0")/.."
sweepstake=${1:-$PWD/${CARGO_TARGET_DIR:-target}/release/sweepstake}
[[ ${CARGO_TARGET_DIR:-} == /* ]] && sweepstake=${1:-$CARGO_TARGET_DIR/release/sweepstake}

for tool in slurmctld slurmd sbatch munged; do
  command -v "$tool" > /dev/null || { echo "skipped: no $tool (Debian: slurm-wlm and munge)"; exit 0; }
done
[[ $EUID == 0 ]] || { echo "skipped: starting Slurm's daemons takes root"; exit 0; }
[[ -x $sweepstake ]] || { echo "build first: no $sweepstake" >&2; exit 1; }

work=$(mktemp -d -t sweepstake-slurm.XXXXXX)
chmod 755 "$work"
daemons=()
end() {
  local status=$?
  ((status == 0)) || tail -n 30 "$work"/*.log 2> /dev/null || true
  scancel --user=root 2> /dev/null || true
  for daemon in "${daemons[@]}"; do kill "$daemon" 2> /dev/null || true; done
  for daemon in "${daemons[@]}"; do wait "$daemon" 2> /dev/null || true; done
  rm -rf "$work"
  exit "$status"
}
trap end EXIT

# A cluster of one node, with a key and ports of its own.
mkdir -p "$work"/{state,spool,munge}
dd if=/dev/urandom of="$work/munge/key" bs=128 count=1 status=none
chmod 600 "$work/munge/key"
munged --foreground --force --socket="$work/munge/socket" --key-file="$work/munge/key" --log-file="$work/munge.log" \
  --pid-file="$work/munge/pid" --seed-file="$work/munge/seed" &> "$work/munged.log" &
daemons+=($!)
cat > "$work/slurm.conf" <<EOF
ClusterName=one
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge/socket
CredType=cred/munge
SlurmctldPort=36817
SlurmdPort=36818
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
MailProg=/bin/true
# More processors and memory than this machine may have: the jobs are small.
SlurmdParameters=config_overrides
ReturnToService=2
SchedulerType=sched/builtin
SchedulerParameters=batch_sched_delay=1,sched_interval=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MinJobAge=600
KillWait=5
NodeName=$(hostname -s) NodeAddr=127.0.0.1 CPUs=8 RealMemory=32000 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
EOF
export SLURM_CONF=$work/slurm.conf
for _ in {1..50}; do [[ -S $work/munge/socket ]] && break; sleep 0.1; done
slurmctld -D -f "$SLURM_CONF" &> "$work/slurmctld.log" &
daemons+=($!)
slurmd -D -f "$SLURM_CONF" -N "$(hostname -s)" &> "$work/slurmd.log" &
daemons+=($!)
for _ in {1..60}; do
  [[ $(sinfo --noheader --format=%T 2> /dev/null) == idle ]] && break
  sleep 0.5
done
sinfo --noheader --format=%T | grep -qx idle || { echo "the node does not come up" >&2; exit 1; }
echo "Slurm $(sinfo --version | cut -d' ' -f2) is up, one node"

# A sweep long enough to be interrupted.
cd "$work"
study() {
  cat > "$1.yaml" <<EOF
name: Slurm
envs:
  - {env: Landscape-v0, workloads: [sphere, mixed, constrained]}
agents:
  - random-walker
  - {agent: genetic, tickets: 2}
seeds: 4
budget: $2
EOF
}
# All that a sweep promises to reproduce: samples, and runs without their clock.
content() {
  awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "wall_s") clock = i } { $clock = ""; print }' "$1/runs.csv"
  cat "$1"/samples/*.csv
}
same() { cmp <(content "$1") <(content "$2") || { echo "$2 is not the sweep of one machine" >&2; exit 1; }; }
# Waits until no job is left; `seconds` at most.
all_done() {
  local seconds=$1
  for ((i = 0; i < seconds * 2; i++)); do
    [[ -z $(squeue --noheader) ]] && return
    sleep 0.5
  done
  squeue
  echo "jobs are still there after $seconds s" >&2
  exit 1
}
submit() {
  "$sweepstake" sweep "$1.yaml" --jobs 1 --slurm "$2" > "$1.sh"
  SWEEPSTAKE=$sweepstake bash "$1.sh"
}

study quick 300
"$sweepstake" --quiet sweep quick.yaml --out whole-quick
submit quick 3
all_done 120
same whole-quick out/quick
echo "ok: array and merge"

study long 120000
"$sweepstake" --quiet sweep long.yaml --out whole-long
submit long 2
job=$(squeue --noheader --format=%F --name=sweepstake-long | head -n 1)
for _ in {1..100}; do [[ -d out/long-parts/1/.work && -d out/long-parts/2/.work ]] && break; sleep 0.1; done
sleep 1
scontrol requeue "${job}_1"
scontrol requeue "${job}_2"
restarts=$(scontrol show job "${job}_1" | grep -o 'Restarts=[0-9]*')
[[ $restarts == Restarts=1 ]] || { echo "not requeued: $restarts" >&2; exit 1; }
sleep 1
"$sweepstake" watch out/long-parts/*
all_done 400
same whole-long out/long
echo "ok: parts put back into the queue"

# The signal that comes before the time limit, sent by hand: Slurm's limits are whole minutes.
rm -rf out/long out/long-parts
submit long 2
job=$(squeue --noheader --format=%F --name=sweepstake-long | head -n 1)
for _ in {1..100}; do [[ -d out/long-parts/1/.work ]] && break; sleep 0.1; done
sleep 1
scancel --batch --signal=USR1 "${job}_1"
for _ in {1..100}; do
  restarts=$(scontrol show job "${job}_1" | grep -o 'Restarts=[0-9]*')
  [[ $restarts == Restarts=1 ]] && break
  sleep 0.2
done
[[ $restarts == Restarts=1 ]] || { echo "the part did not put itself back: $restarts" >&2; cat ./*.log; exit 1; }
all_done 400
same whole-long out/long
echo "ok: a part at its time limit puts itself back"
