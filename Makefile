# imsagent: `make` lists the targets.
GO      ?= go
ARCHES   = armv5 armv6 armv7 arm64 amd64
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
T ?= 30s
BENCHTIME ?= 300ms
MESSAGES ?= 10000
# Whole worlds played over and over: one goroutine, no system calls; `make test` has them.
WORLDS    = TestSimulation|TestScenesDisturbed|TestTranscriptsStarved
B ?= qemu-virt

help:   ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-20s %s\n", $$1, $$2}'

demo:   ## a whole RCS chat, both ways, with real processes and sockets (out/demo.txt, out/demo.pcapng)
	@$(GO) run ./scripts/demo

test:   ## every test (needs only Go; what else a test uses it installs or names)
	@sh scripts/setup test
	$(GO) test ./...

build:  ## static daemon and CLI for every board architecture, in out/<arch>/
	@for a in $(ARCHES); do sh scripts/build $$a || exit 1; done

check: lint ## lint, then the tests under the race detector
	$(GO) test -race ./...

lint:   ## gofmt, vet (amd64 and 32-bit ARM), staticcheck
	@test -z "$$(gofmt -l .)" || { echo "gofmt would change:"; gofmt -l .; exit 1; }
	$(GO) vet ./...
	GOOS=linux GOARCH=arm GOARM=7 $(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...

test-arm: ## the tests as 32-bit ARM programs, under qemu-user (but for the long simulations, and what starts processes)
	@sh scripts/setup arm
	CGO_ENABLED=0 GOARCH=arm GOARM=7 $(GO) test -short -timeout 30m -exec qemu-arm-static -skip '^(TestKill|TestBearerIsUpOnceAPacketWentThrough|$(WORLDS))$$' ./sipmin ./msrp/... ./cpim/... ./modem/at ./modem/qmi ./modem/uicc ./modem/modemtest ./agent ./agent/ipc ./agent/spool ./agent/internal/archtest ./agent/internal/bufpool

test-old: ## the tests as on Linux 3.18, which modules have: newer system calls answer ENOSYS
	@mkdir -p out
	$(GO) build -o out/oldkernel ./board/cmd/oldkernel
	CGO_ENABLED=0 $(GO) test -short -exec "$(CURDIR)/out/oldkernel" -skip '^(TestKill|TestMSRPPeersThatNeverRead|TestRunLongSilence|$(WORLDS))$$' ./modem/... ./agent/...

interop: ## SIPp as caller and callee against the real daemon, IPv6, TCP and UDP
	@sh scripts/setup interop
	@sh scripts/interop

VERSION ?=
package: ## a tar for every board and a .deb for armhf, arm64, amd64, in out/package (VERSION=…)
	@sh scripts/package/make $(VERSION)

image:  ## kernel and initramfs for B (qemu-virt), in out/image/B/
	$(GO) run ./board/cmd/mkimage -board $(B)

qemu:   ## boots B (qemu-virt) with modem and network, its console in this terminal
	@sh scripts/setup boot
	@sh scripts/qemu $(B)

boot-test: ## boots every board that QEMU has a stand-in for; chat, unit tests and figures there
	@sh scripts/setup boot
	IMSAGENT_BOOT=1 $(GO) test -v -count=1 -timeout 40m -run TestBoot ./board

bench:  ## side by side with peers and floors, and what a user feels: one table (ONLY=sip: one section)
	@sh scripts/setup bench
	@cd scripts/bench && BENCHTIME=$(BENCHTIME) $(GO) run .
	@[ -n "$(ONLY)" ] || $(GO) test -run '^$$' -bench '^BenchmarkDaemon$$' -benchtime $(MESSAGES)x ./agent
	@[ -n "$(ONLY)" ] || $(GO) test -run '^$$' -bench '^Benchmark(Idle|StartFull)$$' -benchtime 1x ./agent

bench-go: ## the benchmarks of every package
	$(GO) test -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) ./...

size:   ## octets of the static binaries for every architecture
	@sh scripts/size

KILLS   ?= 1000
SOAK    ?= 1h
soak:   ## the daemon killed KILLS (1000) times under traffic, then simulated weeks for SOAK (1h)
	IMSAGENT_KILLS=$(KILLS) $(GO) test ./agent -count=1 -v -timeout 4h -run '^TestKill$$'
	$(GO) test ./agent -count=1 -timeout 0 -run '^(TestSimulation|TestScenesDisturbed)$$' -soak $(SOAK)

fuzz:   ## every fuzz target for T (30s): make fuzz T=10m; T=2000x counts inputs
	@sh scripts/fuzz $(T)

.PHONY: help demo test build check lint test-arm test-old interop package image qemu boot-test bench bench-go size soak fuzz
.DEFAULT_GOAL = help
