# `just` lists these commands.

_default:
    @just --list

# the tests for every day, under a minute: no slow tests, few examples
test *args:
    python -m pytest -q --quick -n auto {{args}}

# all tests, as CI runs them
test-all *args:
    CI=true python -m pytest -q -n auto {{args}}

# linters and types
lint:
    ruff check .
    ruff format --check .
    mypy

# format the code and correct what the linter can
fmt:
    ruff check --fix .
    ruff format .

# rewrite the generated pages and golden texts; read the diff before you keep it
golden:
    ARCHCALC_GOLDEN=1 python -m pytest -q tests/language tests/test_docs.py
    git diff --stat

# rewrite the index that `list` reads: after a change of a spec or a formula
index:
    python -m archcalc.studies.index
    git diff --stat

# benchmarks: ratios within one run
bench:
    python benchmarks/startup.py
    python benchmarks/layers.py
    python benchmarks/terminal.py
    python benchmarks/sweep.py
    python benchmarks/torch_modules.py

# measure again what docs/performance.md says, on a quiet machine; peers that are not installed are left out
performance:
    python benchmarks/targets.py --write
    python benchmarks/peers.py --write

# the whole gate, in a fresh environment
ci:
    .ci/run
