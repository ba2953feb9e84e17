// Package bearer puts the IMS PDN connection's addresses on its network interface and restores
// the interface at the end. That it then carries packets is another question, which Probe answers.
//
// In: link state, MTU, addresses, a default route that every other one is preferred to, and of
// IPv6 what router advertisements may do: the prefix is ours alone and its interface identifier is
// the network's (RFC 6459 §5.2), so the kernel makes no address of its own.
//
// Out: bringing the PDN connection up, which is the modem's; name servers.
package bearer
