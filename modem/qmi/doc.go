// Package qmi speaks the Qualcomm MSM Interface to a modem and keeps what an IMS UE needs of it:
// the serving cell, the SIM and the addresses of the IMS bearer. It is pure: octets and the time
// go in, frames and notes come out. Package modem opens the device or the proxy and waits.
//
//	octets → Parse → Frame ─→ Session.Step ─┬→ Parse… → ServingSystem, CellLocation, SystemInfo, …
//	                                         └→ Session.Next → Note (cell, SIM, silent, …)
//	Session.Output → Append… → frame to write
//
// In: control packets of QRTR; QMUX framing in both directions, also with the 16-bit services of marker 02 (L14: a frame
// has at most MaxFrame octets); CTL client ids, allocated and released; messages of DMS, NAS, UIM,
// WDS, IMSA and IMS settings as far as an IMS UE reads or sets them.
//
// Out: devices and clocks; SMS, voice, location; sockets.
//
// There is no public standard. Names of services, messages and TLVs are those of libqmi's public
// tables; layouts are held by frames that real modems sent, and by what qmicli prints of them.
//
// Memory: a Frame holds places in the caller's buffer and no pointer; a Reader is used up while
// that buffer stands. Append functions write within capacity. A Session owns one answer buffer.
package qmi
