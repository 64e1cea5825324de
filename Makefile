# Two commands on a fresh machine: `make run` and `make test`.
PYTHON ?= python3
PORT ?= 3000
BIN := .venv/bin
INSTALLED := .venv/installed
BROWSER := .venv/browser

.PHONY: run test browser ui wheel lint bench clean

run: $(INSTALLED)
	$(BIN)/recdag run

test: $(INSTALLED)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --maxprocesses 8 --dist worksteal

browser: $(BROWSER)
	RECDAG_BROWSER_TESTS=required $(BIN)/python -m pytest recdag_tests/ui

ui: $(INSTALLED)
	$(BIN)/recdag ui --port $(PORT)

wheel: $(INSTALLED)
	rm -rf dist
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .

lint: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(INSTALLED)
	$(BIN)/python benchmarks/fbgd.py

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("recdag needs Python 3.11 or newer") if sys.version_info < (3, 11) else None'
	@echo 'Installing what recdag needs into .venv: 2.2 GB, in about two minutes.'
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

$(BROWSER): $(INSTALLED)
	@echo 'Installing playwright, and Chromium where there is none.'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[browser]'
	@command -v chromium || command -v google-chrome \
		|| { apt-get update --quiet=2 && apt-get install --quiet=2 --yes chromium; } \
		|| $(BIN)/playwright install chromium
	@touch $@

clean:
	rm -rf .venv dist data/dagster_home data/warehouse data/reports data/pictures data/recdag.duckdb models/trained
