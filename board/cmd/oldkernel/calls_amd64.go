package main

// firstNewer is execveat (Linux 3.19); bpf, the last of 3.18, is 321. Both from the kernel's
// table of system calls of this architecture.
const firstNewer = 322
