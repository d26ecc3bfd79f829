# One word per chore; `just` lists them.

_default:
    @just --list

# tests (docs, house and doctests included)
test *args:
    python -m pytest -q --doctest-modules archcalc tests {{args}}

# linters and types
lint:
    ruff check .
    ruff format --check .
    mypy

# bring the code into form
fmt:
    ruff check --fix .
    ruff format .

# rewrite the generated pages and golden texts, then look at the diff
golden:
    ARCHCALC_GOLDEN=1 python -m pytest -q tests/language tests/test_docs.py
    git diff --stat

# measure, as ratios within one run
bench:
    python benchmarks/startup.py
    python benchmarks/layers.py
    python benchmarks/terminal.py
    python benchmarks/sweep.py
    python benchmarks/torch_modules.py

# the whole gate, from nothing
ci:
    .ci/run
