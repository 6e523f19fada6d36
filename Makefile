# Two commands are enough: `make demo` and `make test`. Both set up everything they need.

VENV ?= .venv
PYTHON ?= python3
# Where to get a CPU build of torch: the index that pytorch.org's install page shows for "CPU".
# Without it pip takes what it finds, which on Linux may be the large CUDA build.
TORCH_INDEX ?=
TORCH ?= torch==2.13.0

SHELL := /bin/bash -o pipefail
BIN := $(VENV)/bin
GRADER := $(BIN)/grader
GRADES := $(VENV)/.grades# what grading needs is there
READY := $(VENV)/.ready# and what the tests need
CORES := $(shell nproc)
# One more than there are cores: a tenth of the tests' time is spent in waiting for limits.
PYTEST = $(BIN)/python -m pytest -n $(shell echo $$(($(CORES) < 8 ? $(CORES) + 1 : 8)))
# Several hundred processes import our code, and each would compile it.
unexport PYTHONDONTWRITEBYTECODE
# Where every core is busy, two threads of torch wait for each other: 60 times as long.
export OMP_NUM_THREADS := 1
PIP = $(BIN)/pip --disable-pip-version-check install
# What pip says, in a line that is written over; all of it where pip fails.
IN_ONE_LINE = 2>&1 | tee $(VENV)/pip.log | { while read -r line; do printf '\r\033[K%.78s' "$$line"; done; echo; } \
    || { cat $(VENV)/pip.log; exit 1; }

.PHONY: demo test whole exploits fuzz lint languages build build-check bench scale picture reference site kills verify proofs versions doctor image image-verify ci-full lock clean

demo: DEMO = $(or $(ASSIGNMENT),attention)
demo: $(GRADES)  ## Grade the sample class for real, and say where the report is. Or ASSIGNMENT=rnn.
	$(BIN)/python -m tests.classroom $(DEMO) build/class/$(DEMO) > /dev/null
	$(GRADER) grade build/class/$(DEMO) -a $(DEMO) -o build/demo/$(DEMO) || [ $$? -eq 3 ]  # some files are no notebooks
	@echo
	@$(BIN)/python -m tests.classroom $(DEMO) build/class/$(DEMO) build/demo/$(DEMO)
	@echo "The class report:  build/demo/$(DEMO)/report.html      (open it in a browser)"
	@echo "A student's page:  build/demo/$(DEMO)/<id>/feedback.html"

test: $(READY)  ## Lint, notebooks up to date, all tests, and of what `whole` and `exploits` prove a sample.
	$(MAKE) lint build-check
	$(PYTEST) -m "not whole" --dist loadscope

whole: $(READY)  ## The real otter-grader, nbgrader, dask and kernels, naive graders, kills, the tutorial.
	$(PYTEST) -m whole --dist loadfile $(FILES) $(if $(ONLY),-k '$(ONLY)')

exploits: $(READY)  ## Attack the sandbox in every mode that this machine can enact; prints a table.
	$(BIN)/python -m tests.exploits

fuzz: $(READY)  ## 100,000 frames, 2,000 replies and 20,000 notebooks: nothing is thrown; 2,000 slices.
	$(BIN)/python -m tests.fuzz
	$(BIN)/python -m tests.slices

lint: $(READY)
	$(BIN)/hadolint docker/Dockerfile
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

build: $(READY)  ## Make the students' notebooks from the solutions.
	$(GRADER) build

build-check: $(READY)
	$(GRADER) build --check

bench: $(READY)  ## Measure speed and memory, beside otter-grader's and nbgrader's; a quarter of an hour.
	$(BIN)/python benchmarks/throughput.py
	$(BIN)/python benchmarks/peers.py

CATALOGUES = $(wildcard grader/languages/*.po)

languages: $(READY)  ## Bring catalogues of languages up to date with the code, and compile them.
	@mkdir -p build
	@$(BIN)/pybabel -q extract -F pyproject.toml -k Message -k counted:1,2 -k Saying -k NewerSyntax \
	    -k AbsentStar --add-location=file --sort-by-file -o build/grader.pot grader \
	    2> >(grep -v 'Skipping f-string' >&2)  # it takes values of a message for messages
	@for po in $(CATALOGUES); do \
	    $(BIN)/pybabel -q update -l $$(basename $$po .po) -i build/grader.pot -o $$po -w 100 \
	        --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date; \
	    $(BIN)/pybabel -q compile -l $$(basename $$po .po) -i $$po -o $${po%.po}.mo; \
	done

picture: $(READY)  ## Draw docs/*.png and docs/pictures/ anew, from samples graded for it; needs Chromium.
	$(BIN)/python tests/portrait.py docs/feedback.png docs/view.png
	$(BIN)/python tests/walk.py docs/pictures

reference: $(READY)  ## Write docs/reference.md from the docstrings of what authors import.
	$(BIN)/python -m docs.reference

site: $(READY)  ## Build the documentation's site into build/site, and go through all of its links.
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet
	$(BIN)/python -m docs.site.links build/site

scale: $(READY)  ## A class of 10,000: memory, disk, time; prints the figures of docs/scale.md.
	$(BIN)/python benchmarks/scale.py

kills: $(READY)  ## End a process that writes into a store 500 times: is anything acknowledged lost?
	$(BIN)/python tests/kills.py 500

verify: $(READY)  ## Test the tests: the kill matrix is build/verify/verify.html. Or ASSIGNMENT=attention.
	$(GRADER) verify $(ASSIGNMENT) -o build/verify/$(ASSIGNMENT)

proofs: $(READY)  ## Of exploits, whole, verify, demo and images, what has changed since it succeeded.
	$(BIN)/python -m tests.proofs

versions: $(READY)  ## Which Pythons and versions of torch work: writes docs/versions.md.
	TORCH_INDEX=$(TORCH_INDEX) $(BIN)/python -m tests.versions $(patsubst torch==%,%,$(TORCH)) $(PYTHONS)

doctor: $(READY)
	$(GRADER) doctor

image:  ## Build the images for graders and for students; docs/docker.md says how to run them.
	docker build --target grader --tag torch-grader --file docker/Dockerfile .
	docker build --target student --tag torch-grader-student --file docker/Dockerfile .

image-verify:  ## As root on Debian: build all images with a daemon of its own, attack and scan them.
	$(PYTHON) docker/verify

ci-full:  ## CI without leaving anything out; installs system packages, so it needs root.
	CI_FULL=1 .ci/run

lock: $(READY)  ## Renew the exact versions that images and exports install.
	echo torch==2.13.0+cpu | $(BIN)/uv pip compile pyproject.toml - --torch-backend cpu --upgrade \
	    --python-version 3.11.2 --no-emit-package torch --generate-hashes \
	    --custom-compile-command 'make lock' --output-file grader/requirements.lock

$(READY): $(GRADES)
	@$(PIP) --editable '.[dev]' $(IN_ONE_LINE)
	@touch $@

$(GRADES): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	@$(PIP) $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) "$(TORCH)" $(IN_ONE_LINE)
	@$(PIP) --editable . $(IN_ONE_LINE)
	@touch $@

clean:
	rm -rf build $(VENV)
