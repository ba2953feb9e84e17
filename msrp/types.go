package msrp

import "bytes"

// AllowsType reports whether list, space separated as in a=accept-types (§8.6), has
// mediaType. Parameters are not compared: "a format with parameters matches one without".
// "*" stands for everything, "text/*" for every text.
func AllowsType(list string, mediaType []byte) bool {
	t := bareType(mediaType)
	slash := bytes.IndexByte(t, '/')
	if slash <= 0 || slash == len(t)-1 || !printable(t) {
		return false
	}
	for len(list) > 0 {
		var entry string
		entry, list = nextField(list)
		if matchesType(entry, t, slash) {
			return true
		}
	}
	return false
}

func matchesType(entry string, t []byte, slash int) bool {
	for i := range len(entry) {
		if entry[i] == ';' {
			entry = entry[:i]
			break
		}
	}
	if n := len(entry); n > 2 && entry[n-2:] == "/*" {
		return equalFold(t[:slash+1], entry[:n-1])
	}
	return entry == "*" || equalFold(t, entry)
}

// bareType is a media type without parameters.
func bareType(t []byte) []byte {
	if i := bytes.IndexByte(t, ';'); i >= 0 {
		t = t[:i]
	}
	return trim(t, 0, len(t)).In(t)
}

func nextField(list string) (field, rest string) {
	for i := range len(list) {
		if list[i] == ' ' {
			return list[:i], list[i+1:]
		}
	}
	return list, ""
}
