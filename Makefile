# make env    the environment, once: .venv with the pinned versions
# make demo   erase one artist's style from the embedded model and show what is left
# make test   the tests
# make slow   those that take long
# make check  lint, format, types, import order
# make clean  everything that can be made again
PYTHON ?= python3.11
BIN := .venv/bin

.PHONY: env demo test slow check clean

env: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --constraint constraints.txt --editable '.[dev]'
	touch $@

demo: env
	$(BIN)/unsee demo --out out/demo --overwrite

# As many processes as there are cores, each with one thread: a small model gains nothing by two.
test: env
	OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist worksteal

# Networks of full size: one process, for the memory that they take.
slow: env
	$(BIN)/pytest -m slow

check: env
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

clean:
	rm -rf .venv out build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
