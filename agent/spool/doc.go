// Package spool is the durable outbox and inbox: a small checked log, made for NAND.
package spool
