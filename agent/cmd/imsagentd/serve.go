package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"imsagent/agent"
	"imsagent/board"
)

// serve runs the agent until SIGTERM or SIGINT and returns the exit code. SIGHUP, which a
// vanishing terminal sends, is ignored.
func serve(cfg *agent.Config, stderr io.Writer) int {
	leaveNoCore()
	setGC(cfg.Board)
	signal.Ignore(syscall.SIGHUP)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	m := openSupervisor()
	defer m.close()
	told := make(chan struct{})
	context.AfterFunc(ctx, func() {
		m.tell("STOPPING=1")
		close(told)
	})
	err := agent.RunWatched(ctx, cfg, version, logger(cfg.Log, stderr),
		func() { m.tell("READY=1") },
		agent.Watchdog{Every: m.watchdog / 2, Alive: func() { m.tell("WATCHDOG=1") }})
	if ctx.Err() != nil {
		<-told
	}
	if err != nil {
		fmt.Fprintf(stderr, "imsagentd: %v\n", err)
	}
	return exitCode(err)
}

// setGC applies the profile's GOGC, unless the environment sets one. GOMEMLIMIT is
// memory.limit.
func setGC(name string) {
	if p, ok := board.Find(name); ok && os.Getenv("GOGC") == "" {
		debug.SetGCPercent(p.Memory.GC)
	}
}

// leaveNoCore keeps what is in memory, texts and keys, out of core files. A limit of 0 does not
// hold where the kernel hands a core to a program (core(5)); not being dumpable does. A panic
// ends by SIGABRT after its trace, since Go's own status for it is 2, which stands for a
// faulty configuration.
func leaveNoCore() {
	debug.SetTraceback("crash")
	_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{})
	_, _, _ = syscall.Syscall(syscall.SYS_PRCTL, syscall.PR_SET_DUMPABLE, 0, 0)
}

// exitCode is the exit code for what Run returned.
func exitCode(err error) int {
	switch {
	case err == nil:
		return exitStopped
	case errors.Is(err, agent.ErrRunning):
		return exitInstance
	case errors.Is(err, agent.ErrSpool):
		return exitSpool
	}
	return exitFailed
}

// logger writes to stderr at the configured level, one line a record.
func logger(level string, stderr io.Writer) *slog.Logger {
	var l slog.Level
	if l.UnmarshalText([]byte(level)) != nil {
		l = slog.LevelInfo
	}
	return slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: l}))
}
