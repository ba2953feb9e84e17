package qmi

// Messages of CTL.
const (
	CTLGetVersionInfo    = 0x0021
	CTLAllocateClientID  = 0x0022
	CTLReleaseClientID   = 0x0023
	CTLRevokeClientID    = 0x0024 // indication
	CTLSync              = 0x0027 // as an indication: the modem has restarted, all client ids are gone
	CTLInternalProxyOpen = 0xFF00 // to qmi-proxy only
)

// AppendProxyOpen appends the first message to qmi-proxy, which names the device.
func AppendProxyOpen(dst []byte, txn uint8, device string) ([]byte, error) {
	w := NewRequest(dst, CTL, 0, uint16(txn), CTLInternalProxyOpen)
	w.TLV(0x01)
	w.Text(device)
	return w.Frame()
}

// AppendAllocate appends the request for a client id of a service below 256.
func AppendAllocate(dst []byte, txn uint8, s Service) ([]byte, error) {
	w := NewRequest(dst, CTL, 0, uint16(txn), CTLAllocateClientID)
	w.TLV(0x01)
	w.U8(uint8(s))
	return w.Frame()
}

// AppendRelease appends the request that gives a client id back.
func AppendRelease(dst []byte, txn uint8, s Service, client uint8) ([]byte, error) {
	w := NewRequest(dst, CTL, 0, uint16(txn), CTLReleaseClientID)
	w.TLV(0x01)
	w.U8(uint8(s))
	w.U8(client)
	return w.Frame()
}

// ParseClient reads the client id of an answer to AppendAllocate or AppendRelease, and of a
// revocation.
func ParseClient(b []byte, f *Frame) (s Service, client uint8, err error) {
	if f.Kind == Response {
		if err := f.Result(b); err != nil {
			return 0, 0, err
		}
	}
	r, ok := f.Find(b, 0x01)
	if !ok {
		return 0, 0, ErrMissing
	}
	if s, client = Service(r.U8()), r.U8(); !r.OK() {
		return 0, 0, ErrValue
	}
	return s, client, nil
}
