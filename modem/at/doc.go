// Package at speaks the AT command language of 3GPP TS 27.007 and ITU-T V.250 to a modem and
// keeps what an IMS UE needs of it: the serving cell. It is pure: octets and the time go in,
// commands and notes come out. Package modem opens the device and waits.
//
//	octets → Assembler → line → Session.Step ─┬→ Queue: Classify, answer or final result
//	                                          ├→ Parse… → Registration, PLMN, serving cell
//	     Session.Output → octets to write     └→ Session.Next → Note (cell, SIM, silent, …)
//
// In: line assembly with a limit (L14), classification of a line by the pending command, one
// command at a time with a deadline, resynchronisation after a silence, the registration lines
// +CREG, +CGREG, +CEREG and +C5GREG in all the shapes that modems were recorded to send, +COPS,
// +CPIN, the serving-cell reports of vendors, the value of P-Access-Network-Info (3GPP TS 24.229
// §7.2A.4); commands of the caller between its own (Ask), and the answers to +CSIM, +CGLA, +CRSM and
// +CCHO.
//
// Out: devices and clocks; what a card's octets mean (package uicc); SMS.
//
// Memory: an Assembler owns one line buffer of MaxLine octets, and a line is valid until its
// next call. Nothing else keeps octets of a line, and no line allocates but
// the names of maker and model.
package at
