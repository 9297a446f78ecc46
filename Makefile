# `make` sets everything up; `make help` says what else there is.

PYTHON ?= python3.11
LOCKS := deploy/environments
TOOLS := .venv/tools/bin
STREAM := .venv/stream/bin
BATCH := .venv/batch/bin
UV := UV_PYTHON_DOWNLOADS=never $(TOOLS)/uv
JAVA_SOURCES := $(shell find pipelines/streaming/java -name '*.java')
# Unit tests and doctests. Only the batch environment has what learns and Beam; only the stream environment has Flink.
# The rooms that both environments run are tested in both.
SHARED := tests/unit/schemas tests/unit/signals tests/unit/features tests/unit/archive tests/unit/labels \
	tests/unit/baselines tests/unit/models tests/unit/learning tests/unit/feature_repo tests/unit/training \
	tests/unit/sources/test_reading_decoder.py tests/unit/batch \
	schemas models feature_repo pipelines/signals pipelines/features pipelines/archive pipelines/labels pipelines/batch \
	pipelines/sources/reading_decoder.py pipelines/core/instants.py
BATCH_ONLY := --ignore=models/search --ignore=pipelines/training/search.py --ignore=models/explanation/shapley.py \
	--ignore-glob="*models/preprocessing/transform*" --ignore=pipelines/batch
ALL := tests/unit schemas models feature_repo pipelines --ignore=pipelines/streaming \
	--ignore=tests/unit/batch --ignore=tests/unit/learning --ignore=tests/unit/thorough $(BATCH_ONLY)
PYTEST := -m pytest -p no:cacheprovider

.DEFAULT_GOAL := setup
.DELETE_ON_ERROR:
.PHONY: help setup parts demo test test-fast test-thorough test-integration unit fast fast-stream fast-batch \
	thorough integration test-recovery endurance bench bench-check check lock clean

help:
	@echo 'make                         set up: both Python environments and the JVM parts'
	@echo 'make demo                    simulated people through the whole system; RECORDINGS=FOLDER: recorded ones'
	@echo 'make test                    all tests: test-fast, test-thorough, then test-integration'
	@echo 'make test-fast               unit tests, without servers'
	@echo 'make test-thorough           the same, those that take minutes'
	@echo 'make test-integration        tests on a real broker, cluster and store; EQM_TEST_ALL=1: of all recorded people'
	@echo 'make test-recovery           kill everything, again and again: an hour; EQM_RECOVERY_SEED, EQM_RECOVERY_KILLS'
	@echo 'make endurance               two hours of 300 users, with faults, at full speed: counts, memory, state'
	@echo 'make bench                   speed, latency and cost beside other programs; ARGS="--only NAME,... --quick"'
	@echo 'make check                   style and types'
	@echo 'make lock                    choose the newest versions that the .in files allow; ARGS=--upgrade'
	@echo 'make clean                   stop the local stack and remove all that make has made'

setup: build/.checked .venv/tools/.done
	@$(MAKE) --silent --no-print-directory -j3 parts
	@$(MAKE) --silent --no-print-directory .venv/.installed

parts: .venv/stream/.done .venv/batch/.done build/jvm/.done

build/.checked: deploy/setup/check.sh
	@deploy/setup/check.sh '$(PYTHON)'
	@mkdir -p $(@D) && touch $@

.venv/tools/.done: $(LOCKS)/tools.txt | build/.checked
	@echo 'fetching uv and ruff'
	@rm -rf .venv/tools && '$(PYTHON)' -m venv .venv/tools
	@$(TOOLS)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

.venv/%/.done: $(LOCKS)/%.txt $(LOCKS)/build.txt | .venv/tools/.done
	@echo 'fetching the $* environment'
	@test -x .venv/$*/bin/python || $(UV) venv --quiet --python '$(PYTHON)' .venv/$*
	@$(UV) pip sync --quiet --python .venv/$*/bin/python --build-constraints $(LOCKS)/build.txt $<
	@touch $@ && echo 'the $* environment is complete'

