// Package install makes what is put on a board besides the programs: a default configuration,
// the unit of the board's init, and the script that puts all in place. The texts are in files/,
// as templates; what differs from one board to the next comes from its profile.
//
//	l := install.On(profile)         // where everything goes
//	files, err := l.Files()          // configuration, unit, udev rule
//	script, err := l.Script()        // install, of the tar
//	text, err := install.Packer(…)   // nfpm's description of the .deb
//
// To add an init: name it in package board, put its unit into files/ and both into units.
//
// Every unit starts the agent as the user imsagent with CAP_NET_RAW (binding to an interface
// before Linux 5.7; any socket with ANDROID_PARANOID_NETWORK) and CAP_WAKE_ALARM (ending
// suspend), restarts it after a crash or exit status 1, and leaves it alone after 0 (stopped),
// 2 (configuration), 3 (spool) and 4 (another instance). In: texts. Out: building, archives.
package install
