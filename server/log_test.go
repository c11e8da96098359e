package server

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"
)

func TestLogHoldsNoTokenAndNoFieldData(t *testing.T) {
	r := start(t, Config{})
	p := r.phone()
	const canary = "Mrs Canary of Wishaw"
	person := newID()
	op := func(n int, fields string) string {
		return fmt.Sprintf(`{"n":%d,"id":%q,"at":"2026-11-22T09:00:00Z","scope":"person/%s","kind":"person","record":%q,"base":0,"set":%s}`,
			n, newID(), person, person, fields)
	}
	sync := func(ops string) string { return `{"schema":1,"cursor":"","last_n":9,"ops":[` + ops + `]}` }
	secret := p.Refresh
	for _, q := range []struct{ method, path, token, body string }{
		{"POST", "/v1/sync", p.Access, sync(op(1, `{"name":"`+canary+`"}`))},
		{"POST", "/v1/sync", p.Access, sync(op(2, `{"name":["`+canary+`"]}`))},
		{"POST", "/v1/sync", p.Access, sync(op(9, `{"name":"`+canary+`"}`))},
		{"POST", "/v1/sync", p.Access, `{"` + canary},
		{"POST", "/v1/sync", p.Access + "x", "{}"},
		{"POST", "/v1/token", "", `{"refresh_token":"` + secret + `x"}`},
		{"POST", "/v1/last", "", `{"refresh_token":"` + secret + `","ops":[]}`},
		{"POST", "/v1/enrol", "", `{"code":"` + p.code + `","device":{"name":"` + canary + `"}}`},
		{"GET", "/r/" + secret, "", ""},
		{"GET", "/calendar/" + secret + ".ics?name=" + strings.ReplaceAll(canary, " ", "+"), "", ""},
		{"POST", "/r/" + secret + "/reply", "", "note=" + canary},
		{"GET", "/nothing/" + secret, "", ""},
		{"GET", "/v1/live?token=" + p.Access, "", ""},
	} {
		r.request(q.method, q.path, q.token, q.body, "User-Agent", canary, "X-Request-Id", canary)
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	log := r.log.String()
	for what, text := range map[string]string{"field data": "Canary", "a refresh token": secret, "an access token": p.Access,
		"a part of one": p.Access[len(p.Access)/2:], "a code": p.code, "a person": person, "an address": "127.0.0.1"} {
		if strings.Contains(log, text) {
			t.Errorf("the log holds %s:\n%s", what, log)
		}
	}
	if !strings.Contains(log, "route=/v1/sync") || !strings.Contains(log, "client="+p.Client) || !strings.Contains(log, "route=none") {
		t.Errorf("the log does not say what was asked:\n%s", log)
	}
	if got, want := strings.Count(log, "msg=request "), 14; got != want {
		t.Errorf("%d lines for %d requests:\n%s", got, want, log)
	}
}

func TestPanicEndsItsOwnRequestOnly(t *testing.T) {
	var log journal
	p := &parts{log: slog.New(slog.NewTextHandler(&log, nil)), requests: newRequests()}
	e := echo.New()
	e.HTTPErrorHandler = p.problem
	e.Use(numbered, p.logged, p.caught)
	e.GET("/text", func(echo.Context) error { panic("Mrs Canary") })
	e.GET("/index", func(echo.Context) error { var none []int; _ = none[len(e.Routes())]; return nil })
	e.GET("/error", func(echo.Context) error { return errors.New("disk") })
	for _, path := range []string{"/text", "/index", "/error"} {
		w := httptest.NewRecorder()
		e.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "Canary") || !strings.Contains(w.Body.String(), `"code":"internal"`) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body.String())
		}
	}
	if s := log.String(); strings.Contains(s, "Canary") || !strings.Contains(s, "log_test.go") || !strings.Contains(s, "index out of range") || !strings.Contains(s, "error=disk") {
		t.Errorf("the log holds what panicked, or does not say where:\n%s", s)
	}
}

// What a phone pays for by the byte is not said of a sync that went well. Its line in the log has its id all the same.
func TestASyncThatWentWellSaysLittle(t *testing.T) {
	r := start(t, Config{})
	p := r.phone()
	const mine = "01a20586-f96d-7e82-b71d-db2d9b68d5d0"
	ask := func(body string) http.Header {
		res, _ := r.request("POST", "/v1/sync", p.Access, body, "X-Request-Id", mine)
		return res.Header
	}
	document := []string{"Content-Security-Policy", "Referrer-Policy", "Cross-Origin-Resource-Policy", "X-Content-Type-Options", "X-Request-Id"}
	well, refused := ask(`{"schema":1,"cursor":"","last_n":0,"ops":[]}`), ask(`{`)
	for _, name := range document {
		if got := well.Get(name); got != "" {
			t.Errorf("a sync that went well says %s: %s", name, got)
		}
		if refused.Get(name) == "" {
			t.Errorf("a sync that was refused does not say %s", name)
		}
	}
	if got := well.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control is %q", got)
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(r.log.String(), "request="+mine); got != 2 {
		t.Errorf("the log names the request %d times, want 2:\n%s", got, r.log)
	}
}
