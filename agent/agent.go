package agent

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"

	"imsagent/agent/internal/bufpool"
	"imsagent/agent/spool"
)

// largeBuffers is how many 64 KiB buffers there are besides the 4096-octet ones.
const largeBuffers = 2

// ErrSpool marks every error that says that the spool cannot be used (exit code 3).
var ErrSpool = errors.New("agent: spool unusable")

// Run runs the agent until ctx ends, and then closes its sessions. ready is called once
// the host socket answers. The configuration must be valid (Config.Validate).
//
// Errors: ErrSpool wraps every fault of the spool, ErrRunning says that another instance
// answers on the host socket; all else is an error of the operating system.
func Run(ctx context.Context, cfg *Config, version string, log *slog.Logger, ready func()) error {
	return runOn(ctx, cfg, nil, version, log, ready, Watchdog{})
}

// RunWatched is Run with a watchdog.
func RunWatched(ctx context.Context, cfg *Config, version string, log *slog.Logger, ready func(), w Watchdog) error {
	return runOn(ctx, cfg, nil, version, log, ready, w)
}

// runOn is RunWatched with the spool on another file system; nil: the directory of the configuration.
func runOn(ctx context.Context, cfg *Config, fs spool.FS, version string, log *slog.Logger, ready func(), w Watchdog) error {
	debug.SetMemoryLimit(cfg.Memory.Limit)
	if err := removeStale(cfg.Host.Socket); err != nil {
		return err
	}
	sp, err := spool.Open(cfg.State, spool.Options{MaxBytes: cfg.Spool.MaxBytes, MaxMessages: cfg.Spool.MaxMessages, FS: fs})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSpool, err)
	}
	damaged := logDamage(log, sp)
	pool := bufpool.New(cfg.Memory.Buffers, largeBuffers)
	e := newEdge(cfg, log, pool)
	defer e.closeSpool(sp)
	mctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if err := e.open(mctx, sp); err != nil {
		return err
	}
	core, err := NewCore(cfg, Setup{Version: version, Pool: pool, MSRPPort: e.msrpPort(), Spool: sp, Now: bootNow(), Damaged: damaged,
		Entropy: func(b []byte) { _, _ = rand.Read(b) }}) // crypto/rand.Read never fails (Go 1.24)
	if err != nil {
		cancel()
		e.close(flushPatience)
		return err
	}
	log.Info("listening", "version", version, "sip", cfg.IMS.Local.String(), "msrp", e.msrpPort(), "host", cfg.Host.Socket)
	holdMemory(cfg.Memory.Limit)
	ready()
	err = run(ctx, core, e, w)
	cancel()
	e.close(flushPatience)
	log.Info("stopped")
	return err
}

// logDamage says what could not be read at the start, and counts it; what a power cut left
// unfinished was promised to nobody and does not count.
func logDamage(log *slog.Logger, sp *spool.Spool) (n int) {
	for _, d := range sp.Damaged() {
		log.Error("spool record set aside", "damage", d)
		if !d.Torn {
			n++
		}
	}
	return n
}
