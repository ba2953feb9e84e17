package main

import (
	"cmp"
	"fmt"
	"io"

	"imsagent/board"
)

// listBoards prints the profiles, a line each.
func listBoards(w io.Writer) {
	const form = "%-15s  %-5s  %-4s  %-23s  %4s MB  %-11s  %-8s  %-8s  %-9s  %s\n"
	fmt.Fprintf(w, form, "BOARD", "CPU", "BY", "DEVICE", "RAM", "KERNEL", "ESP", "INIT", "PROOF", "WHAT")
	for _, p := range board.All() {
		ram := "-"
		if p.RAM > 0 {
			ram = fmt.Sprint(p.RAM)
		}
		fmt.Fprintf(w, form, p.Name, p.Arch, p.Protocol, p.Device, ram, cmp.Or(p.Kernel, "-"), p.ESP, p.Init, p.Proof, p.Title)
	}
	fmt.Fprintf(w, "\nPROOF: %s = a kernel was booted for it under QEMU until the agent was ready; %s = the tests pass as its CPU;\n"+
		"%s = make demo runs the chat there; %s = nothing was run. ESP: whether its kernel has IPsec's ESP.\n",
		board.Booted, board.Emulated, board.Demo, board.Unproven)
}
