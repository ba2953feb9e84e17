package qmi

// Messages of DMS.
const (
	DMSGetManufacturer  = 0x0021
	DMSGetModel         = 0x0022
	DMSGetIDs           = 0x0025
	DMSUIMVerifyPIN     = 0x0028
	DMSUIMGetPINStatus  = 0x002B
	DMSGetOperatingMode = 0x002D
	DMSGetTime          = 0x002F
	DMSUIMGetICCID      = 0x003C
	DMSUIMGetIMSI       = 0x0043
)

// An IDs is the identities of a device, as places in the frame. They are as the modem sent them:
// a buggy one puts other octets into an IMEI.
type IDs struct {
	ESN, IMEI, MEID, Version Span
}

// ParseIDs reads the answer to DMSGetIDs.
func ParseIDs(b []byte, f *Frame) (v IDs, err error) {
	if err := f.Result(b); err != nil {
		return v, err
	}
	for _, p := range [...]struct {
		kind uint8
		into *Span
	}{{0x10, &v.ESN}, {0x11, &v.IMEI}, {0x12, &v.MEID}, {0x13, &v.Version}} {
		if r, ok := f.Find(b, p.kind); ok {
			*p.into = r.Text()
		}
	}
	return v, nil
}

// ParseText reads an answer that is one string in TLV 01: DMSGetManufacturer, DMSGetModel,
// DMSUIMGetIMSI, DMSUIMGetICCID.
func ParseText(b []byte, f *Frame) (Span, error) {
	if err := f.Result(b); err != nil {
		return Span{}, err
	}
	r, ok := f.Find(b, 0x01)
	if !ok {
		return Span{}, ErrMissing
	}
	return r.Text(), nil
}

// AppendDMSVerifyPIN appends the request that enters PIN 1, for modems without UIMVerifyPIN.
func AppendDMSVerifyPIN(dst []byte, client uint8, txn uint16, pin string) ([]byte, error) {
	w := NewRequest(dst, DMS, client, txn, DMSUIMVerifyPIN)
	w.TLV(0x01)
	w.U8(1)
	w.U8(uint8(len(pin)))
	w.Text(pin)
	return w.Frame()
}

// A PINStatus is the state of PIN 1 or 2.
type PINStatus struct {
	Known          bool
	State          uint8 // 1 enabled and not verified, 2 verified, 3 disabled, 4 blocked, 5 for ever
	Verify, Unlock uint8 // tries left, of the PIN and of the PUK
}

// ParsePINStatus reads the answer to DMSUIMGetPINStatus.
func ParsePINStatus(b []byte, f *Frame) (pin [2]PINStatus, err error) {
	if err := f.Result(b); err != nil {
		return pin, err
	}
	for i := range pin {
		if r, ok := f.Find(b, uint8(0x11+i)); ok {
			p := PINStatus{true, r.U8(), r.U8(), r.U8()}
			if r.OK() {
				pin[i] = p
			}
		}
	}
	return pin, nil
}

// ParseSystemTime reads the answer to DMSGetTime: milliseconds of network time since
// 1980-01-06 00:00 UTC, leap seconds counted.
func ParseSystemTime(b []byte, f *Frame) (uint64, error) {
	if err := f.Result(b); err != nil {
		return 0, err
	}
	r, ok := f.Find(b, 0x10)
	if !ok {
		return 0, ErrMissing
	}
	v := r.U64()
	if !r.OK() {
		return 0, ErrValue
	}
	return v, nil
}
