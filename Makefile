# Set-up is two commands: `make demo` and `make test`. They need python3.11+, pip, git and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARTICLE := seeds/2024-09-kursk-counteroffensive.txt
KERNEL := hatch_build.py $(wildcard classifier/scoring/native/*)
FUZZ := 600
SANITIZERS := -fsanitize=address,undefined -fno-sanitize-recover=undefined
# The interpreter itself frees little at its end, so leaks are not looked for.
SANITIZED = LD_PRELOAD="$$(gcc -print-file-name=libasan.so) $$(gcc -print-file-name=libubsan.so)" \
	ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1 \
	PYTHONMALLOC=malloc ESC_TEST_KERNEL=$(CURDIR)/build/sanitize/_kernel.abi3.so
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

.PHONY: demo test browser sanitize lint model bench bench-speed scale format clean

demo: $(VENV)/installed  ## Install, then score and inspect the seed article.
	$(BIN)/esc score $(ARTICLE) --format table
	$(BIN)/esc inspect $(ARTICLE) --sentence 25 --format table

test: $(VENV)/installed-test  ## Run all tests, with coverage.
	$(BIN)/python -m pytest -n auto --dist loadfile --cov --cov-report=term --cov-fail-under=90
	ESC_KERNEL=0 $(BIN)/python -m pytest -n auto --dist loadfile -q tests/scoring tests/test_shipped_model.py tests/test_seed_article.py tests/cli/test_score.py tests/cli/test_inspect.py

browser:  ## Install the distribution's Chromium for the browser tests, where there is none.
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || \
	{ SUDO=$$([ $$(id -u) = 0 ] || echo sudo); $$SUDO apt-get update && $$SUDO apt-get install -y --no-install-recommends chromium; }

sanitize: $(VENV)/installed-test  ## Test and fuzz the kernel with address and behaviour sanitizers.
	$(BIN)/python hatch_build.py build/sanitize $(SANITIZERS) -O1 -g -fno-omit-frame-pointer
	$(SANITIZED) $(BIN)/python -m pytest -q -p no:cacheprovider tests/scoring/test_kernel.py tests/scoring/test_kernel_arguments.py
	$(SANITIZED) $(BIN)/python -m tests.scoring.fuzz_kernel --seconds $(FUZZ)

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

$(VENV)/installed: $(VENV)/bin/python pyproject.toml constraints.txt $(KERNEL)
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

scale: $(VENV)/installed-test  ## Measure what a million sentences cost, for docs/scale.md (minutes).
	$(BIN)/python benchmarks/bulk.py

# In an environment of its own: the peers bring a gigabyte. Debian's fasttext is taken if it is there.
bench-speed:  ## Measure speed against other scorers (a quarter of an hour; leave the machine alone).
	$(PYTHON) -m venv $(VENV)-bench
	$(VENV)-bench/bin/python -m pip --disable-pip-version-check -q install -c constraints.txt \
		-e '.[report]' -r benchmarks/requirements.txt
	$(VENV)-bench/bin/python benchmarks/speed.py

clean:
	rm -rf classifier/scoring/_kernel.*.so $(VENV) $(VENV)-bench build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage*
