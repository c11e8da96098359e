package mobileapi

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	deltasync "alongside/sync"
)

func TestMalformedSyncBodiesAreRefusedAndNothingElse(t *testing.T) {
	h := open(t)
	p := h.worker(north)
	for _, body := range []string{
		" ", "\x00", "null", "true", "0", "41", `""`, `"{}"`, "[]", `[{"schema":1,"last_n":0}]`, "{", "}", "{}{}", "{},", "nul",
		`{"schema":1,"last_n":0} {}`, `{"schema":1,"last_n":0}]`, `{"schema":1,"last_n":0}x`, `{"schema":1,"last_n":0,}`, `{'schema':1}`,
		"\ufeff" + `{"schema":1,"last_n":0}`, `{"schema":1,"last_n":0,"x":"` + "\xff" + `"}`, `{"schema":1,"last_n":0,"x":"` + "\xed\xa0\x80" + `"}`,
		`{"schema":1,"last_n":0,"x":"` + "\n" + `"}`, `{"schema":1,"last_n":0,"x":NaN}`, `{"schema":1,"last_n":0,"x":01}`,
		`{"schema":1}`, `{"schema":1,"last_n":null}`, `{"schema":1,"last_n":"0"}`, `{"schema":1,"last_n":-1}`, `{"schema":1,"last_n":0.5}`,
		`{"schema":1,"last_n":1e400}`, `{"schema":1,"last_n":9007199254740992}`, `{"schema":1,"last_n":18446744073709551616}`, `{"schema":1,"last_n":[]}`,
		`{"schema":"1","last_n":0}`, `{"schema":1.5,"last_n":0}`, `{"schema":{},"last_n":0}`,
		`{"schema":1,"last_n":0,"cursor":7}`, `{"schema":1,"last_n":0,"cursor":{}}`,
		`{"schema":1,"last_n":0,"lost_below":"1"}`, `{"schema":1,"last_n":0,"lost_below":-1}`, `{"schema":1,"last_n":0,"lost_below":9007199254740992}`,
		`{"schema":1,"last_n":0,"max_bytes":"1"}`, `{"schema":1,"last_n":0,"max_bytes":8192.5}`, `{"schema":1,"last_n":0,"max_bytes":true}`,
		`{"schema":1,"last_n":0,"audit":1}`, `{"schema":1,"last_n":0,"audit":"true"}`,
		`{"schema":1,"last_n":0,"refetch":"person/x"}`, `{"schema":1,"last_n":0,"refetch":[1]}`, `{"schema":1,"last_n":0,"refetch":{}}`,
		`{"schema":1,"last_n":0,"sent_at":"now"}`, `{"schema":1,"last_n":0,"sent_at":5}`, `{"schema":1,"last_n":0,"sent_at":"2026-11-22 09:15:00"}`,
		`{"schema":1,"last_n":0,"ops":{}}`, `{"schema":1,"last_n":0,"ops":"x"}`, `{"schema":1,"last_n":0,"ops":7}`, `{"schema":1,"last_n":0,"ops":[null]}`,
		`{"schema":1,"last_n":0,"ops":[[]]}`, `{"schema":1,"last_n":0,"ops":[1]}`, `{"schema":1,"last_n":0,"ops":["{}"]}`, `{"schema":1,"last_n":0,"ops":[{},true]}`,
		`{"schema":1,"last_n":1,"ops":[{}]}`, `{"schema":1,"last_n":1,"ops":[{"n":0}]}`, `{"schema":1,"last_n":1,"ops":[{"n":-1}]}`,
		`{"schema":1,"last_n":1,"ops":[{"n":"1"}]}`, `{"schema":1,"last_n":1,"ops":[{"n":1.5}]}`, `{"schema":1,"last_n":1,"ops":[{"n":9007199254740992}]}`,
		strings.Repeat("[", deltasync.MaxBody), `{"a":` + strings.Repeat("[", deltasync.MaxBody-5), strings.Repeat(`{"a":`, deltasync.MaxBody/5),
		`{"schema":1,"last_n":1,"ops":[{"n":1,"set":{"a":` + strings.Repeat("[", 900_000) + strings.Repeat("]", 100_000),
	} {
		a := p.post("/v1/sync", body)
		if a.status != http.StatusBadRequest {
			t.Errorf("%.60q: status %d, want 400: %s", body, a.status, a.body)
			continue
		}
		a.want(http.StatusBadRequest, "malformed")
	}
	p.post("/v1/sync", "").want(http.StatusBadRequest, "malformed")
	if got := p.push(); got[len(got)-1].Through != 0 {
		t.Errorf("after all that the server holds ops up to %d", got[len(got)-1].Through)
	}
}

