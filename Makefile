# `make` sets everything up; `make help` says what else there is.

PYTHON ?= python3.11
LOCKS := deploy/environments
TOOLS := .venv/tools/bin
STREAM := .venv/stream/bin
BATCH := .venv/batch/bin
UV := UV_PYTHON_DOWNLOADS=never $(TOOLS)/uv
LOOPS := $(shell find pipelines/signals -name '*.py')
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
	--ignore=tests/unit/batch --ignore=tests/unit/learning $(BATCH_ONLY)
PYTEST := -m pytest -p no:cacheprovider -rs --durations=10 --durations-min=0.1

.DEFAULT_GOAL := setup
.DELETE_ON_ERROR:
.PHONY: help setup parts demo test test-all test-fast test-integration test-release test-java \
	fast-stream fast-batch integration thorough recordings stack test-recovery fuzz endurance bench bench-check \
	check style java lock clean

help:
	@echo 'make                         set up: both Python environments and the JVM parts'
	@echo 'make demo                    simulated people through the whole system; RECORDINGS=FOLDER: recorded ones'
	@echo 'make test                    style, types, unit tests, Java tests, one session on a real stack: some ten minutes'
	@echo 'make test-all                that, then all of test-release: before a release; EQM_RECORDINGS names recordings'
	@echo 'make test-fast               unit tests alone, without servers'
	@echo 'make test-java               unit tests of the JVM operators: seconds'
	@echo 'make test-integration        the session on one real broker, cluster and store'
	@echo 'make test-release            what takes minutes each: every kill, model changes, other runners, 33 people;'
	@echo '                             EQM_TEST_ALL=1: backfill and parity of all of them, not of eight'
	@echo 'make test-recovery           kill everything, again and again: an hour; EQM_RECOVERY_SEED, EQM_RECOVERY_KILLS'
	@echo 'make fuzz                    inputs that nobody would send, a minute for each reader of them; SECONDS=3600, SEED=2,'
	@echo '                             TARGET=decoder, files, labels or control; INPUT=FILE: one that a run has written'
	@echo 'make endurance               two hours of 300 users, with faults, at full speed: counts, memory, state'
	@echo 'make bench                   speed, latency and cost beside other programs; ARGS="--only NAME,... --quick"'
	@echo 'make check                   style and types'
	@echo 'make lock                    choose the newest versions that the .in files allow; ARGS=--upgrade'
	@echo 'make clean                   stop the local stack and remove all that make has made; homes with data stay'

setup: build/.checked .venv/tools/.done
	@$(MAKE) --silent --no-print-directory -j3 parts
	@$(MAKE) --silent --no-print-directory .venv/.installed build/.compiled

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

build/.compiled: deploy/setup/compile_loops.py $(LOOPS) .venv/.installed
	@echo 'compiling the loops over samples'
	@$(STREAM)/python $< && touch $@

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

# The longest first, two at a time: the session on the stack waits for one process at a time, and leaves a core to the
# unit tests. Every tier runs, whatever failed before.
DAILY := integration fast-batch fast-stream java style
RELEASE := stack thorough recordings
TIER := deploy/setup/tier.sh
SIDE_BY_SIDE := $(MAKE) --silent --no-print-directory -j2 --output-sync=target

test: setup .venv/stream/.tests .venv/batch/.tests
	@echo 'running $(DAILY): each prints when it ends; to follow one: tail -f build/test/NAME.log'
	@$(SIDE_BY_SIDE) $(DAILY)
	@deploy/setup/summary.sh $(DAILY)

test-all: setup .venv/stream/.tests .venv/batch/.tests build/jvm/beam/.done
	@echo 'running $(DAILY), then $(RELEASE): each prints when it ends; to follow one: tail -f build/test/NAME.log'
	@$(SIDE_BY_SIDE) $(DAILY)
	@$(SIDE_BY_SIDE) $(RELEASE)
	@deploy/setup/summary.sh $(DAILY) $(RELEASE)

test-fast: setup .venv/stream/.tests .venv/batch/.tests
	@$(SIDE_BY_SIDE) fast-batch fast-stream
	@deploy/setup/summary.sh fast-batch fast-stream

test-integration: setup .venv/stream/.tests
	@$(MAKE) --silent --no-print-directory integration
	@deploy/setup/summary.sh integration

test-release: setup .venv/stream/.tests .venv/batch/.tests build/jvm/beam/.done
	@$(SIDE_BY_SIDE) $(RELEASE)
	@deploy/setup/summary.sh $(RELEASE)

style:
	@$(TIER) $@ $(MAKE) --silent --no-print-directory check

# The JVM operators in Flink's test harness; not part of set-up, which needs none of its libraries.
test-java: build/.checked
	@mkdir -p build
	@mvn --batch-mode --no-transfer-progress --file deploy/pom.xml --activate-profiles tests test >build/java-tests.log 2>&1 \
	  || { cat build/java-tests.log; exit 1; }
	@sed -n 's/^\[INFO\] \(Tests run:\)/\1/p' build/java-tests.log | tail -1

java:
	@$(TIER) $@ $(MAKE) --silent --no-print-directory test-java

fast-stream:
	@$(TIER) $@ $(STREAM)/python $(PYTEST) $(ALL)

fast-batch:
	@$(TIER) $@ $(BATCH)/python $(PYTEST) $(SHARED)

integration:
	@$(TIER) $@ $(STREAM)/python $(PYTEST) tests/integration

# Without servers, but minutes long: training killed and gone on, search, registry, whole backfills, exports.
thorough:
	@$(TIER) $@ $(BATCH)/python $(PYTEST) tests/release/thorough

recordings:
	@$(TIER) $@ $(STREAM)/python $(PYTEST) tests/release/recordings

# On a real stack: every kill, models that change, other runners, exports, the stack's own life.
stack:
	@$(TIER) $@ $(STREAM)/python $(PYTEST) tests/release/stack

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

# Fails where anything was found; the inputs are below build/fuzz.
fuzz: setup .venv/stream/.tests
	@$(STREAM)/python -m tests.fuzz --target $(or $(TARGET),all) --seconds $(or $(SECONDS),60) --seed $(or $(SEED),1) \
	  $(if $(INPUT),--input '$(INPUT)')

check: setup .venv/stream/.tests
	@$(TOOLS)/ruff check .
	@$(TOOLS)/ruff format --check .
	@$(STREAM)/mypy

lock: .venv/tools/.done
	@deploy/setup/lock.sh $(ARGS)

clean:
	@test ! -x $(STREAM)/eqm || { $(STREAM)/eqm down && $(STREAM)/eqm --home build/demo/home down; }
	@deploy/setup/clean.sh build
	@rm -rf .venv eqm.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
