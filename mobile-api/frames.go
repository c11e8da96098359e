package mobileapi

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"

	"github.com/labstack/echo/v4"

	deltasync "alongside/sync"
)

// frames is a response in the making: a deltasync.Sink that writes one JSON object a line (PROTOCOL §4.3).
type frames struct {
	b       []byte
	records int
	head    deltasync.Version
	recall  bool // the client's build must not go on
}

// buffers are kept for the next response, but for those that a rare large one has left.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

const keptBuffer = 1 << 20

func newFrames() *frames {
	return &frames{b: *buffers.Get().(*[]byte)}
}

// release gives the buffer back. What was handed out of it is gone.
func (f *frames) release() { keepBuffer(f.b) }

func keepBuffer(b []byte) {
	if cap(b) <= keptBuffer {
		b = b[:0]
		buffers.Put(&b)
	}
}

// send packs the frames as the client likes it, and writes them.
func (f *frames) send(c echo.Context) error {
	f.pack(c)
	return write(c, f.b)
}

// pack packs the frames as the client likes it.
func (f *frames) pack(c echo.Context) {
	as := packedFor(c, "application/x-ndjson", len(f.b))
	if as != identity {
		packed := pack(as, (*buffers.Get().(*[]byte))[:0], f.b)
		f.release()
		f.b = packed
	}
}

// sendJSON is send of one JSON value.
func sendJSON(c echo.Context, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if as := packedFor(c, echo.MIMEApplicationJSON, len(b)); as != identity {
		b = pack(as, nil, b)
	}
	return write(c, b)
}

// packedFor sets the headers of a response that may be packed, and says how it is to be.
func packedFor(c echo.Context, media string, size int) coding {
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, media)
	h.Set(echo.HeaderVary, echo.HeaderAcceptEncoding)
	as := negotiated(c.Request().Header.Values(echo.HeaderAcceptEncoding))
	if as == identity || size < worthIt {
		return identity
	}
	h.Set(echo.HeaderContentEncoding, string(as))
	return as
}

func write(c echo.Context, b []byte) error {
	c.Response().Header().Set(echo.HeaderContentLength, strconv.Itoa(len(b)))
	c.Response().WriteHeader(http.StatusOK)
	_, err := c.Response().Write(b)
	return err
}

// unsaid takes back what tells a browser how to treat a document, and the name that a fault is asked about by. No browser shows the answer to a
// request that only a script with a token can make, nor takes it for a script or a style; and a phone pays for each byte, many times a day.
func unsaid(c echo.Context) {
	h := c.Response().Header()
	for _, name := range []string{"Content-Security-Policy", "Referrer-Policy", "Cross-Origin-Resource-Policy", "X-Content-Type-Options", echo.HeaderXRequestID} {
		h.Del(name)
	}
}

func (f *frames) Size() int { return len(f.b) }

func (f *frames) Ack(through uint64, results []deltasync.Result) {
	b := append(f.b, `{"frame":"ack","through":`...)
	b = strconv.AppendUint(b, through, 10)
	b = append(b, `,"results":[`...)
	for i, r := range results {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"n":`...)
		b = strconv.AppendUint(b, r.N, 10)
		b = text(b, `,"id":`, string(r.ID))
		b = text(b, `,"status":`, string(r.Status))
		if r.Version != 0 {
			b = number(b, `,"version":`, r.Version)
		}
		if r.Code != "" {
			b = text(b, `,"code":`, r.Code)
		}
		if r.Detail != "" {
			b = text(b, `,"detail":`, r.Detail)
		}
		b = append(b, '}')
	}
	f.b = append(b, "]}\n"...)
}

func (f *frames) Scope(s deltasync.Scope, gen deltasync.Version, mark deltasync.Mark) {
	f.begin("scope", s, gen)
	if mark == deltasync.Backfill {
		f.b = append(f.b, `,"backfill":true`...)
	} else {
		f.b = append(f.b, `,"done":true`...)
	}
	f.end()
}

func (f *frames) Record(s deltasync.Scope, gen deltasync.Version, c deltasync.Change) {
	f.begin("record", s, gen)
	f.name(c)
	f.b = append(f.b, ',')
	f.b = append(f.b, c.Body...)
	f.end()
	f.records++
}

func (f *frames) Gone(s deltasync.Scope, gen deltasync.Version, c deltasync.Change) {
	f.begin("gone", s, gen)
	f.name(c)
	f.end()
}

func (f *frames) Drop(s deltasync.Scope, gen deltasync.Version) {
	f.begin("drop", s, gen)
	f.end()
}

func (f *frames) Page(p deltasync.Page) {
	f.head = p.Head
	b := text(f.b, `{"frame":"page","cursor":`, p.Cursor)
	b = append(b, `,"complete":`...)
	b = strconv.AppendBool(b, p.Complete)
	if p.Reset {
		b = append(b, `,"reset":true`...)
	}
	if f.recall {
		b = append(b, `,"recall":true`...)
	}
	b = number(b, `,"head":`, p.Head)
	b = text(b, `,"epoch":`, p.Epoch)
	b = append(b, `,"through":`...)
	b = strconv.AppendUint(b, p.Through, 10)
	b = append(b, `,"safe":`...)
	b = strconv.AppendUint(b, p.Safe, 10)
	b = append(b, `,"server_time":`...)
	b = deltasync.AppendTime(b, p.Time)
	if p.Complete {
		b = sum(b, `,"total":`, p.Total)
	}
	if p.Complete && p.Sums != nil {
		b = append(b, `,"sums":{`...)
		for i, s := range slices.Sorted(maps.Keys(p.Sums)) {
			if i > 0 {
				b = append(b, ',')
			}
			b = deltasync.AppendString(b, string(s))
			b = sum(b, `:`, p.Sums[s])
		}
		b = append(b, '}')
	}
	f.b = b
	f.end()
}

func (f *frames) begin(frame string, s deltasync.Scope, gen deltasync.Version) {
	f.b = append(f.b, `{"frame":"`...)
	f.b = append(f.b, frame...)
	f.b = text(f.b, `","scope":`, string(s))
	f.b = number(f.b, `,"gen":`, gen)
}

func (f *frames) name(c deltasync.Change) {
	f.b = text(f.b, `,"kind":`, c.Kind)
	f.b = text(f.b, `,"id":`, string(c.ID))
	f.b = number(f.b, `,"version":`, c.Version)
}

func (f *frames) end() { f.b = append(f.b, "}\n"...) }

func text(b []byte, before, s string) []byte {
	return deltasync.AppendString(append(b, before...), s)
}

func number(b []byte, before string, v deltasync.Version) []byte {
	return strconv.AppendUint(append(b, before...), uint64(v), 10)
}

// sum writes 16 hex digits (PROTOCOL §6.6).
func sum(b []byte, before string, s deltasync.Sum) []byte {
	b = append(b, before...)
	b = append(b, `{"count":`...)
	b = strconv.AppendInt(b, int64(s.Count), 10)
	b = append(b, `,"sum":"`...)
	b = hex.AppendEncode(b, binary.BigEndian.AppendUint64(nil, s.Sum))
	return append(b, `"}`...)
}
