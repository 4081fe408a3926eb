# Every target does the set-up that is missing, and nothing when nothing is: see setup.sh.
PYTHON_HERE := .venv/bin/python
SECONDS := 3600
MOMENTS := 100
OTHER_SHAPES := 9:16 1:1 4:3
FILM := renders/videos/relu_fold/480p15/ReluFold

.DEFAULT_GOAL := help
.PHONY: help setup browser demo test check fuzz faults docs gallery lint types lock clean

help:  ## Show this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 15

setup:  ## Install what is missing: system packages (it says so first) and .venv
	@sh setup.sh

browser: setup  ## Install Chromium and Playwright, with which pages are tested (Debian and Ubuntu)
	command -v chromium || apt-get install -y chromium
	$(PYTHON_HERE) -m pip install --quiet --constraint constraints.txt --editable '.[browser]'

demo: setup  ## Train the network and render the film relu_fold at 480p
	$(PYTHON_HERE) -m manim render -ql scenes/relu_fold.py
	@$(PYTHON_HERE) -c 'import av, sys; print(f"\nThe film, {av.open(sys.argv[1]).duration / 1e6:.0f} seconds, and its captions:")' $(FILM).mp4
	@du -h $(FILM).mp4 $(FILM).srt

# A process for each core, with one thread: those of several processes would only wait for each other.
test: setup  ## Run all tests
	OMP_NUM_THREADS=1 LP_NUM_THREADS=0 $(PYTHON_HERE) -m pytest -n auto --dist loadgroup

check: setup  ## Hold every film to its promise, with ten other seeds, and in every shape
	OMP_NUM_THREADS=1 LP_NUM_THREADS=0 $(PYTHON_HERE) -m nn_unfold check --all --seeds 10
	for shape in $(OTHER_SHAPES); do \
		OMP_NUM_THREADS=1 LP_NUM_THREADS=0 $(PYTHON_HERE) -m nn_unfold check --all --shape $$shape || exit 1; done

fuzz: setup  ## Give nn_core odd calls and damaged files for an hour (SECONDS=3600)
	UNFOLD_FUZZ_SECONDS=$(SECONDS) OMP_NUM_THREADS=1 LP_NUM_THREADS=0 $(PYTHON_HERE) -m pytest tests/fuzz -n auto

faults: setup  ## Kill renders at a hundred moments of each kind, damage caches, fill disks (two hours; MOMENTS=100)
	UNFOLD_FAULTS=$(MOMENTS) OMP_NUM_THREADS=1 LP_NUM_THREADS=0 $(PYTHON_HERE) -m pytest tests/faults

docs: setup  ## Build the handbook in docs/_build/html: pictures that are there already are kept
	$(PYTHON_HERE) docs/build.py
	$(PYTHON_HERE) -m sphinx --fail-on-warning --keep-going -q docs docs/_build/html

gallery: setup  ## The handbook, with a page for each film that turns: the first time this takes half an hour
	$(PYTHON_HERE) docs/build.py --pages
	$(PYTHON_HERE) -m sphinx --fail-on-warning --keep-going -q docs docs/_build/html

lint: setup  ## Check style and form of the code (ruff)
	$(PYTHON_HERE) -m ruff check
	$(PYTHON_HERE) -m ruff format --check

types: setup  ## Check the types of nn_core and nn_unfold (mypy)
	$(PYTHON_HERE) -m mypy

lock: setup  ## Write requirements.lock from pyproject.toml and constraints.txt (uv)
	$(PYTHON_HERE) -m pip install --quiet uv
	sed '/^[^#]/,$$d' requirements.lock > requirements.lock.new
	$(PYTHON_HERE) -m uv pip compile pyproject.toml --extra dev --extra browser --extra voice --constraint constraints.txt --universal --no-strip-extras \
		--python-version 3.11 --generate-hashes --no-header --quiet >> requirements.lock.new
	mv requirements.lock.new requirements.lock

clean:  ## Remove caches and build output; the films and .venv stay
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage build dist
	find nn_core nn_unfold scenes tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
	find tests -name failed -type d -prune -exec rm -rf {} +
