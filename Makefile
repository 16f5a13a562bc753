# `make demo` and `make test` set up all they need; nothing has to be installed before but
# Python 3.11 or later, git and make.

VENV   := .venv
PYTHON := $(VENV)/bin/python
PIP    := $(PYTHON) -m pip --quiet --disable-pip-version-check

APT := chromium poppler-utils texlive-latex-recommended texlive-pictures lmodern
APT_INSTALL := apt-get install --no-install-recommends $(APT)

.PHONY: demo test lint bench mutation clean test-tools
.DELETE_ON_ERROR:

demo: $(VENV)/.demo
	@$(PYTHON) -m symderiv demo

test: $(VENV)/.test test-tools
	@$(PYTHON) -m pytest -n 2 --dist loadgroup

lint: $(VENV)/.lint
	@$(PYTHON) -m ruff check
	@$(PYTHON) -m ruff format --check
	@$(PYTHON) -m mypy

bench: $(VENV)/.bench
	@$(PYTHON) bench/derivation.py
	@$(PYTHON) bench/verify.py

# every slip takes about 5 minutes; PART=ci is the part that CI takes
mutation: $(VENV)/.test
	@$(PYTHON) tools/mutation.py $(if $(PART),--part $(PART))

clean:
	@rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The virtual environment, filled with what a command needs when pyproject.toml has changed.

$(VENV)/.demo: EXTRAS :=
$(VENV)/.test: EXTRAS := [test]
$(VENV)/.lint: EXTRAS := [test,lint]
$(VENV)/.bench: EXTRAS := [bench]
$(VENV)/.demo $(VENV)/.test $(VENV)/.lint $(VENV)/.bench: pyproject.toml | $(PYTHON)
	@echo "setting up $(VENV) for make $(subst .,,$(notdir $@)) (once) ..."
	@$(PIP) install --editable '.$(EXTRAS)'
	@touch $@

$(PYTHON):
	@for python in python3 python3.12 python3.13 python3.11 python3.14 python; do \
	  $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || continue; \
	  found=$$python; \
	  $$python -c 'import ensurepip, venv' >/dev/null 2>&1 || continue; \
	  exec $$python -m venv --clear $(VENV); \
	done; \
	if [ "$$found" ]; then \
	  echo "$$found lacks its venv module. On Debian or Ubuntu install it with" >&2; \
	  echo "    sudo apt-get install $$found-venv" >&2; \
	else \
	  echo "symderiv needs Python 3.11 or later; found: $$(python3 --version 2>/dev/null || echo none)" >&2; \
	fi; \
	exit 1

# TeX Live and Chromium, for the tests that compile the slides and open them in a browser.

test-tools:
	@for tool in chromium pdftotext pdflatex kpsewhich; do \
	  command -v $$tool >/dev/null || missing=yes; \
	done; \
	for file in beamer.cls tikz.sty lmodern.sty; do \
	  kpsewhich $$file >/dev/null 2>&1 || missing=yes; \
	done; \
	[ "$$missing" ] || exit 0; \
	as=; [ "$$(id -u)" = 0 ] || as="sudo --non-interactive"; \
	if command -v apt-get >/dev/null && { [ -z "$$as" ] || [ "$$CI" ]; }; then \
	  echo "installing TeX Live and Chromium for the tests (once) ..."; \
	  log=$$(mktemp); \
	  { $$as apt-get update && $$as env DEBIAN_FRONTEND=noninteractive $(APT_INSTALL) -y; } \
	    >$$log 2>&1 || { cat $$log >&2; exit 1; }; \
	else \
	  echo "Tests that need TeX Live or Chromium are left out, named below. To run them too:"; \
	  echo "    sudo $(APT_INSTALL)"; \
	fi
