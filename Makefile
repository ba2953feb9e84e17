# imsagent: `make` lists the targets.
GO      ?= go
LDFLAGS  = -s -w
ARCHES   = armv5 armv6 armv7 arm64 amd64
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2

help:   ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-20s %s\n", $$1, $$2}'

test:   ## every test (needs only Go; what else a test uses it installs or names)
	@sh scripts/setup test
	$(GO) test ./...

demo:   ## a whole RCS chat, both ways, with real processes and sockets (out/demo.txt, out/demo.pcapng)
	@$(GO) run ./scripts/demo

check:  ## gofmt, vet, staticcheck, tests under the race detector
	@test -z "$$(gofmt -l .)" || { echo "gofmt would change:"; gofmt -l .; exit 1; }
	$(GO) vet ./...
	GOARCH=arm GOARM=7 $(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...
	$(GO) test -race ./...

build:  ## static daemon and CLI for every board architecture, in out/<arch>/
	@for a in $(ARCHES); do sh scripts/build $$a || exit 1; done

bench:  ## benchmarks of every package
	$(GO) test -run '^$$' -bench . -benchmem ./...

interop: ## SIPp as caller and callee against the real daemon, IPv6, TCP and UDP
	@sh scripts/setup interop
	@sh scripts/interop

.PHONY: help demo interop test check build bench
.DEFAULT_GOAL = help
