package main

import (
	"net"
	"os"
	"strconv"
	"time"
)

// A supervisor is the service manager, where there is one that listens (sd_notify(3)).
type supervisor struct {
	conn     *net.UnixConn // nil: nobody listens
	watchdog time.Duration // it ends us after so long without WATCHDOG=1; 0: never
}

// notifyPatience is how long a word to the supervisor may wait: the loop says it.
const notifyPatience = 100 * time.Millisecond

// openSupervisor reads $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID. A socket that cannot
// be used is as good as none: not our failure.
func openSupervisor() *supervisor {
	m := &supervisor{}
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return m
	}
	var err error
	if m.conn, err = net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"}); err != nil {
		m.conn = nil
		return m
	}
	m.watchdog = watchdog(os.Getenv("WATCHDOG_USEC"), os.Getenv("WATCHDOG_PID"), os.Getpid())
	return m
}

// watchdog is the period for process self; one that is meant for another process is none
// (sd_watchdog_enabled(3)).
func watchdog(microseconds, pid string, self int) time.Duration {
	if pid != "" && pid != strconv.Itoa(self) {
		return 0
	}
	n, err := strconv.ParseInt(microseconds, 10, 64)
	if err != nil || n <= 0 || n > int64(1<<63-1)/int64(time.Microsecond) {
		return 0
	}
	return time.Duration(n) * time.Microsecond
}

// tell sends one assignment.
func (m *supervisor) tell(text string) {
	if m.conn == nil {
		return
	}
	m.conn.SetWriteDeadline(time.Now().Add(notifyPatience))
	_, _ = m.conn.Write([]byte(text))
}

func (m *supervisor) close() {
	if m.conn != nil {
		m.conn.Close()
	}
}