func TestWhatAClientMayLeaveOutOrAdd(t *testing.T) {
	h := open(t)
	p := h.worker(north)
	for _, body := range []string{
		`{"schema":1,"last_n":0}`, " \t\r\n{\"schema\":1,\"last_n\":0}\n ",
		`{"schema":1,"last_n":0,"cursor":null,"ops":null,"max_bytes":null,"sent_at":null,"audit":null,"refetch":null,"lost_below":null}`,
		`{"schema":1,"last_n":0,"ops":[],"refetch":[],"sent_at":"2026-11-22T09:15:00.123456789+05:30"}`,
		`{"schema":1,"last_n":0,"future":{"ops":7,"nested":[[{}]]},"another":1e400}`,
		`{"schema":1,"last_n":9007199254740991,"cursor":"not one of ours","refetch":["","nonsense","person/x"]}`,
	} {
		p.post("/v1/sync", body).want(http.StatusOK, "").frames()
	}
}

func TestMalformedBodiesOfOtherRoutes(t *testing.T) {
	h := open(t)
	p := h.worker(north)
	for path, bodies := range map[string][]string{
		"/v1/enrol":  {"", "[]", "null", `{"code":7}`, `{"code":"x","device":"phone"}`, `{"code":"x","device":{"name":7}}`, `{"code":"x"} x`, `{"code":"x","device":{"id":"` + strings.Repeat("i", 129) + `"}}`},
		"/v1/token":  {"", "{}", "[]", `{"refresh_token":null}`, `{"refresh_token":7}`, `{"refresh_token":"` + "\xff" + `"}`},
		"/v1/client": {"[]", "null", "x", "{} {}", "\xff"},
		"/v1/last":   {"", "{}", "[]", `{"refresh_token":7}`, `{"refresh_token":"x","ops":{}}`, `{"refresh_token":"x","ops":[7]}`},
		"/v1/sealed": {"", "{}", "[]", `{"entries":null}`, `{"entries":{}}`, `{"entries":[{}]} x`},
	} {
		for _, body := range bodies {
			a := p.post(path, body)
			if a.status != http.StatusBadRequest {
				t.Errorf("%s %.60q: status %d, want 400: %s", path, body, a.status, a.body)
				continue
			}
			a.want(http.StatusBadRequest, "malformed")
		}
	}
	for _, path := range []string{"/v1/enrol", "/v1/token", "/v1/client"} {
		p.post(path, `{"x":"`+strings.Repeat("x", smallBody)+`"}`).want(http.StatusRequestEntityTooLarge, "too_large")
	}
}

func TestOnlyJSONInUTF8IsTaken(t *testing.T) {
	h := open(t)
	p := h.worker(north)
	body := `{"schema":1,"last_n":0}`
	for _, media := range []string{"application/json", "Application/JSON; charset=utf-8", "application/json;charset=\"UTF-8\"", "application/json; profile=x"} {
		p.post("/v1/sync", body, "Content-Type", media).want(http.StatusOK, "")
	}
	for _, media := range []string{"", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16", "application/jsonx",
		"application/problem+json", "application/json;;", "json", "multipart/form-data; boundary=x"} {
		p.post("/v1/sync", body, "Content-Type", media).want(http.StatusUnsupportedMediaType, "unsupported_media_type")
	}
}

