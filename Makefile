# make try     builds keyedin, starts a local AWS and builds the environment of the example config on it
# make test    runs every test; sets up what the tests need
# make check   format, vet, lint, vulnerabilities, size of the binary
# make sweep   the long tests: every power cut, fuzzing, races
# make bench   measures
# Needed: Go, Python 3.10 or newer, make.

SHELL := /bin/sh
keyedin := $(CURDIR)/bin/keyedin
pytest = python3 -m pytest -q -p no:cacheprovider
python = dir=$$(script/python) && export PATH="$$dir:$$PATH"

.PHONY: build try test check sweep bench
.DEFAULT_GOAL := build

build:
	@go build -ldflags='-s -w' -o bin/ ./cmd/keyedin

try:
	@echo "Building keyedin and looking for Python packages: some minutes the first time"
	@script/python >/dev/null & $(MAKE) -s build; built=$$?; wait; exit $$built
	@mkdir -p try
	@test -f try/keyedin.yaml || (cd try && $(keyedin) init)
	@$(python) && $(keyedin) sandbox up
	@cd try && { $(keyedin) apply --yes --sandbox || test $$? -eq 4; }
	@cd try && $(keyedin) status --sandbox
	@echo
	@echo "That was an AWS on this machine. The config is try/keyedin.yaml; change it and go on:"
	@echo "  cd try"
	@echo "  ../bin/keyedin plan --sandbox       what your change would do"
	@echo "  ../bin/keyedin apply --sandbox      do it"
	@echo "  ../bin/keyedin destroy --sandbox    take everything down"
	@echo "  ../bin/keyedin sandbox down         end the local AWS"

test:
	@$(python) && go test -timeout 40m -parallel 6 ./...
	@$(python) && cd internal/sandbox/moto/tests && { $(pytest) test_[a-e]*.py & $(pytest) test_[!a-e]*.py; second=$$?; wait $$! && exit $$second; }

check:
	@files=$$(gofmt -l .); if [ -n "$$files" ]; then echo "These files want gofmt -w:" && echo "$$files" && exit 1; fi
	go vet ./...
	@if command -v golangci-lint >/dev/null; then golangci-lint run; else \
		echo "golangci-lint is not installed: the import rules are checked by go test ./cmd/keyedin alone"; fi
	@script/vulnerabilities
	@script/binary

sweep:
	@$(python) && KEYEDIN_SWEEP=1 go test -count=1 -timeout 6h ./...
	go test -run '^$$' -fuzz FuzzParse -fuzztime 2m ./internal/config
	go test -run '^$$' -fuzz FuzzValue -fuzztime 2m ./internal/engine
	go test -race -count=1 ./internal/engine/... ./internal/state ./internal/config ./internal/sandbox/proxy

bench:
	@$(python) && KEYEDIN_BENCH=1 go test -count=1 -timeout 40m -v -run TestFigures ./cmd/keyedin
	go test -run '^$$' -bench Plan ./internal/engine
