// Package archtest holds the architecture: its tests fail when a package imports what
// its layer may not, when a protocol package stops being pure, or when a goroutine is
// started away from the edge. To allow something, edit the table and give the reason there.
package archtest
