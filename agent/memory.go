package agent

import (
	"runtime"
	"runtime/debug"
)

// garbageRoom is what may be allocated between two collections where the limit leaves less.
// The runtime keeps 1 MiB of it free.
const garbageRoom = 3 << 20

// holdMemory begins steady state: what only the start needed goes back to the system. From
// here on next to nothing is allocated; but under a limit below what the agent holds anyway,
// the collector would run for every bit of that, and find nothing. The limit is then what is
// held and garbageRoom.
func holdMemory(limit int64) {
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	debug.SetMemoryLimit(max(limit, int64(m.Sys-m.HeapReleased)+garbageRoom))
}
