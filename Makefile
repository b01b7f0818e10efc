# `make help` lists the targets. Everything a target needs but git, Go, a C compiler and Python 3 it installs itself, into
# .tools/ and Go's module cache.

GO ?= go
CONTRIB ?=
WITHOUT ?=
SOAK ?= 10m
SOAK_RATE ?=
ENVOYS ?= $(shell cat .envoy-versions)
RUN ?= .
GOTESTSUM := $(GO) run gotest.tools/gotestsum@v1.13.0
GOLANGCI := $(GO) tool -modfile=tools/checks/go.mod golangci-lint

# Everything but the libraries' mains and what starts an Envoy.
UNITS = $$($(GO) list ./... | grep -v '/funcroute/\(build/contrib\|build/dynamicmodule\|e2e\)\(/\|$$\)')

.DEFAULT_GOAL := help
.PHONY: help build dynamicmodule contrib demo test test-unit test-e2e test-envoys test-contrib-image soak contribhost tidy lint format import-rule fmt check \
  supply-chain vulnerabilities bench bench-tools bench-go fuzz tools brokers prerequisites clean

help: ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r target text; do printf '  make %-14s %s\n' "$$target" "$$text"; done

build: dynamicmodule contrib ## build both libraries into dist/ (CONTRIB=v1.38.3: for another contrib Envoy; WITHOUT="amqp mqtt nats": without these function types)

dynamicmodule: prerequisites
	WITHOUT="$(WITHOUT)" tools/build-dynamicmodule

contrib: prerequisites
	WITHOUT="$(WITHOUT)" tools/build-contrib $(CONTRIB)

demo: tools build ## run examples/lambda against real functions (KEEP=1: and leave it running)
	@.tools/bin/python examples/lambda/demo.py

test: tools brokers test-unit test-e2e ## run all tests

test-unit: prerequisites ## run the tests that need no Envoy
	$(GOTESTSUM) --format pkgname-and-test-fails -- -race $(UNITS)
	$(GOTESTSUM) --format pkgname-and-test-fails -- -run Allocations $(UNITS)
	cd e2e/compose && $(GOTESTSUM) --format pkgname-and-test-fails -- ./...

test-e2e: tools brokers build contribhost ## run the tests that start Envoy, and some in each version of .envoy-versions
	PATH="$$PATH:$(CURDIR)/.tools/bin" $(GOTESTSUM) --format testname -- -count=1 -timeout 30m ./e2e/...

test-envoys: tools brokers build contribhost ## run all cases of e2e in the other versions of Envoy (ENVOYS="1.38.3": in these; RUN=TestGolden: these cases)
	failed=; for version in $(ENVOYS); do \
	  echo "Envoy $$version:"; \
	  PATH="$$PATH:$(CURDIR)/.tools/bin" ENVOY=$(CURDIR)/.tools/bin/envoy-$$version \
	    $(GOTESTSUM) --format testname -- -count=1 -timeout 30m -run '$(RUN)' ./e2e ./e2e/harness/... || failed="$$failed $$version"; \
	done; [ -z "$$failed" ] || { echo "tests have failed in Envoy$$failed" >&2; exit 1; }

test-contrib-image: tools brokers ## run the tests that start Envoy in the official contrib image; needs Docker
	docker build --target libraries --output dist .
	$(MAKE) contribhost
	PATH="$$PATH:$(CURDIR)/.tools/bin" ENVOY_CONTRIB=$(CURDIR)/tools/envoy-contrib-image \
	  $(GOTESTSUM) --format testname -- -count=1 -timeout 30m ./e2e ./e2e/harness/...

soak: tools build contribhost ## run mixed traffic and faults through all hosts (SOAK=30m SOAK_RATE=100; KEEP=1: keep verdict and plot in the repository)
	PATH="$$PATH:$(CURDIR)/.tools/bin" SOAK=$(SOAK) SOAK_RATE=$(SOAK_RATE) SOAK_RESULTS=$(CURDIR)/$(if $(KEEP),e2e/soak,dist/soak) \
	  $(GO) test ./e2e/soak -run '^TestSoak$$' -count=1 -timeout 0 -v

# What stands in for contrib Envoy in tests, see e2e/contribhost/README.md.
contribhost: prerequisites
	@mkdir -p dist
	$(GO) mod download github.com/envoyproxy/envoy github.com/envoyproxy/envoy/source/extensions/dynamic_modules
	$(CC) -shared -fPIC -O1 -g -Wall -Wextra -Werror -o dist/libcontribhost.so \
	  -I "$$($(GO) list -m -f '{{.Dir}}' github.com/envoyproxy/envoy/source/extensions/dynamic_modules)/abi" \
	  -I "$$($(GO) list -m -f '{{.Dir}}' github.com/envoyproxy/envoy)/contrib/golang/common/go/api" \
	  e2e/contribhost/host/*.c

tidy: prerequisites ## fail if a go.mod is not tidy
	$(GO) mod tidy -diff
	cd e2e/compose && $(GO) mod tidy -diff

lint: prerequisites ## run the linters
	@echo "Linting; the first time the linters themselves are built, which takes some minutes."
	$(GOLANGCI) run ./...

format: prerequisites ## fail if something is not formatted
	$(GOLANGCI) fmt --diff

import-rule: prerequisites ## fail if a package imports what its layer must not know
	$(GO) test -count=1 -run TestImportRule .

fmt: prerequisites ## format the code
	$(GOLANGCI) fmt

check: tidy lint format import-rule ## what a change must pass beside the tests: the above targets and a clean tree
	@test -z "$$(git status --porcelain)" || { git status --short; echo 'make check: the tree is not clean; commit or remove what is listed above' >&2; exit 1; }

supply-chain: build ## check licences, write bills of materials into dist/, build again and compare the bytes
	tools/supplychain/check licences
	tools/supplychain/check sbom
	tools/supplychain/reproducible

vulnerabilities: prerequisites ## ask the Go vulnerability database about what the libraries call; needs the network
	tools/supplychain/check vulnerabilities

bench: tools dynamicmodule bench-tools ## compare Envoy's CPU per request with its own filters' (BENCH=-full; see e2e/bench/README.md)
	@mkdir -p dist/bench
	$(GO) build -buildmode=c-shared -ldflags '-X=runtime.godebugDefault=cgocheck=0' -o dist/bench/libemptymodule.so ./e2e/bench/emptymodule
	$(CC) -shared -fPIC -O2 -Wall -Wextra -Wno-unused-parameter -Werror -I filters/host/dynamicmodule/abi \
	  -o dist/bench/libfloor.so e2e/bench/floor/floor.c
	$(GO) run ./e2e/bench -results e2e/bench/RESULTS.md $(BENCH)

bench-tools:
	@tools/bench-tools

bench-go: prerequisites ## run the Go benchmarks
	$(GO) test -run '^$$' -bench . -benchmem $(UNITS)

fuzz: prerequisites ## run every fuzz target for a while (FUZZTIME=10m or 3000x; KEEP=1: keep what reaches more code in testdata)
	KEEP=$(KEEP) tools/fuzz $(FUZZTIME)

tools: ## install Envoy in all its versions, ministack and botocore into .tools/
	@tools/prerequisites python
	@tools/install

brokers: ## look for the brokers that tests start and that are not in .tools/, and install them where that may be done
	@tools/prerequisites rabbitmq mosquitto

prerequisites:
	@tools/prerequisites

clean: ## remove what was built and installed
	rm -rf dist .tools
