package qmi

// Messages of IMSA and of IMS settings.
const (
	IMSAGetRegistrationStatus = 0x0020
	IMSARegistrationStatus    = 0x0023 // indication
	IMSSetServices            = 0x008F
	IMSGetServices            = 0x0090
)

// A RegistrationStatus is what the modem's own IMS client is up to.
type RegistrationStatus uint8

// The states of the modem's own IMS client.
const (
	IMSUnknown RegistrationStatus = iota // the modem does not tell
	IMSNotRegistered
	IMSRegistering
	IMSRegistered
	IMSLimited
)

// ParseRegistrationStatus reads the answer to IMSAGetRegistrationStatus, or the indication.
// IMSUnknown without an error is a modem that has the service and says nothing.
func ParseRegistrationStatus(b []byte, f *Frame) (RegistrationStatus, error) {
	kind := uint8(0x12)
	if f.Kind == Indication {
		kind = 0x11
	} else if err := f.Result(b); err != nil {
		return IMSUnknown, err
	}
	r, ok := f.Find(b, kind)
	if !ok {
		return IMSUnknown, nil
	}
	v := r.U32()
	if !r.OK() {
		return IMSUnknown, ErrValue
	}
	if v > 3 {
		return IMSUnknown, nil
	}
	return IMSNotRegistered + RegistrationStatus(v), nil
}

// AppendSetRegistration appends the request that switches the modem's own IMS registration on or
// off.
func AppendSetRegistration(dst []byte, client uint8, txn uint16, on bool) ([]byte, error) {
	w := NewRequest(dst, IMS, client, txn, IMSSetServices)
	w.TLV(0x18)
	w.Flag(on)
	return w.Frame()
}

// ParseRegistrationEnabled reads from the answer to IMSGetServices whether the modem's own IMS
// registration is switched on.
func ParseRegistrationEnabled(b []byte, f *Frame) (bool, error) {
	if err := f.Result(b); err != nil {
		return false, err
	}
	r, ok := f.Find(b, 0x18)
	if !ok {
		return false, ErrMissing
	}
	v := r.Flag()
	return v, r.err()
}