func TestPackedBodiesAreTaken(t *testing.T) {
	h := open(t)
	p := h.worker(north)
	scope := p.person("Morag")
	for coding, with := range map[string]func([]byte) []byte{"gzip": gzipped, "X-GZIP": gzipped, "zstd": zstandard, "identity": func(b []byte) []byte { return b }} {
		op := p.op(scope, "support", h.id(), map[string]any{"what": "call", "at": "2026-11-22T09:00:00Z"})
		fs := p.post("/v1/sync", string(with([]byte(asJSON(p.body(op))))), "Content-Encoding", coding).want(http.StatusOK, "").frames()
		if fs[0].Through != p.n {
			t.Errorf("%s: through %d, want %d", coding, fs[0].Through, p.n)
		}
	}
	p.post("/v1/last", string(gzipped([]byte(`{"refresh_token":"x"}`))), "Content-Encoding", "gzip").want(http.StatusUnauthorized, "token_invalid")
	for _, coding := range []string{"br", "deflate", "compress", "gzip, gzip", "gzip, identity", "zstd,gzip", "*", "gzip;q=1"} {
		a := p.post("/v1/sync", string(gzipped([]byte("{}"))), "Content-Encoding", coding).want(http.StatusUnsupportedMediaType, "unsupported_encoding")
		if got := a.header.Get("Accept-Encoding"); got != "zstd, gzip" {
			t.Errorf("%s: the answer accepts %q", coding, got)
		}
	}
	plain := []byte(`{"schema":1,"last_n":0}`)
	for coding, packed := range map[string][]byte{"gzip": gzipped(plain), "zstd": zstandard(plain)} {
		for what, bad := range map[string][]byte{
			"not packed": plain, "cut": packed[:len(packed)-1], "nothing but the beginning": packed[:4], "with something behind": append(bytes.Clone(packed), "x1234"...),
			"with a wrong checksum": append(bytes.Clone(packed[:len(packed)-5]), packed[len(packed)-5]^1, packed[len(packed)-4]^1, packed[len(packed)-3], packed[len(packed)-2], packed[len(packed)-1]),
		} {
			if a := p.post("/v1/sync", string(bad), "Content-Encoding", coding); a.status != http.StatusBadRequest {
				t.Errorf("%s, %s: status %d, want 400: %s", coding, what, a.status, a.body)
			}
		}
	}
}

func TestBodyOfOneMebibyteIsTakenAndNoMore(t *testing.T) {
	h := open(t)
	p := h.worker(north)
	noise := make([]byte, deltasync.MaxBody)
	random := rand.NewChaCha8([32]byte{1})
	for i := range noise {
		noise[i] = 'a' + byte(random.Uint64()%26)
	}
	of := func(n int, fill []byte) []byte {
		b := append([]byte(`{"schema":1,"last_n":0,"x":"`), fill...)
		return append(b[:n-2], `"}`...)
	}
	same := bytes.Repeat([]byte("x"), deltasync.MaxBody)
	for _, fill := range [][]byte{noise, same} {
		for coding, with := range map[string]func([]byte) []byte{"gzip": gzipped, "zstd": zstandard, "identity": bytes.Clone} {
			p.post("/v1/sync", string(with(of(deltasync.MaxBody, fill))), "Content-Encoding", coding).want(http.StatusOK, "")
			p.post("/v1/sync", string(with(of(deltasync.MaxBody+1, fill))), "Content-Encoding", coding).want(http.StatusRequestEntityTooLarge, "too_large")
		}
	}
	p.post("/v1/last", string(same)+"x").want(http.StatusRequestEntityTooLarge, "too_large")
}

// endless never ends, and counts what was taken of it.
type endless struct {
	piece []byte
	taken int
}

func (e *endless) Read(b []byte) (int, error) {
	n := 0
	for n < len(b) {
		n += copy(b[n:], e.piece[(e.taken+n)%len(e.piece):])
	}
	e.taken += n
	return n, nil
}

func TestEndlessBodyIsNotReadPastTheLimit(t *testing.T) {
	h := open(t)
	p := h.worker(north)
	for coding, piece := range map[string][]byte{
		"identity": []byte(`{"x":"x"}`),
		"gzip":     gzipped(nil),                               // members that unpack to nothing
		"zstd":     {0x50, 0x2a, 0x4d, 0x18, 0x00, 0, 0, 0x00}, // frames to be skipped
	} {
		body := &endless{piece: piece}
		req := httptest.NewRequest("POST", "/v1/sync", body)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Content-Encoding", coding)
		req.Header.Set("Authorization", "Bearer "+p.AccessToken)
		w := httptest.NewRecorder()
		h.echo.ServeHTTP(w, req)
		if w.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: status %d, want 413: %s", coding, w.Code, w.Body)
		}
		if most := deltasync.MaxBody + 2*packingRoom; body.taken > most {
			t.Errorf("%s: %d bytes were read, want at most %d", coding, body.taken, most)
		}
	}
}

