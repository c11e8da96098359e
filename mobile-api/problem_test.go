package mobileapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"alongside/internal/auth"
	deltasync "alongside/sync"
)

// answered is what Problem makes of an error.
func answered(t *testing.T, method string, err error) (*httptest.ResponseRecorder, problem) {
	t.Helper()
	w := httptest.NewRecorder()
	Problem(err, echo.New().NewContext(httptest.NewRequest(method, "/v1/sync", nil), w))
	var p problem
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
	}
	return w, p
}

func TestEachErrorBecomesItsProblem(t *testing.T) {
	for _, test := range []struct {
		err    error
		status int
		code   string
	}{
		{deltasync.ErrMalformed, 400, "malformed"},
		{&deltasync.SchemaError{Schema: 9}, 400, "unknown_schema"},
		{&deltasync.GapError{Through: 3}, 409, "op_number_gap"},
		{&deltasync.BehindError{Through: 3}, 409, "client_behind"},
		{deltasync.ErrNumberReused, 409, "op_number_reused"},
		{deltasync.ErrTooMany, 413, "too_many_ops"},
		{auth.ErrCodeInvalid, 401, "code_invalid"},
		{auth.ErrCodeUsed, 401, "code_used"},
		{auth.ErrCodeExpired, 401, "code_expired"},
		{auth.ErrTokenInvalid, 401, "token_invalid"},
		{auth.ErrTokenExpired, 401, "token_expired"},
		{auth.ErrTokenReused, 401, "token_reused"},
		{auth.ErrUnknownClient, 401, "token_invalid"},
		{auth.ErrUnknownUser, 401, "token_invalid"},
		{auth.ErrUserDisabled, 403, "user_disabled"},
		{auth.ErrRevoked, 403, "device_revoked"},
		{auth.ErrNotRevoked, 409, "not_revoked"},
		{context.Canceled, 503, "unavailable"},
		{context.DeadlineExceeded, 503, "unavailable"},
		{echo.ErrBadRequest, 400, "malformed"},
		{echo.ErrUnauthorized, 401, "token_invalid"},
		{echo.ErrForbidden, 403, "forbidden"},
		{echo.ErrNotFound, 404, "not_found"},
		{echo.ErrMethodNotAllowed, 405, "method_not_allowed"},
		{echo.ErrStatusRequestEntityTooLarge, 413, "too_large"},
		{echo.ErrUnsupportedMediaType, 415, "unsupported_media_type"},
		{echo.ErrTooManyRequests, 429, "rate_limited"},
		{echo.ErrTeapot, 418, "refused"},
		{echo.ErrServiceUnavailable, 503, "unavailable"},
		{echo.ErrBadGateway, 500, "internal"},
		{errors.New("disk /dev/sda of Morag failed"), 500, "internal"},
		{&Refusal{Status: 409, Code: "busy", Detail: "Wait."}, 409, "busy"},
	} {
		w, p := answered(t, "POST", fmt.Errorf("client 7, Morag: %w", test.err))
		if w.Code != test.status || p.Status != test.status || p.Code != test.code || p.Detail == "" || p.Title != http.StatusText(test.status) {
			t.Errorf("%v: %d %+v, want %d %s", test.err, w.Code, p, test.status, test.code)
		}
		if strings.Contains(w.Body.String(), "Morag") {
			t.Errorf("%v: the text of the error came out: %s", test.err, w.Body)
		}
		if want := test.code == "op_number_gap" || test.code == "client_behind"; (p.Through != nil) != want {
			t.Errorf("%v: through is %v", test.err, p.Through)
		}
		if want := test.code == "unknown_schema"; (p.Supported != nil) != want {
			t.Errorf("%v: supported is %v", test.err, p.Supported)
		}
	}
}

func TestProblemOfAHeadRequestHasNoBody(t *testing.T) {
	if w, _ := answered(t, "HEAD", echo.ErrNotFound); w.Code != 404 || w.Body.Len() != 0 {
		t.Errorf("%d %q", w.Code, w.Body)
	}
}

func TestProblemLeavesAResponseAloneThatHasBegun(t *testing.T) {
	w := httptest.NewRecorder()
	c := echo.New().NewContext(httptest.NewRequest("GET", "/", nil), w)
	if err := c.String(http.StatusOK, "begun"); err != nil {
		t.Fatal(err)
	}
	Problem(errors.New("late"), c)
	if w.Body.String() != "begun" {
		t.Errorf("the body is %q", w.Body)
	}
}

func TestUnknownRoutesAndMethods(t *testing.T) {
	h := open(t)
	h.request("GET", "/v1/nothing", "", "").want(http.StatusNotFound, "not_found")
	a := h.request("GET", "/v1/sync", "", "").want(http.StatusMethodNotAllowed, "method_not_allowed")
	if got := a.header.Get("Allow"); !strings.Contains(got, "POST") {
		t.Errorf("Allow %q", got)
	}
	h.request("POST", "/v1/live", "", "{}").want(http.StatusMethodNotAllowed, "method_not_allowed")
}

// failing is a body that breaks off.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestBodyThatBreaksOff(t *testing.T) {
	h := open(t)
	for _, test := range []struct {
		err    error
		status int
		code   string
	}{
		{os.ErrDeadlineExceeded, 408, "request_timeout"},
		{errors.New("connection reset"), 400, "malformed"},
		{&http.MaxBytesError{Limit: 1}, 413, "too_large"},
		{echo.ErrStatusRequestEntityTooLarge, 413, "too_large"},
	} {
		req := httptest.NewRequest("POST", "/v1/enrol", failing{test.err})
		req.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.echo.ServeHTTP(w, req)
		var p problem
		h.must(json.Unmarshal(w.Body.Bytes(), &p))
		if w.Code != test.status || p.Code != test.code {
			t.Errorf("%v: %d %s, want %d %s", test.err, w.Code, p.Code, test.status, test.code)
		}
	}
}

