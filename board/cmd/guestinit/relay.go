package main

import (
	"io"
	"net"
)

// hostSocket is where imsagentd answers unless its configuration says otherwise.
const hostSocket = "/run/imsagent/host.sock"

// relay lets the machine that runs us talk to imsagentd: each connection to the address is
// joined to one of the host socket.
func relay(addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go join(c)
		}
	}()
	return nil
}

// join copies both ways until one side ends.
func join(outside net.Conn) {
	defer outside.Close()
	inside, err := net.Dial("unix", hostSocket)
	if err != nil {
		return
	}
	defer inside.Close()
	go func() {
		io.Copy(inside, outside)
		inside.Close()
	}()
	io.Copy(outside, inside)
}
