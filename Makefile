# Set-up is two commands: `make demo` and `make test`. They need python3.11+, pip, git and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARTICLE := seeds/2024-09-kursk-counteroffensive.txt
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

.PHONY: demo test lint model bench format clean

demo: $(VENV)/installed  ## Install, then score and inspect the seed article.
	$(BIN)/esc score $(ARTICLE) --format table
	$(BIN)/esc inspect $(ARTICLE) --sentence 25 --format table

test: $(VENV)/installed-test  ## Run all tests, with coverage.
	$(BIN)/python -m pytest --cov --cov-report=term --cov-fail-under=90

lint: $(VENV)/installed-lint  ## Check style, types and the direction of imports.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/installed-lint
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

model: $(VENV)/installed  ## Fetch the referenced sentences and train the shipped model again.
	$(BIN)/esc corpus fetch $(if $(MIRROR),--mirror $(MIRROR))
	$(BIN)/esc train --strict --output models/default
	$(BIN)/python benchmarks/field.py --card

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) install -c constraints.txt -e .
	touch $@

$(VENV)/installed-test: $(VENV)/installed
	$(PIP) install -c constraints.txt -e '.[test]'
	touch $@

$(VENV)/installed-lint: $(VENV)/installed
	$(PIP) install -c constraints.txt -e '.[lint]'
	touch $@

bench: $(VENV)/installed  ## Measure what each kind of sentence adds, and the experiments (hours).
	$(BIN)/python benchmarks/composition.py
	$(BIN)/python benchmarks/experiments.py

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage*
