package spool

// identityName is the file that holds the header once more, for the case that the page of a
// segment's own copies cannot be read: without the salt no record of it could be checked.
const identityName = "identity"

// readIdentity takes the salt from there, if it is there and good.
func (s *Spool) readIdentity() (known bool, err error) {
	if !s.hasIdentity {
		return false, nil
	}
	b := s.block[:headerSize]
	n, err := s.readSome(identityName, b, 0)
	h, ok, newer := parseHeader(b[:n])
	if newer {
		return false, ErrNewer
	}
	if s.hasIdentity = err == nil && ok; s.hasIdentity {
		s.salt = h.salt
		s.disk += headerSize
	}
	return s.hasIdentity, nil
}

// writeIdentity makes the file where it is missing or damaged, once there is a salt to keep.
// When that fails the next Open tries again.
func (s *Spool) writeIdentity() {
	if s.fresh || s.hasIdentity {
		return
	}
	f, err := s.fs.Open(identityName, true)
	if err != nil {
		return
	}
	h := header{salt: s.salt}
	if _, err = f.WriteAt(h.append(nil), 0); err == nil {
		err = f.Sync()
	}
	f.Close()
	if err != nil {
		_ = s.fs.Remove(identityName)
		return
	}
	s.hasIdentity = true
	s.disk += headerSize
}
