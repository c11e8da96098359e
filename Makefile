# Targets with a comment after ## are listed by `make help`.

.NOTPARALLEL:
.DEFAULT_GOAL := help
SHELL         := bash
.SHELLFLAGS   := -euo pipefail -c

STATICCHECK   := honnef.co/go/tools/cmd/staticcheck@v0.8.2
BENCHSTAT     := golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da
OLD           ?= bench-micro.old.txt
NEW           ?= bench-micro.txt
GO_FILES      := find . -name node_modules -prune -o -name '*.go' -print
GO_NEEDED     := $(shell awk '$$1 == "go" { print $$2; exit }' go.mod)
NODE_NEEDED   := 20
WEB           := server/web
CHROMIUM      := /usr/bin/chromium
ADDR          ?= 127.0.0.1:8080
FUZZTIME      ?= 20s
KILLS         ?= 100
CALLS         ?= 40
LOSSES        ?= 20
LASTS         ?= 60s
SEED          ?= 0
STEPS         ?= 30
COUNT         ?= 2000

.PHONY: help
help: ## Lists the targets
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: build
build: needs-go web ## Builds bin/alongside, web apps and all
	@go build -o bin/alongside ./cmd/alongside

.PHONY: demo
demo: build ## Serves a made-up partnership from a temporary folder (ADDR=host:port)
	@bin/alongside demo --addr $(ADDR)

.PHONY: web
web: $(WEB)/node_modules/.package-lock.json ## Builds the web apps into server/web/dist, which go build then takes in
	@cd $(WEB) && npm run --silent build

.PHONY: test
test: needs-go web web-test ## Runs the tests
	@go test ./...

.PHONY: web-test
web-test: $(WEB)/node_modules/.package-lock.json ## Checks the types of the web apps, and runs their tests without a browser
	@cd $(WEB) && npm run --silent check

.PHONY: e2e
e2e: needs-chromium build ## Tries the web apps in a real Chromium, on a real server
	@cd $(WEB) && npm run --silent e2e

.PHONY: check
check: needs-go fmt-check web vet tidy-check staticcheck race web-test e2e ## All that has to hold before a change lands
	@$(MAKE) --no-print-directory bench-quick || echo "bench-quick did not come to its end; nothing is judged by it."

.PHONY: race
race: needs-go needs-cc ## Runs the tests under the race detector
	@go test -race -timeout=30m ./...

.PHONY: fuzz
fuzz: needs-go ## Runs each fuzz target for a while (FUZZTIME=20s)
	@{ grep -rl --include='*_test.go' '^func Fuzz' . || true; } | sort | while read -r file; do \
		sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$$file" | while read -r name; do \
			echo "$$(dirname "$$file") $$name"; \
			go test -run='^$$' -fuzz="^$$name\$$" -fuzztime=$(FUZZTIME) "$$(dirname "$$file")"; \
		done; \
	done

.PHONY: sim
sim: needs-go ## Simulates phones and server in all faults: COUNT=2000 fresh seeds, or one, SEED=n STEPS=m
	@go test -count=1 -v -timeout=12h -run='^TestFreshSeeds$$' ./internal/simulate -seed=$(SEED) -steps=$(STEPS) -seeds=$(COUNT)

.PHONY: crash
crash: needs-go ## Kills the server at random moments and at each system call (KILLS=100 CALLS=40 SEED=n)
	@go test -count=1 -v -timeout=1h -run=Killed ./internal/crash -kills=$(KILLS) -calls=$(CALLS) -seed=$(SEED)

.PHONY: powerloss
powerloss: needs-go ## Cuts the power of a disk under the server, as root (LOSSES=20 SEED=n)
	@go test -count=1 -v -timeout=1h -run=PowerLoss ./internal/crash -losses=$(LOSSES) -seed=$(SEED)

.PHONY: hostile
hostile: needs-go ## Attacks the server in every way we know while honest phones work (LASTS=60s)
	@go test -count=1 -v -timeout=1h ./internal/hostile -lasts=$(LASTS)

.PHONY: bench
bench: needs-go ## Measures the server over HTTP by every row of its work, into bench.txt and bench.svg (some 10 minutes)
	@go test -count=1 -timeout=1h -run='^$$' -bench='^BenchmarkServer$$' -benchtime=1x ./internal/bench -into=$(CURDIR)

