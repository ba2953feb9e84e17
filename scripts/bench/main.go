package main

import (
	"fmt"
	"os"
	"time"
)

func main() {
	total := time.Second
	if d, err := time.ParseDuration(os.Getenv("BENCHTIME")); err == nil && d > 0 {
		total = d
	}
	bulk, stop := bulkGroups()
	defer stop()
	var groups []group
	groups = append(groups, sipGroups()...)
	groups = append(groups, msrpGroups()...)
	groups = append(groups, bulk...)
	groups = append(groups, sdpGroups()...)
	groups = append(groups, cpimGroups()...)
	groups = append(groups, ipcGroups()...)
	groups = append(groups, copyGroup())
	fmt.Println("| what | ours | ns | allocs | against | ns | allocs | ratio | aim | |")
	fmt.Println("|---|---|---:|---:|---|---:|---:|---:|---|---|")
	for _, g := range groups {
		g.measure(total)
		g.print()
	}
}

// wire reads a text of testdata; run from this folder or from the module's root.
func wire(name string) []byte {
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		b, err = os.ReadFile("scripts/bench/testdata/" + name)
	}
	must(err)
	return b
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
