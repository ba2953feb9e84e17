package ipc

import (
	"fmt"
	"slices"

	"github.com/tinylib/msgp/msgp"
)

// appendRequest appends the request in wire form. Keys go in order, so that the same call
// gives the same octets.
func appendRequest(dst []byte, id uint32, method string, params map[string]any) ([]byte, error) {
	dst = msgp.AppendArrayHeader(dst, 4)
	dst = msgp.AppendInt(dst, typeRequest)
	dst = msgp.AppendUint32(dst, id)
	dst = msgp.AppendString(dst, method)
	if len(params) == 0 {
		return msgp.AppendArrayHeader(dst, 0), nil
	}
	dst = msgp.AppendArrayHeader(dst, 1)
	dst, err := appendValue(dst, params)
	if err == nil && len(dst) > MaxFrame {
		err = ErrTooLarge
	}
	return dst, err
}

func appendValue(dst []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return msgp.AppendNil(dst), nil
	case string:
		return msgp.AppendString(dst, v), nil
	case []byte:
		return msgp.AppendBytes(dst, v), nil
	case bool:
		return msgp.AppendBool(dst, v), nil
	case int:
		return msgp.AppendInt(dst, v), nil
	case int64:
		return msgp.AppendInt64(dst, v), nil
	case []string:
		return appendList(dst, v)
	case map[string]string:
		return appendMap(dst, v)
	case map[string]any:
		return appendMap(dst, v)
	}
	return dst, fmt.Errorf("ipc: cannot send a %T", v)
}

func appendList[T any](dst []byte, list []T) (_ []byte, err error) {
	dst = msgp.AppendArrayHeader(dst, uint32(len(list)))
	for _, v := range list {
		if dst, err = appendValue(dst, v); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

func appendMap[T any](dst []byte, m map[string]T) (_ []byte, err error) {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	dst = msgp.AppendMapHeader(dst, uint32(len(keys)))
	for _, k := range keys {
		dst = msgp.AppendString(dst, k)
		if dst, err = appendValue(dst, m[k]); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// decodeFrame decodes one whole frame, as found by a [Framer], into Go values. Nothing is
// allocated by a claimed length: the framer has seen all that a header promises.
func decodeFrame(b []byte) (any, error) {
	r := reader{b: b}
	return r.value()
}

func (r *reader) value() (any, error) {
	switch r.peek() {
	case kindNil:
		r.skip()
		return nil, nil
	case kindBool:
		r.skip()
		return r.b[r.i-1] == 0xc3, nil
	case kindInt:
		return r.number(), nil
	case kindFloat:
		f, _, err := msgp.ReadFloat64Bytes(r.b[r.i:])
		r.skip()
		return f, err
	case kindStr:
		return string(r.payload().In(r.b)), nil
	case kindBin:
		return slices.Clone(r.payload().In(r.b)), nil
	case kindArray:
		return r.list()
	case kindMap:
		return r.dictionary()
	}
	r.skip() // an extension: nothing that we know
	return nil, nil
}

func (r *reader) number() any {
	at := r.i
	v, ok := r.integer()
	if !ok {
		return bigEndian(r.b[at+1 : r.i])
	}
	return v
}

func (r *reader) list() (any, error) {
	list := []any{}
	for range r.enter().count {
		v, err := r.value()
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

func (r *reader) dictionary() (any, error) {
	m := map[string]any{}
	for range r.enter().count / 2 {
		if k := r.peek(); k != kindStr {
			return nil, ErrKey
		}
		key := string(r.payload().In(r.b))
		v, err := r.value()
		if err != nil {
			return nil, err
		}
		m[key] = v
	}
	return m, nil
}
