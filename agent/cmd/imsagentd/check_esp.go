package main

import (
	"strings"
	"syscall"
	"unsafe"

	"imsagent/agent"
)

// netlinkXFRM is the netlink family that security associations are set by.
const netlinkXFRM = 6

// afALG is AF_ALG of linux/socket.h: the kernel's ciphers for programs.
const afALG = 38

// suites are the algorithms of TS 33.203 Annex H, with the kernel's names for what ESP does
// with them.
var suites = []struct{ name, kernel string }{
	{"hmac-sha-1-96/aes-cbc", "authenc(hmac(sha1),cbc(aes))"},
	{"hmac-sha-1-96/null", "authenc(hmac(sha1),ecb(cipher_null))"},
	{"hmac-md5-96/aes-cbc", "authenc(hmac(md5),cbc(aes))"},
	{"hmac-sha-1-96/des-ede3-cbc", "authenc(hmac(sha1),cbc(des3_ede))"},
}

func checkESP(c *agent.Config) finding {
	wanted := c.IMS.Register && c.IMS.Security == "ipsec"
	s, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, netlinkXFRM)
	if err != nil {
		f := finding{Verdict: warn, Text: "no security associations: " + err.Error(), Fix: "a kernel with CONFIG_XFRM_USER, INET_ESP, INET6_ESP; or ims.security = \"none\" where the network allows it"}
		if wanted {
			f.Verdict = bad
		}
		return f
	}
	syscall.Close(s)
	has, lacks, known := ciphers()
	if !known {
		return finding{Verdict: good, Text: "the kernel has security associations; it does not say which ciphers (no CONFIG_CRYPTO_USER_API_AEAD)"}
	}
	return judgeCiphers(has, lacks, wanted)
}

func judgeCiphers(has, lacks []string, wanted bool) finding {
	f := finding{Verdict: good, Text: "security associations, with " + strings.Join(has, ", ")}
	if len(has) == 0 {
		f.Verdict, f.Text = warn, "security associations, but no cipher for them"
		if wanted {
			f.Verdict = bad
		}
	}
	if len(lacks) > 0 {
		f.Text += "; without " + strings.Join(lacks, ", ")
		f.Fix = "a kernel with CONFIG_CRYPTO_AUTHENC, CBC, HMAC, SHA1, MD5, AES, DES, NULL, ECHAINIV, DRBG"
		if f.Verdict == good {
			f.Verdict = warn
		}
	}
	return f
}

// ciphers asks the kernel for each suite. It loads the modules if it may; known is false where
// programs cannot ask.
func ciphers() (has, lacks []string, known bool) {
	for _, x := range suites {
		switch errno := bindCipher(x.kernel); errno {
		case 0:
			has, known = append(has, x.name), true
		case syscall.ENOENT:
			lacks = append(lacks, x.name)
		}
	}
	return has, lacks, known || len(lacks) > 0 && bindCipher("authenc(no(no),no(no))") == syscall.ENOENT
}

// sockaddrALG is struct sockaddr_alg.
type sockaddrALG struct {
	family     uint16
	kind       [14]byte
	feat, mask uint32
	name       [64]byte
}

// bindCipher returns what the kernel says of an algorithm: 0, or ENOENT for one that it has
// not. EAFNOSUPPORT is for programs that may not ask.
func bindCipher(name string) syscall.Errno {
	s, err := syscall.Socket(afALG, syscall.SOCK_SEQPACKET|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return syscall.EAFNOSUPPORT
	}
	defer syscall.Close(s)
	a := sockaddrALG{family: afALG}
	copy(a.kind[:], "aead")
	copy(a.name[:], name)
	_, _, errno := syscall.Syscall(syscall.SYS_BIND, uintptr(s), uintptr(unsafe.Pointer(&a)), unsafe.Sizeof(a))
	return errno
}
