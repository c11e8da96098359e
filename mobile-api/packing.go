package mobileapi

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/labstack/echo/v4"
)

// coding is a content coding (RFC 9110 §8.4.1).
type coding string

const (
	identity   coding = "identity"
	gzipCoding coding = "gzip"
	zstdCoding coding = "zstd"
)

const (
	packingRoom = 64 << 10  // what packing may add to what does not pack
	zstdWindow  = 8 << 20   // RFC 9659 §3
	zstdBlock   = 128 << 10 // at most, unpacked (RFC 8878 §3.1.1.2.4)
	worthIt     = 600       // bytes; less is sent as it is
)

// packing is how a request's body is packed.
func packing(h http.Header) (coding, error) {
	named := strings.ToLower(strings.TrimSpace(strings.Join(h.Values(echo.HeaderContentEncoding), ",")))
	switch named {
	case "", "identity":
		return identity, nil
	case "gzip", "x-gzip":
		return gzipCoding, nil
	case "zstd":
		return zstdCoding, nil
	}
	return "", &Refusal{Status: http.StatusUnsupportedMediaType, Code: "unsupported_encoding", Accept: "zstd, gzip",
		Detail: "Send the body as it is, or packed once, with zstd or gzip."}
}

// unpack gives the body, of which no more than limit bytes are ever unpacked.
func unpack(packed coding, b []byte, limit int) ([]byte, error) {
	switch packed {
	case gzipCoding:
		return gunzip(b, limit)
	case zstdCoding:
		return unzstd(b, limit)
	}
	return b, nil
}

var gunzippers = sync.Pool{New: func() any { return new(gzip.Reader) }}

func gunzip(b []byte, limit int) ([]byte, error) {
	z := gunzippers.Get().(*gzip.Reader)
	defer gunzippers.Put(z)
	out := bytes.NewBuffer(make([]byte, 0, room(b, limit)+2*bytes.MinRead))
	err := z.Reset(bytes.NewReader(b))
	if err == nil {
		_, err = out.ReadFrom(io.LimitReader(z, int64(limit)+1))
	}
	switch {
	case err != nil:
		return nil, notPacked()
	case out.Len() > limit:
		return nil, tooLarge(limit)
	}
	return out.Bytes(), nil
}

// unzstdder unpacks in one piece, into no more room than it is given, in as many places at a time as there are processors.
var unzstdder = sync.OnceValue(func() *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(zstdWindow), zstd.WithDecodeAllCapLimit(true))
	if err != nil {
		panic("zstd: " + err.Error()) // its options are constants
	}
	return d
})

// unzstd tries with the room that is likely to do, and then with all that there may be. It is a block that does not fit
// which stops the decoder, so with the room of a block to spare, more than was asked for is there when one does.
func unzstd(b []byte, limit int) ([]byte, error) {
	for most := room(b, limit); ; most = limit {
		out, err := unzstdder().DecodeAll(b, make([]byte, 0, most+zstdBlock))
		over := len(out) > most || errors.Is(err, zstd.ErrDecoderSizeExceeded)
		switch {
		case over && most < limit:
		case over:
			return nil, tooLarge(limit)
		case err != nil:
			return nil, notPacked()
		default:
			return out, nil
		}
	}
}

// room is what a packed body is likely to need.
func room(b []byte, limit int) int { return min(8*len(b), limit) }

func notPacked() error {
	return malformed("The body is not packed as Content-Encoding says, or not whole.")
}

// negotiated is how a response is to be packed.
func negotiated(accept []string) coding {
	return cmp.Or(coding(Negotiated(accept, string(gzipCoding), string(zstdCoding))), identity)
}

// Negotiated is which of the offered content codings a response is to have (RFC 9110 §12.5.3): the one that the client
// likes best, and of those that it likes equally, the last; empty: none. An element that cannot be read is passed over.
func Negotiated(accept []string, offered ...string) string {
	quality := map[string]int{} // in thousandths
	for _, line := range accept {
		for element := range strings.SplitSeq(line, ",") {
			name, params, _ := strings.Cut(element, ";")
			name = strings.ToLower(strings.TrimSpace(name))
			if q, ok := qvalue(params); ok && name != "" {
				quality[name] = q
			}
		}
	}
	if q, ok := quality["x-gzip"]; ok { // RFC 9110 §8.4.1.3
		quality["gzip"] = max(q, quality["gzip"])
	}
	best, most := "", quality[string(identity)]
	for _, as := range offered {
		q, named := quality[as]
		if !named {
			q = quality["*"]
		}
		if q > 0 && q >= most {
			best, most = as, q
		}
	}
	return best
}

// qvalue reads the weight of an element, in thousandths: 1000 where there is none.
func qvalue(params string) (int, bool) {
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(param), "=")
		if !strings.EqualFold(name, "q") {
			continue
		}
		whole, part, _ := strings.Cut(value, ".")
		if len(whole) != 1 || len(part) > 3 {
			return 0, false
		}
		q, err := strconv.ParseUint(whole+part+"000"[len(part):], 10, 16)
		return int(q), err == nil && q <= 1000
	}
	return 1000, true
}

var zstdder = sync.OnceValue(func() *zstd.Encoder {
	e, err := zstd.NewWriter(nil, zstd.WithWindowSize(1<<20), zstd.WithLowerEncoderMem(true))
	if err != nil {
		panic("zstd: " + err.Error()) // its options are constants
	}
	return e
})

var gzippers = sync.Pool{New: func() any {
	z, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	if err != nil {
		panic("gzip: " + err.Error()) // its level is a constant
	}
	return z
}}

// pack appends b, packed, to dst.
func pack(as coding, dst, b []byte) []byte {
	if as == zstdCoding {
		return zstdder().EncodeAll(b, dst)
	}
	z := gzippers.Get().(*gzip.Writer)
	defer gzippers.Put(z)
	out := appender(dst)
	z.Reset(&out)
	_, _ = z.Write(b) // an appender takes everything
	_ = z.Close()
	z.Reset(nil)
	return out
}

type appender []byte

func (a *appender) Write(b []byte) (int, error) {
	*a = append(*a, b...)
	return len(b), nil
}
