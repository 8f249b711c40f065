# What a newcomer wants: make demo, make test.
GO      ?= go
BIN     := bin
PKGS    ?= ./...
FUZZTIME ?= 10s
SCALE   ?= 0.01
QUERIES ?= 20000
INPUTS  ?= 2000000
LINT    := $(GO) tool -modfile=internal/tools/go.mod staticcheck
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION)

# Random tests begin at this seed, so that a run can be had again. 0 draws a new one: make soak.
export RAPID_SEED ?= 20261125

# The loops over AVX-512 of sqlvec/kernel are an experiment of the compiler: without it, and on
# other processors, their twins in Go run. SIMD= leaves them out.
SIMD ?= simd
export GOEXPERIMENT := $(SIMD)

# Packages whose code runs in several goroutines: these are tested under the race detector.
RACE_PKGS := ./mmapseg/... ./eventlog/... ./colstore/... ./sqlvec ./sqlvec/exec/... ./internal/vfs/... ./internal/formats/...

.PHONY: all build test race soak fuzz anything damaged crash bench microbench bench-compare lint fmt golden cover demo sqllogictest check-pg queries interop tpch tpcds clean help

all: build lint test

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

build: ## build the commands into bin/
	@mkdir -p $(BIN)
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN)/ ./cmd/...

test: ## run every test
	$(GO) test -timeout 30m $(PKGS)
	GOEXPERIMENT= $(GO) test ./sqlvec/kernel

race: ## run the concurrent packages' tests under the race detector
	$(GO) test -race -short -timeout 30m $(RACE_PKGS)

soak: ## run the random tests with new seeds and ten times the cases
	DRIFTDB_SEED=$$(date +%s) DRIFTDB_SPLICES=400 DRIFTDB_INTERLEAVINGS=1000 $(GO) test -count=1 -timeout 60m -run 'Spliced|Interleaved' ./sqlvec
	DRIFTDB_SEED=$$(date +%s) DRIFTDB_INPUTS=100000 $(GO) test -count=1 -timeout 60m -v -run TestAnything ./sqlvec
	DRIFTDB_SEED=$$(date +%s) DRIFTDB_INPUTS=1000000 $(GO) test -count=1 -timeout 60m -v -run TestDamaged ./sqlvec/files
	RAPID_SEED=0 RAPID_CHECKS=1000 $(GO) test -count=1 -timeout 60m $$(grep -rl --include=*_test.go pgregory.net/rapid . | xargs -n1 dirname | sort -u)

fuzz: ## run every fuzz target for FUZZTIME (10s)
	@scripts/fuzz.sh $(FUZZTIME)

anything: ## run INPUTS (2000000) changed values, formats, patterns, paths, calls, files and statements each, of a new seed (KINDS=cast,file,… for some)
	DRIFTDB_SEED=$$(date +%s) DRIFTDB_KINDS=$(KINDS) DRIFTDB_INPUTS=$(INPUTS) $(GO) test -count=1 -timeout 0 -v -run TestAnything ./sqlvec

damaged: ## read INPUTS (2000000) damaged files of every format and compression, of a new seed
	DRIFTDB_SEED=$$(date +%s) DRIFTDB_INPUTS=$(INPUTS) $(GO) test -count=1 -timeout 0 -v -run TestDamaged ./sqlvec/files

crash: build ## kill a real writing process 200 times and check what it acknowledged
	DRIFTDB_CRASH_ROUNDS=200 $(GO) test -count=1 -timeout 60m -v -run '^TestKill$$' ./internal/cli ./internal/proof

bench: build ## measure against DuckDB, SQLite, PostgreSQL and MariaDB; about ten minutes (ROWS=, REPEATS=, WORKLOADS=)
	@scripts/bench

microbench: ## run the Go benchmarks
	$(GO) test -run '^$$' -bench . -benchmem $(PKGS)

bench-compare: ## compare the Go benchmarks with those of another commit (BASE=commit, BENCH=regexp, PKGS=)
	@scripts/bench-compare "$(BASE)"

lint: ## gofmt, vet and staticcheck
	@out=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$out" ]; then echo "gofmt would change:"; echo "$$out"; exit 1; fi
	$(GO) vet ./...
	$(LINT) ./...

fmt: ## format all Go files
	gofmt -w $$(git ls-files '*.go')

golden: ## rewrite the golden files the tests compare with
	DRIFTDB_GOLDEN=write $(GO) test -count=1 $(PKGS)

cover: ## write coverage.html
	$(GO) test -coverprofile=coverage.out -coverpkg=./... $(PKGS)
	$(GO) tool cover -html=coverage.out -o coverage.html
	@$(GO) tool cover -func=coverage.out | tail -1

sqllogictest: ## run 100,000 queries of SQLite's corpus, which CORPUS=folder says where to find
	@[ -d "$(CORPUS)" ] || { echo "make sqllogictest CORPUS=folder: the folder 'test' of a checkout of SQLite's sqllogictest (https://www.sqlite.org/sqllogictest)"; exit 2; }
	DRIFTDB_SQLLOGICTEST="$(abspath $(CORPUS))" $(GO) test -count=1 -timeout 60m -v -run TestCorpus ./sqlvec

check-pg: ## check the SQL files and random queries against a real PostgreSQL 15 (PGBIN says where)
	scripts/postgres-oracle

queries: ## ask QUERIES (20000) random queries, and a fifth as many changes, of a new seed, of PostgreSQL 15 too
	DRIFTDB_QUERIES=$(QUERIES) RAPID_SEED=$$(date +%s) scripts/postgres-oracle -queries

interop: build ## exchange files of all types and compressions with pyarrow, polars and DuckDB (PYTHON has them)
	@scripts/interop

tpch: build ## compare the 22 TPC-H queries with DuckDB (SCALE=0.01; PYTHON has duckdb and tpchgen-cli)
	@scripts/tpch $(SCALE)

tpcds: build ## compare the 99 TPC-DS queries with DuckDB (SCALE=0.1; PYTHON has duckdb and duckdb-extension-tpcds)
	@scripts/tpcds $(if $(filter file,$(origin SCALE)),0.1,$(SCALE))

demo: build ## load 65 publications of exchange rates and travel in their history
	@scripts/demo.sh $(BIN)/driftdb

clean: ## remove what make built
	rm -rf $(BIN) coverage.out coverage.html
