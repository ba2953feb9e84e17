package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"

	"imsagent/agent"
)

// serve runs the agent until SIGTERM or SIGINT and returns the exit code. SIGHUP, which a
// vanishing terminal sends, is ignored.
func serve(cfg *agent.Config, stderr io.Writer) int {
	signal.Ignore(syscall.SIGHUP)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	err := agent.Run(ctx, cfg, version, logger(cfg.Log, stderr), announce)
	if err != nil {
		fmt.Fprintf(stderr, "imsagentd: %v\n", err)
	}
	return exitCode(err)
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

// logger writes to stderr at the configured level.
func logger(level string, stderr io.Writer) *slog.Logger {
	var l slog.Level
	if l.UnmarshalText([]byte(level)) != nil {
		l = slog.LevelInfo
	}
	return slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: l}))
}

// announce tells a service manager that the host socket answers (sd_notify's protocol).
func announce() {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return
	}
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return // nobody listens: not our failure
	}
	defer c.Close()
	_, _ = c.Write([]byte("READY=1"))
}
