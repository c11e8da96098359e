package mobileapi

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

func TestResponseIsPackedAsTheClientLikesBest(t *testing.T) {
	for _, test := range []struct {
		accept []string
		want   coding
	}{
		{nil, identity},
		{[]string{""}, identity},
		{[]string{"gzip"}, gzipCoding},
		{[]string{"x-gzip"}, gzipCoding},
		{[]string{"zstd"}, zstdCoding},
		{[]string{"gzip, deflate, br, zstd"}, zstdCoding},
		{[]string{"gzip, deflate, br"}, gzipCoding},
		{[]string{"br, deflate"}, identity},
		{[]string{"GZIP ;Q=1.000"}, gzipCoding},
		{[]string{"gzip;q=1, zstd;q=0.5"}, gzipCoding},
		{[]string{"gzip;q=0.5", "zstd;q=0.501"}, zstdCoding},
		{[]string{"zstd;q=0, gzip"}, gzipCoding},
		{[]string{"zstd;q=0.000,gzip;q=0"}, identity},
		{[]string{"*"}, zstdCoding},
		{[]string{"*;q=0"}, identity},
		{[]string{"zstd;q=0, *"}, gzipCoding},
		{[]string{"gzip, *;q=0"}, gzipCoding},
		{[]string{"identity"}, identity},
		{[]string{"identity, gzip;q=0.5"}, identity},
		{[]string{"identity;q=0.5, gzip;q=0.5"}, gzipCoding},
		{[]string{"identity;q=0"}, identity}, // nothing else is named; better readable than refused
		{[]string{"identity;q=0, gzip;q=0.001"}, gzipCoding},
		{[]string{"zstd;q=2, gzip"}, gzipCoding},
		{[]string{"zstd;q=0.1234, gzip;q=0.1"}, gzipCoding},
		{[]string{"zstd;q=, gzip;q=x"}, identity},
		{[]string{"zstd;level=3;q=0.2, gzip;q=0.1"}, zstdCoding},
		{[]string{",;,=;q=1,, gzip"}, gzipCoding},
	} {
		if got := negotiated(test.accept); got != test.want {
			t.Errorf("negotiated(%q) = %s, want %s", test.accept, got, test.want)
		}
	}
}

func FuzzAcceptEncoding(f *testing.F) {
	f.Add("gzip, deflate, br, zstd")
	f.Add("zstd;q=0.5, *;q=0.1, identity;q=0")
	f.Fuzz(func(t *testing.T, accept string) {
		switch got := negotiated([]string{accept}); got {
		case identity:
		case gzipCoding, zstdCoding:
			if low := strings.ToLower(accept); !strings.Contains(low, string(got)) && !strings.Contains(low, "*") {
				t.Errorf("negotiated(%q) = %s, which was not asked for", accept, got)
			}
		default:
			t.Errorf("negotiated(%q) = %s", accept, got)
		}
	})
}

func TestPackedResponsesSayTheSame(t *testing.T) {
	h := open(t)
	p := h.worker(north)
	scope := p.person("Morag")
	for range 20 {
		p.push(p.op(scope, "support", h.id(), map[string]any{"what": "call", "at": "2026-11-22T09:00:00Z", "note": "as agreed"}))
	}
	ask := func(accept string) *answer {
		a := p.post("/v1/sync", p.body(), "Accept-Encoding", accept).want(http.StatusOK, "")
		if got := a.header.Get("Vary"); got != "Accept-Encoding" {
			t.Errorf("%q: Vary %q", accept, got)
		}
		return a
	}
	plain := ask("identity")
	for accept, unpacked := range map[string]func([]byte) ([]byte, error){
		"zstd, gzip": func(b []byte) ([]byte, error) {
			z, err := zstd.NewReader(bytes.NewReader(b))
			if err != nil {
				return nil, err
			}
			defer z.Close()
			return io.ReadAll(z)
		},
		"gzip": func(b []byte) ([]byte, error) {
			z, err := gzip.NewReader(bytes.NewReader(b))
			if err != nil {
				return nil, err
			}
			return io.ReadAll(z)
		},
	} {
		a := ask(accept)
		if got, want := a.header.Get("Content-Encoding"), strings.Split(accept, ",")[0]; got != want {
			t.Errorf("%q: Content-Encoding %q, want %q", accept, got, want)
		}
		if len(a.body) > len(plain.body)/3 {
			t.Errorf("%q: %d bytes, unpacked %d", accept, len(a.body), len(plain.body))
		}
		b, err := unpacked(a.body)
		if err != nil {
			t.Fatalf("%q: %v", accept, err)
		}
		if string(b) != string(plain.body) {
			t.Errorf("%q: unpacked it says\n%s\nwant\n%s", accept, b, plain.body)
		}
	}
	fresh := h.worker(north)
	small := fresh.push()
	body := fresh.body()
	body["cursor"] = small[len(small)-1].Cursor
	a := fresh.post("/v1/sync", body, "Accept-Encoding", "zstd, gzip").want(http.StatusOK, "")
	if got := a.header.Get("Content-Encoding"); got != "" || len(a.body) >= worthIt {
		t.Errorf("a response of %d bytes is packed with %q", len(a.body), got)
	}
}