.venv/%/.tests: $(LOCKS)/%-tests.txt .venv/%/.done
	@echo 'fetching the tools of tests for the $* environment'
	@$(UV) pip install --quiet --no-deps --python .venv/$*/bin/python -r $<
	@touch $@

.venv/.installed: setup.py pyproject.toml .venv/stream/.done .venv/batch/.done
	@for each in stream batch; do \
	  $(UV) pip install --quiet --python .venv/$$each/bin/python --no-deps --no-build-isolation --editable . || exit 1; \
	done
	@touch $@ && echo 'set up: make demo, or $(STREAM)/eqm --help'

build/jvm/.done: deploy/pom.xml $(JAVA_SOURCES) | build/.checked
	@echo 'fetching and building the JVM parts'
	@$(if $(filter deploy/pom.xml,$?),rm -rf build/jvm build/maven)
	@mkdir -p build
	@mvn --quiet --batch-mode --file deploy/pom.xml package >build/maven.log || { cat build/maven.log; exit 1; }
	@touch $@ && echo 'the JVM parts are complete'

build/jvm/beam/.done: deploy/portable-runner.xml build/jvm/.done
	@echo 'fetching the engine on which tests run the batch jobs'
	@mvn --quiet --batch-mode --file $< package >build/maven-beam.log || { cat build/maven-beam.log; exit 1; }
	@touch $@

demo: setup
	@$(STREAM)/eqm demo $(if $(RECORDINGS),--recordings '$(RECORDINGS)')

test: unit integration
	@deploy/setup/summary.sh fast-stream fast-batch thorough integration

test-fast: fast
	@deploy/setup/summary.sh fast-stream fast-batch

test-thorough: thorough
	@deploy/setup/summary.sh thorough

test-integration: integration
	@deploy/setup/summary.sh integration

# All without servers, two at a time.
unit: setup .venv/stream/.tests .venv/batch/.tests
	@$(MAKE) --silent --no-print-directory -j2 --output-sync=target fast-batch fast-stream thorough

# Both at once; what each prints comes in one piece.
fast: setup .venv/stream/.tests .venv/batch/.tests
	@$(MAKE) --silent --no-print-directory -j2 --output-sync=target fast-stream fast-batch

fast-stream:
	@deploy/setup/tier.sh $@ $(STREAM)/python $(PYTEST) $(ALL)

fast-batch:
	@deploy/setup/tier.sh $@ $(BATCH)/python $(PYTEST) $(SHARED)

# Without servers, too, but minutes long: training killed and gone on, search, registry, whole backfills, exports.
thorough: setup .venv/batch/.tests
	@deploy/setup/tier.sh $@ $(BATCH)/python $(PYTEST) tests/unit/thorough

integration: setup .venv/stream/.tests .venv/batch/.tests build/jvm/beam/.done
	@deploy/setup/tier.sh integration $(STREAM)/python $(PYTEST) tests/integration

bench: setup .venv/stream/.tests .venv/peers/.done
	@$(STREAM)/python -m tests.benchmarks $(ARGS)

# The programs that the benchmark compares with compute the same windows and features.
bench-check: setup .venv/stream/.tests .venv/peers/.done
	@$(STREAM)/python -m tests.benchmarks --check

endurance: setup .venv/stream/.tests
	@$(STREAM)/python -m tests.benchmarks.endurance $(ARGS)

# A table of recovery times, and build/recovery/recovery.json.
test-recovery: setup .venv/stream/.tests
	@$(STREAM)/python $(PYTEST) -s tests/recovery

check: setup .venv/stream/.tests
	@$(TOOLS)/ruff check .
	@$(TOOLS)/ruff format --check .
	@$(STREAM)/mypy

lock: .venv/tools/.done
	@deploy/setup/lock.sh $(ARGS)

clean:
	@test ! -x $(STREAM)/eqm || $(STREAM)/eqm down
	@rm -rf .venv build eqm.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
