// Package image makes what QEMU needs to boot a board's stand-in: a kernel out of a Debian
// package and an initramfs with the modules that the profile names and an init in Go
// (board/cmd/guestinit). There is no shell in it. Our programs are not in it either: two of
// them would fill a machine of 64 MB. They are in a directory that the guest mounts over 9p
// and reads page by page, as it would from flash.
//
//	k, err := image.FetchKernel(profile.Emulator, cache)  // apt, with a state of its own
//	err = image.Build(out, k, modules, init)              // gzip of a newc archive
//	argv := image.Command(profile.Emulator, run)          // what to start
//
// In: the archive (the kernel's Documentation/driver-api/early-userspace/buffer-format), the
// order of modules by the `depends=` of their .modinfo. Out: starting QEMU, networks of the
// host, the tests.
//
// The kernel comes from the package manager under a private apt state, so the machine's own
// package lists and architectures stay as they are. Its ABI number is what the meta package
// depends on today; it is written nowhere. A kernel in the cache is used as it is and without
// network; remove its directory for a newer one.
package image
