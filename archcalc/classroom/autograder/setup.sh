#!/usr/bin/env bash
# Gradescope runs this once, as root, when it builds the image of the assignment.
# It installs the archcalc of this archive into /autograder/venv. Nothing is installed from an index under the
# name archcalc; only the packages that it needs (constraints.txt) come from PyPI.
set -euo pipefail

root=${AUTOGRADER_ROOT:-/autograder}
uv_version=0.9.7

# archcalc needs Python 3.11. Some images have it.
python=
for candidate in python3.13 python3.12 python3.11 python3; do
  if "$candidate" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    python=$candidate
    break
  fi
done

if [ -n "$python" ]; then
  "$python" -m venv "$root/venv"
else
  # The others get a Python from uv, which needs none to run.
  if ! command -v curl >/dev/null; then
    apt-get update
    apt-get install -y --no-install-recommends curl ca-certificates
  fi
  export UV_INSTALL_DIR=$root/uv UV_PYTHON_INSTALL_DIR=$root/python UV_NO_MODIFY_PATH=1
  curl -LsSf "https://astral.sh/uv/$uv_version/install.sh" | sh
  "$root/uv/uv" venv --seed --python 3.12 "$root/venv"
fi

"$root/venv/bin/python" -m pip install --quiet --constraint "$root/source/constraints.txt" "$root"/source/*.whl
"$root/venv/bin/archcalc" --version