func TestBombCostsLittleMemory(t *testing.T) {
	const unpacked = 16 << 20
	bombs := map[string][]byte{}
	for coding, begin := range map[coding]func(io.Writer) io.WriteCloser{
		gzipCoding: func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
		zstdCoding: func(w io.Writer) io.WriteCloser {
			z, _ := zstd.NewWriter(w, zstd.WithWindowSize(zstdWindow))
			return z
		},
	} {
		var b bytes.Buffer
		w := begin(&b)
		if _, err := io.CopyN(w, &endless{piece: bytes.Repeat([]byte("{"), 64<<10)}, unpacked); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if b.Len() > deltasync.MaxBody {
			t.Fatalf("the %s bomb has %d bytes", coding, b.Len())
		}
		bombs[string(coding)] = b.Bytes()
	}
	for name, bomb := range bombs {
		_, _ = unpack(coding(name), bomb, deltasync.MaxBody) // what is made once
		before := allocated()
		for range 8 {
			if _, err := unpack(coding(name), bomb, deltasync.MaxBody); refusal(err).Code != "too_large" {
				t.Errorf("%s: %v, want too_large", name, err)
			}
		}
		if each := (allocated() - before) / 8; each > 4<<20 {
			t.Errorf("a %s bomb of %d bytes costs %d bytes", name, len(bomb), each)
		}
	}
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

func TestWiderWindowThanAllowedIsRefused(t *testing.T) {
	var b bytes.Buffer
	z, _ := zstd.NewWriter(&b, zstd.WithWindowSize(4*zstdWindow))
	_, _ = io.CopyN(z, &endless{piece: bytes.Repeat([]byte(" "), 64<<10)}, 1<<20)
	_ = z.Close()
	if _, err := unpack(zstdCoding, b.Bytes(), deltasync.MaxBody); refusal(err).Status != http.StatusBadRequest {
		t.Errorf("unpack = %v, want malformed", err)
	}
}

func gzipped(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(b)
	_ = w.Close()
	return out.Bytes()
}

func zstandard(b []byte) []byte {
	var out bytes.Buffer
	w, _ := zstd.NewWriter(&out)
	_, _ = w.Write(b)
	_ = w.Close()
	return out.Bytes()
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"schema":1,"cursor":"","last_n":41,"sent_at":"2026-11-22T09:15:00Z","max_bytes":262144,"ops":[{"n":41}]}`))
	f.Add([]byte(`{"schema":2,"last_n":"x"}`))
	f.Add([]byte(`{"schema":1,"last_n":0,"refetch":["directory"],"audit":true,"lost_below":9007199254740991}`))
	f.Add([]byte(`[[[[`))
	f.Fuzz(func(t *testing.T, body []byte) {
		req, _, err := parseSync(body)
		if err != nil {
			if code := refusal(err).Code; code != "malformed" && code != "unknown_schema" {
				t.Errorf("%q: %v becomes %s", body, err, code)
			}
			return
		}
		for _, op := range req.Ops {
			if !bytes.Contains(body, op) {
				t.Errorf("op %q is not as it was sent", op)
			}
		}
		if req.MaxBytes != 0 && (req.MaxBytes < deltasync.MinPage || req.MaxBytes > deltasync.MaxPage) {
			t.Errorf("max_bytes became %d", req.MaxBytes)
		}
		again, _, err := parseSync([]byte(asJSON(map[string]any{"schema": req.Schema, "cursor": req.Cursor, "last_n": req.LastN,
			"lost_below": req.LostBelow, "audit": req.Audit, "refetch": req.Refetch, "ops": req.Ops})))
		if err != nil {
			t.Fatalf("%q: what it was read as is not read: %v", body, err)
		}
		again.MaxBytes, again.SentAt = req.MaxBytes, req.SentAt
		if got, want := fmt.Sprint(again.LastN, again.Cursor, len(again.Ops)), fmt.Sprint(req.LastN, req.Cursor, len(req.Ops)); got != want {
			t.Errorf("%q: read again it is %s, want %s", body, got, want)
		}
	})
}