func TestRequestWhoseClientHasGone(t *testing.T) {
	h := open(t)
	p := h.worker(north)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	req := httptest.NewRequest("POST", "/v1/sync", strings.NewReader(`{"schema":1,"last_n":0}`)).WithContext(ctx)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+p.AccessToken)
	w := httptest.NewRecorder()
	h.echo.ServeHTTP(w, req)
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("status %d, want 503: %s", w.Code, w.Body)
	}
}

// TestWhoMayDoWhat asks each route as everybody.
func TestWhoMayDoWhat(t *testing.T) {
	h := open(t)
	h.run()
	disabled := h.user("Dee", auth.Worker, north)
	who := map[string]*phone{
		"worker": h.worker(north), "coordinator": h.coordinator(north), "admin": h.phone(h.user("Ada", auth.Admin, north)),
		"revoked": h.worker(north), "disabled": h.phone(disabled), "nobody": {h: h}, "forger": {h: h, Tokens: Tokens{AccessToken: "e30.e30.e30", RefreshToken: "x"}},
	}
	who["revoked"].revoke()
	_, err := h.auth.Disable(t.Context(), disabled.ID)
	h.must(err)

	in, out, wrong := "200", "403 device_revoked", "401 token_invalid"
	want := map[string]map[string]string{
		"/v1/sync":      {"worker": in, "coordinator": in, "admin": in, "revoked": out, "disabled": out, "nobody": wrong, "forger": wrong},
		"/v1/client":    {"worker": "201", "coordinator": "201", "admin": "201", "revoked": out, "disabled": out, "nobody": wrong, "forger": wrong},
		"/v1/live":      {"worker": in, "coordinator": in, "admin": in, "revoked": out, "disabled": out, "nobody": wrong, "forger": wrong},
		"/v1/token":     {"worker": in, "coordinator": in, "admin": in, "revoked": out, "disabled": out, "nobody": wrong, "forger": wrong},
		"/v1/last":      {"worker": "409 not_revoked", "coordinator": "409 not_revoked", "admin": "409 not_revoked", "revoked": in, "disabled": in, "nobody": wrong, "forger": wrong},
		"/v1/enrol":     {"worker": "401 code_invalid", "coordinator": "401 code_invalid", "admin": "401 code_invalid", "revoked": "401 code_invalid", "disabled": "401 code_invalid", "nobody": "401 code_invalid", "forger": "401 code_invalid"},
		"/v1/sealed":    {"worker": in, "coordinator": in, "admin": in, "revoked": out, "disabled": out, "nobody": wrong, "forger": wrong},
		"/v1/seal-key":  {"worker": in, "coordinator": in, "admin": in, "revoked": in, "disabled": in, "nobody": in, "forger": in},
		"/v1/push":      {"worker": "204", "coordinator": "204", "admin": "204", "revoked": out, "disabled": out, "nobody": wrong, "forger": wrong},
		"/v1/push-key":  {"worker": in, "coordinator": in, "admin": in, "revoked": in, "disabled": in, "nobody": in, "forger": in},
		"/openapi.json": {"worker": in, "coordinator": in, "admin": in, "revoked": in, "disabled": in, "nobody": in, "forger": in},
	}
	for _, route := range h.echo.Routes() {
		if want[route.Path] == nil {
			t.Errorf("nothing says who may use %s %s", route.Method, route.Path)
		}
	}
	for path, wants := range want {
		for name, p := range who {
			var a *answer
			switch path {
			case "/v1/sync":
				a = p.post(path, p.body())
			case "/v1/client":
				a = p.post(path, "")
			case "/v1/sealed":
				a = p.post(path, `{"entries":[]}`)
			case "/v1/token", "/v1/last":
				a = h.post(path, map[string]string{"refresh_token": p.RefreshToken})
			case "/v1/enrol":
				a = p.post(path, map[string]string{"code": "7QK2M-9XW4P-3TRHV"})
			case "/v1/push":
				a = h.request("PUT", path, p.AccessToken, `{"kind":"fcm","value":"`+name+`"}`)
				if d := h.request("DELETE", path, p.AccessToken, ""); d.status != a.status {
					t.Errorf("DELETE %s as %s: status %d, want %s", path, name, d.status, wants[name])
				}
			case "/v1/live":
				a = h.connect(p).answer
			default:
				a = h.request("GET", path, p.AccessToken, "")
			}
			status, code, _ := strings.Cut(wants[name], " ")
			if fmt.Sprint(a.status) != status {
				t.Errorf("%s as %s: status %d, want %s: %s", path, name, a.status, wants[name], a.body)
			} else if code != "" {
				a.want(a.status, code)
			}
		}
	}
}

func TestAuthorizationIsABearerToken(t *testing.T) {
	h := open(t)
	p := h.worker(north)
	for _, header := range []string{"Bearer " + p.AccessToken, "bearer " + p.AccessToken, "BEARER  " + p.AccessToken} {
		p.h.request("POST", "/v1/sync", "", asJSON(p.body()), "Authorization", header).want(http.StatusOK, "")
	}
	for _, header := range []string{p.AccessToken, "Bearer", "Bearer ", "Basic " + p.AccessToken, "Bearer " + p.RefreshToken, "Bearer " + strings.Repeat("x", 10_000)} {
		a := p.h.request("POST", "/v1/sync", "", asJSON(p.body()), "Authorization", header).want(http.StatusUnauthorized, "token_invalid")
		if got := a.header.Get("WWW-Authenticate"); got != `Bearer error="invalid_token"` {
			t.Errorf("WWW-Authenticate %q", got)
		}
	}
}
