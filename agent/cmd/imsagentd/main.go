// Command imsagentd is the IMS messaging agent of a device: the daemon.
//
//	imsagentd [-config FILE] [-board NAME] [-state DIR] [-socket PATH]
//	          [-log debug|info|warn|error] [-user NAME] [-check [-json]] [-version]
//
// Without -config it reads /etc/imsagent/imsagent.toml if that exists. Flags override the
// file, the file overrides the board profile. A configuration with faults lists all of them,
// each with key and line, before anything is opened.
//
// -board help lists the boards. -check tests whether this machine can run the agent as it is
// configured, and says of each finding what to do about it; it exits 0, or 1 if something is
// in the way.
//
// -user is for where no service manager changes the user: started as root, the agent makes the
// state and the socket's directory for that user and becomes it, with the capabilities
// CAP_NET_RAW and CAP_WAKE_ALARM if it has them, and no way back.
//
// Exit codes: 0 stopped by SIGTERM or SIGINT, 1 failed while running, 2 usage or
// configuration, 3 spool unusable (newer, locked, damaged), 4 another instance; a crash ends
// by SIGABRT. It leaves no core file. Restarting loses nothing, and only after 1 or a signal
// is it of use. In the environment NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID are those of
// sd_notify(3): READY=1 once the host socket answers, WATCHDOG=1 twice a period while the
// event loop makes steps.
//
// The log goes to standard error, one line a record; at rest nothing is written.
package main

import "os"

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
