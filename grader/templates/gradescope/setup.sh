#!/usr/bin/env bash
# Gradescope runs this once, as root, to make the image in which every submission is then graded.
# It ends by grading the solution: what does not give it all points fails here, not at a student's.
set -euo pipefail
source=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$source")

export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends ca-certificates python3-venv > /dev/null
python3 -m venv "$root/tools"
"$root/tools/bin/pip" install --quiet uv==0.13.8

# The Python of the lock, brought along where the system has another; in a place that the users
# under whose names submissions run can read, which root's home is not.
export UV_PYTHON_INSTALL_DIR=$root/python UV_LINK_MODE=copy UV_NO_CACHE=1 VIRTUAL_ENV=$root/venv
uv=$root/tools/bin/uv
"$uv" venv --quiet --python 3.11 "$VIRTUAL_ENV"
backend=${TORCH_BACKEND-cpu}
"$uv" pip install --quiet --no-deps ${backend:+--torch-backend "$backend"} 'torch==2.13.0+cpu'
"$uv" pip install --quiet --require-hashes --requirements "$source/grader/requirements.lock"

chmod -R go= "$source"  # solution, hidden checks and key are for root alone
install -m 755 "$source/run_autograder" "$root/run_autograder"
cd "$root"
OMP_NUM_THREADS=1 PYTHONPATH=$source "$VIRTUAL_ENV/bin/python" -m grader.exchange.gradescope.autograde --rehearse .