.PHONY: bench-quick
bench-quick: needs-go ## The same with a smaller store, in some 2 minutes
	@go test -count=1 -timeout=10m -run='^$$' -bench='^BenchmarkQuick$$' -benchtime=1x ./internal/bench -into=$(CURDIR)

.PHONY: bench-micro
bench-micro: needs-go ## Merge, codec, pull (a scope's changes) and commit (writes) by themselves, ten times, into bench-micro.txt
	@go test -count=10 -run='^$$' -bench='^Benchmark(Merge|Codec|Write|Record|Changes)' -benchmem ./sync ./internal/boltstore | tee bench-micro.txt

.PHONY: bench-compare
bench-compare: needs-go ## Holds two runs of bench-micro against one another (OLD=file NEW=file)
	@go run $(BENCHSTAT) $(OLD) $(NEW)

.PHONY: bench-reminders
bench-reminders: needs-go ## Measures reminders: planning, one change, messages a minute by each way
	@go test -count=1 -run='^$$' -bench=. -benchtime=1x ./internal/reminder ./internal/push/...

.PHONY: bench-web
bench-web: needs-chromium build ## Measures the web apps in a real Chromium
	@cd $(WEB) && npm run --silent bench

.PHONY: fmt
fmt: needs-go ## Formats the Go files
	@gofmt -w $$($(GO_FILES))

.PHONY: vet
vet: needs-go ## Runs go vet
	@go vet ./...

.PHONY: staticcheck
staticcheck: needs-go ## Runs staticcheck, in the version named above
	@go run $(STATICCHECK) ./...

.PHONY: clean
clean: ## Takes away what was built
	@rm -rf bin bench.txt bench.svg bench-micro*.txt $(WEB)/dist/app $(WEB)/dist/console $(WEB)/dist/reminder $(WEB)/.test $(WEB)/node_modules

# What follows is for the targets above.

.PHONY: needs-go
needs-go:
	@command -v go >/dev/null || { echo "Go $(GO_NEEDED) or later is needed, and there is no go on the PATH." >&2; exit 1; }
	@have=$$(go version 2>/dev/null | awk '{ sub("^go", "", $$3); print $$3 }'); \
	[ "$$(printf '%s\n' "$(GO_NEEDED)" "$$have" | sort -V | head -n 1)" = "$(GO_NEEDED)" ] || \
		{ echo "Go $(GO_NEEDED) or later is needed, and this is $${have:-none that runs}." >&2; exit 1; }

.PHONY: needs-cc
needs-cc:
	@command -v "$$(go env CC | awk '{ print $$1 }')" >/dev/null || \
		{ echo "The race detector needs a C compiler, and there is no $$(go env CC) on the PATH." >&2; exit 1; }

.PHONY: needs-node
needs-node:
	@command -v node >/dev/null && command -v npm >/dev/null || \
		{ echo "The web apps are built with Node $(NODE_NEEDED) or later and its npm (on Debian: apt install nodejs npm). Without them, go build makes a server without apps." >&2; exit 1; }
	@have=$$(node --version 2>/dev/null | sed 's/^v//'); \
	[ "$$(printf '%s\n' "$(NODE_NEEDED)" "$$have" | sort -V | head -n 1)" = "$(NODE_NEEDED)" ] || \
		{ echo "Node $(NODE_NEEDED) or later is needed, and this is $${have:-none that runs}." >&2; exit 1; }

# npm writes this file when it has installed what package-lock.json says.
$(WEB)/node_modules/.package-lock.json: $(WEB)/package.json $(WEB)/package-lock.json | needs-node
	@cd $(WEB) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: needs-chromium
needs-chromium:
	@[ -x $(CHROMIUM) ] || { echo "Tests in a real browser need Debian's Chromium, at $(CHROMIUM): apt install chromium" >&2; exit 1; }

.PHONY: fmt-check
fmt-check: needs-go
	@wrong=$$(gofmt -l $$($(GO_FILES))); [ -z "$$wrong" ] || { printf 'Not formatted (make fmt does it):\n%s\n' "$$wrong" >&2; exit 1; }

.PHONY: tidy-check
tidy-check: needs-go
	@go mod tidy -diff || { echo "go.mod or go.sum is not tidy: run go mod tidy." >&2; exit 1; }
