package board

// sim is no board: the machine at hand, with the simulated modem that make demo uses:
// modemsim -pty /dev/shm/imsagent-modem.
//
// Source: modem/cmd/modemsim, which makes that link to a pty of its own.
var sim = Profile{
	Name:     "sim",
	Title:    "this machine, with the simulated modem (modemsim)",
	Arch:     Any,
	Protocol: "at",
	Device:   "/dev/shm/imsagent-modem",
	Baud:     115200,
	Memory:   large,

	ESP:   Unknown,
	Init:  Own,
	Proof: Demo,
}
