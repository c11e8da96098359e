# Targets with a comment after ## are listed by `make help`.

.NOTPARALLEL:
.DEFAULT_GOAL := help
SHELL         := bash
.SHELLFLAGS   := -euo pipefail -c

STATICCHECK   := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GO_NEEDED     := $(shell awk '$$1 == "go" { print $$2; exit }' go.mod)
ADDR          ?= 127.0.0.1:8080
FUZZTIME      ?= 20s

.PHONY: help
help: ## Lists the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: build
build: needs-go ## Builds bin/alongside
	@go build -o bin/alongside ./cmd/alongside

.PHONY: demo
demo: build ## Serves a made-up partnership from a temporary folder (ADDR=host:port)
	@bin/alongside demo --addr $(ADDR)

.PHONY: test
test: needs-go ## Runs the tests
	@go test ./...

.PHONY: check
check: needs-go fmt-check vet tidy-check staticcheck race ## All that has to hold before a change lands

.PHONY: race
race: needs-go needs-cc ## Runs the tests under the race detector
	@go test -race -timeout=5m ./...

.PHONY: fuzz
fuzz: needs-go ## Runs each fuzz target for a while (FUZZTIME=20s)
	@{ grep -rl --include='*_test.go' '^func Fuzz' . || true; } | sort | while read -r file; do \
		sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$$file" | while read -r name; do \
			echo "$$(dirname "$$file") $$name"; \
			go test -run='^$$' -fuzz="^$$name\$$" -fuzztime=$(FUZZTIME) "$$(dirname "$$file")"; \
		done; \
	done

.PHONY: bench
bench: build ## Measures bin/alongside over HTTP: processor time, rates, bytes
	@go test -count=1 -run='^$$' -bench='^BenchmarkServer$$' -benchtime=1x ./internal/bench

.PHONY: fmt
fmt: needs-go ## Formats the Go files
	@gofmt -w .

.PHONY: vet
vet: needs-go ## Runs go vet
	@go vet ./...

.PHONY: staticcheck
staticcheck: needs-go ## Runs staticcheck, in the version named above
	@go run $(STATICCHECK) ./...

.PHONY: clean
clean: ## Takes away what was built
	@rm -rf bin bench.txt

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

.PHONY: fmt-check
fmt-check: needs-go
	@wrong=$$(gofmt -l .); [ -z "$$wrong" ] || { printf 'Not formatted (make fmt does it):\n%s\n' "$$wrong" >&2; exit 1; }

.PHONY: tidy-check
tidy-check: needs-go
	@go mod tidy -diff || { echo "go.mod or go.sum is not tidy: run go mod tidy." >&2; exit 1; }
