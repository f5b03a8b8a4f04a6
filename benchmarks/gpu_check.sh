#!/usr/bin/env bash
# Check and time zoo on a GPU: one command, at most eight minutes, nothing to download.
#
#   benchmarks/gpu_check.sh --collect WHEELS      (beforehand, where pip has a registry)
#   benchmarks/gpu_check.sh TREEBANK RESULTS [WHEELS]
#
# TREEBANK is a .conllu or .conllu.gz file, such as the training part of UD English EWT.
# RESULTS is a new folder: one file a step, written while it runs, and summary.txt, which
# gets a line when a step ends. Steps have time limits of their own, and one that fails
# or is stopped leaves the others to run; the exit code is then 1.
# WHEELS holds what the machine lacks, the packages of benchmarks/gpu_wheels.txt; they
# are installed into a temporary folder. Without it, everything must be installed.
# --collect downloads them for Python 3.12 on Linux, x86-64; PYTHON_VERSION names another.
#
# Without a GPU it is a rehearsal: the same steps on the CPU, with small inputs. It finds
# errors of the programs, and its figures mean nothing. ZOO_GPU_CHECK_SLOW=N multiplies
# the limits, for a machine that is slow or busy.
set -uo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
usage() { sed -n '4,5s/^# *//p' "$0" >&2; exit 2; }

collect() {
    platforms=()
    for tag in manylinux_2_28 manylinux_2_27 manylinux_2_24 manylinux_2_17 manylinux2014 \
        manylinux_2_5 manylinux1; do
        platforms+=(--platform "${tag}_x86_64")
    done
    python3 -m pip download --no-deps --only-binary=:all: --implementation cp \
        --python-version "${PYTHON_VERSION:-3.12}" "${platforms[@]}" \
        --dest "$1" --requirement "$root/benchmarks/gpu_wheels.txt" && du -sh "$1"
}

if [ "${1:-}" = --collect ]; then
    [ $# -eq 2 ] || usage
    collect "$2"
    exit
fi
if [ $# -lt 2 ] || [ $# -gt 3 ]; then usage; fi
[ -f "$1" ] || { echo "gpu_check.sh: there is no file $1" >&2; exit 2; }
treebank=$(realpath "$1")
mkdir "$2" || { echo "gpu_check.sh: RESULTS must be a new folder, got $2" >&2; exit 2; }
results=$(realpath "$2")
wheels=${3:+$(realpath "$3")}
summary=$results/summary.txt
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
export TMPDIR=$temporary PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
export HF_HUB_OFFLINE=1 TRANSFORMERS_VERBOSITY=error TQDM_DISABLE=1
export HF_HUB_DISABLE_PROGRESS_BARS=1 CUPY_CACHE_DIR=$temporary/cupy
export PYTHONPATH=$temporary/site:$root
cd "$root" || exit

say() { echo "$*" | tee -a "$summary"; }
n_failed=0

# step NAME SECONDS COMMAND...: run a command under a time limit, and note how it ended.
step() {
    local name=$1 limit=$(($2 * ${ZOO_GPU_CHECK_SLOW:-1})) start=$SECONDS code how
    shift 2
    timeout --kill-after=5 "$limit" "$@" >>"$results/$name.txt" 2>&1
    code=$?
    case $code in
        0) how=passed ;;
        124 | 137) how="stopped at its limit of $limit s" ;;
        *) how="failed, exit code $code" ;;
    esac
    [ "$code" -eq 0 ] || n_failed=$((n_failed + 1))
    say "$name: $how, $((SECONDS - start)) s"
}

if [ -n "$wheels" ]; then
    step 0-install 40 python3 -m pip install --quiet --no-index --no-deps --no-compile \
        --no-cache-dir --find-links "$wheels" --target "$temporary/site" \
        --requirement benchmarks/gpu_wheels.txt
fi
if device=$(python3 -c 'import cupy; print(cupy.cuda.runtime.getDeviceProperties(0)["name"].decode())' \
    2>>"$results/0-device.txt"); then
    say "GPU: $device"
    peer=(--gpu --runs 3 --limit 12000)
    bert=(--device cuda --precision bfloat16 --limit 4000 --runs 3 --batch-size 200
        --max-batch-items 32768 --rows zoo bare)
    sizes=(minilm bert-base)
else
    say "There is no GPU: a rehearsal on the CPU, whose figures mean nothing."
    peer=(--gpu --rehearse --runs 1 --limit 240)
    bert=(--device cpu --precision bfloat16 --limit 40 --runs 1 --rows zoo bare)
    sizes=(tiny)
fi

step 1-layers 100 python3 benchmarks/gpu_steps.py layers "$treebank"
step 2-parity 60 python3 benchmarks/gpu_steps.py parity "$treebank"
step 3-train 70 python3 benchmarks/gpu_steps.py train "$treebank"
step 4-peer 90 python3 benchmarks/bench_peer.py "$treebank" "${peer[@]}"
for size in "${sizes[@]}"; do
    step "5-$size" 45 python3 benchmarks/bench_transformer.py "$treebank" "$size" "${bert[@]}"
done
step 6-transfers 20 python3 benchmarks/gpu_transfers.py "$treebank"
say "$n_failed steps did not pass."
[ "$n_failed" -eq 0 ]
