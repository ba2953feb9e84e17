// Command imsagentd is the IMS messaging agent of a device: the daemon.
//
//	imsagentd [-config FILE] [-board NAME] [-state DIR] [-socket PATH]
//	          [-log debug|info|warn|error] [-check [-json]] [-version]
//
// Without -config it reads /etc/imsagent/imsagent.toml if that exists. Flags override the
// file, the file overrides the board profile. A configuration with faults lists all of them,
// each with key and line, before anything is opened.
//
// -board help lists the boards. -check tests whether this machine can run the agent as it is
// configured, and says of each finding what to do about it; it exits 0, or 1 if something is
// in the way.
//
// Exit codes: 0 stopped by SIGTERM or SIGINT, 1 failed while running, 2 usage or
// configuration, 3 spool unusable (newer, locked, damaged), 4 another instance.
package main

import "os"

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
