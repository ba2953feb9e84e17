package agenttest

// A Script is the name of one and what it plays.
type Script struct{ Name, Text string }

// script is one row of the table.
type script struct {
	Script
	originates bool // the network sends the INVITE, so it must know the UE
	run        func(*Network) error
}

// scripts is what can be played. To add one, add a row.
var scripts = []script{
	{Script{"trace", "answers as UA2 of the reference trace, in its spelling"}, false, (*Network).playTrace},
	{Script{"trace-originating", "originates as UA1 of the reference trace, in its spelling"}, true, (*Network).playOriginating},
	{Script{"busy", "answers 486 to an INVITE"}, false, (*Network).playBusy},
	{Script{"declined", "answers 603 to an INVITE"}, false, (*Network).playDeclined},
	{Script{"echo", "answers every INVITE and sends each text back, for ever"}, false, (*Network).playEcho},
	{Script{"mirror", "as echo, but nothing is lost: what is not answered goes again in the next session, or in a call of its own"}, false, (*Network).playMirror},
	{Script{"media", "no SIP: takes MSRP connections for the session-id \"media\" and reports each text, for ever"}, false, (*Network).playMedia},
	{Script{"chunks", "takes a message in many chunks and sends one of 20000 octets back in chunks"}, false, (*Network).playChunks},
	{Script{"lost", "closes the MSRP connection on the first message; takes it in a second session"}, false, (*Network).playLost},
}

// Scripts lists the scripts in the order in which they are documented.
func Scripts() []Script {
	all := make([]Script, len(scripts))
	for i, s := range scripts {
		all[i] = s.Script
	}
	return all
}

// Endless reports whether a script goes on until it is closed.
func Endless(name string) bool { return name == "echo" || name == "mirror" || name == "media" }

func find(name string) (script, bool) {
	for _, s := range scripts {
		if s.Name == name {
			return s, true
		}
	}
	return script{}, false
}
