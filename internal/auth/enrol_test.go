package auth

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestACodeEnrolsADevice(t *testing.T) {
	h := open(t)
	code, expires, err := h.NewCode(t.Context(), h.amal.ID)
	h.must(err)
	if !regexp.MustCompile(`^([0-9A-HJKMNP-TV-Z]{5}-){2}[0-9A-HJKMNP-TV-Z]{5}$`).MatchString(code) {
		t.Errorf("code = %q", code)
	}
	if want := h.clock.now().Add(24 * time.Hour); !expires.Equal(want) {
		t.Errorf("expires = %v, want %v", expires, want)
	}
	d := Device{ID: "d1", Name: "old phone", Platform: "android"}
	got, err := h.Enrol(t.Context(), code, d)
	h.must(err)
	if got.Client.User != h.amal.ID || got.Client.Device != d || got.Client.Parent != "" || got.User.Name != "Amal" {
		t.Errorf("Enrol = %+v", got)
	}
	if got.ExpiresIn != 10*time.Minute {
		t.Errorf("ExpiresIn = %v, want 10 minutes", got.ExpiresIn)
	}
	h.wantVerify("enrolled", got.Access, nil)
	if _, _, err := h.NewCode(t.Context(), "nobody"); !errors.Is(err, ErrUnknownUser) {
		t.Errorf("NewCode = %v, want %v", err, ErrUnknownUser)
	}
}

func TestACodeIsReadAsPeopleTypeIt(t *testing.T) {
	for _, tc := range []struct {
		text, want string
		ok         bool
	}{
		{"ABCDE-FGHJK-MNPQR", "ABCDEFGHJKMNPQR", true},
		{"abcde fghjk mnpqr", "ABCDEFGHJKMNPQR", true},
		{" abcdeFGHJKmnpqr\n", "ABCDEFGHJKMNPQR", true},
		{"a-b-c-d-e\u2013f\u2014ghjk\u2212mnp\u00a0qr", "ABCDEFGHJKMNPQR", true},
		{"oO0iIlL100-00000", "000111110000000", true},
		{"", "", false},
		{"ABCDE-FGHJK-MNPQ", "", false},
		{"ABCDE-FGHJK-MNPQRS", "", false},
		{"ABCDE-FGHJK-MNPQU", "", false},
		{"ABCDE-FGHJK-MNPQ!", "", false},
		{"ABCDE-FGHJK-MNPQ\u0131", "", false}, // dotless i
		{"ABCDE-FGHJK-MNPQ\u017f", "", false}, // long s
		{"ABCDE-FGHJK-MNPQ\xff", "", false},
		{strings.Repeat("A", 1000), "", false},
	} {
		got, ok := normalCode(tc.text)
		if ok != tc.ok || ok && got != tc.want {
			t.Errorf("normalCode(%q) = %q, %v; want %q, %v", tc.text, got, ok, tc.want, tc.ok)
		}
	}
	h := open(t)
	typed := strings.ToLower(strings.ReplaceAll(h.code(h.amal), "-", " "))
	typed = strings.NewReplacer("0", "o", "1", "l").Replace(typed)
	if _, err := h.Enrol(t.Context(), typed, Device{}); err != nil {
		t.Errorf("Enrol(%q) = %v", typed, err)
	}
}

func TestAWrongCodeIsInvalidAndCostsNoWrite(t *testing.T) {
	h := open(t)
	_, before := h.store.counts()
	for _, code := range []string{"", "ABCDE-FGHJK-MNPQR", "what is this", strings.Repeat("-", 1<<16)} {
		if _, err := h.Enrol(t.Context(), code, Device{ID: "d1"}); !errors.Is(err, ErrCodeInvalid) {
			t.Errorf("Enrol(%.20q) = %v, want %v", code, err, ErrCodeInvalid)
		}
	}
	if _, after := h.store.counts(); after != before {
		t.Errorf("%d updates, want none", after-before)
	}
}

func TestACodeExpiresAfterADay(t *testing.T) {
	h := open(t)
	for _, tc := range []struct {
		after time.Duration
		want  error
	}{
		{24*time.Hour - time.Millisecond, nil},
		{24 * time.Hour, ErrCodeExpired},
		{240 * time.Hour, ErrCodeExpired},
	} {
		code := h.code(h.amal)
		h.clock.pass(tc.after)
		if _, err := h.Enrol(t.Context(), code, Device{}); !errors.Is(err, tc.want) {
			t.Errorf("after %v: Enrol = %v, want %v", tc.after, err, tc.want)
		}
	}
}

func TestAUsedCodeAnswersOnlyTheDeviceThatLostItsReply(t *testing.T) {
	for _, tc := range []struct {
		name          string
		first, second Device
		between       func(*house, Tokens)
		want          error
	}{
		{"same device", Device{ID: "d1"}, Device{ID: "d1"}, nil, nil},
		{"same device, renamed", Device{ID: "d1", Name: "a"}, Device{ID: "d1", Name: "b"}, nil, nil},
		{"last moment", Device{ID: "d1"}, Device{ID: "d1"},
			func(h *house, _ Tokens) { h.clock.pass(15 * time.Minute) }, nil},
		{"too late", Device{ID: "d1"}, Device{ID: "d1"},
			func(h *house, _ Tokens) { h.clock.pass(15*time.Minute + time.Millisecond) }, ErrCodeUsed},
		{"other device", Device{ID: "d1"}, Device{ID: "d2"}, nil, ErrCodeUsed},
		{"no device id", Device{}, Device{}, nil, ErrCodeUsed},
		{"no device id at first", Device{}, Device{ID: "d1"}, nil, ErrCodeUsed},
		{"no device id the second time", Device{ID: "d1"}, Device{}, nil, ErrCodeUsed},
		{"token presented", Device{ID: "d1"}, Device{ID: "d1"},
			func(h *house, got Tokens) { h.renewed(got.Refresh) }, ErrCodeUsed},
		{"family ended", Device{ID: "d1"}, Device{ID: "d1"}, func(h *house, got Tokens) {
			h.renewed(h.renewed(got.Refresh).Refresh)
			h.wantRefresh("reuse", got.Refresh, ErrTokenReused)
		}, ErrCodeUsed},
		{"revoked", Device{ID: "d1"}, Device{ID: "d1"},
			func(h *house, got Tokens) { h.revoked(got.Client.ID) }, ErrRevoked},
		{"user disabled", Device{ID: "d1"}, Device{ID: "d1"},
			func(h *house, got Tokens) { _, err := h.Disable(h.t.Context(), got.User.ID); h.must(err) }, ErrUserDisabled},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := open(t)
			code := h.code(h.amal)
			first, err := h.Enrol(t.Context(), code, tc.first)
			h.must(err)
			if tc.between != nil {
				tc.between(h, first)
			}
			rows := len(h.store.state())
			again, err := h.Enrol(t.Context(), code, tc.second)
			if !errors.Is(err, tc.want) {
				t.Fatalf("Enrol = %v, want %v", err, tc.want)
			}
			if got := len(h.store.state()); got != rows {
				t.Errorf("%d rows, want %d", got, rows)
			}
			if tc.want != nil {
				return
			}
			if again.Client != first.Client || again.Refresh != first.Refresh {
				t.Errorf("Enrol = %+v, want %+v", again, first)
			}
			h.wantVerify("again", again.Access, nil)
			h.wantRefresh("again", again.Refresh, nil)
		})
	}
}

func TestOneCodeMakesOneClientHoweverManyUseItAtOnce(t *testing.T) {
	h := open(t)
	code := h.code(h.amal)
	got := atOnce(8, func(i int) (Tokens, error) {
		return h.Enrol(t.Context(), code, Device{ID: string(rune('a' + i))})
	})
	var in int
	for _, r := range got {
		switch {
		case r.err == nil:
			in++
		case !errors.Is(r.err, ErrCodeUsed):
			t.Errorf("Enrol = %v, want %v", r.err, ErrCodeUsed)
		}
	}
	if in != 1 {
		t.Errorf("%d devices came in, want 1", in)
	}
}

func FuzzNormalCode(f *testing.F) {
	for _, seed := range []string{"ABCDE-FGHJK-MNPQR", "oil0-1", "", "\xff\u2013\u0131", "abcdefghjkmnpqrs"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := normalCode(text)
		if !ok {
			return
		}
		if len(got) != codeLength || strings.Trim(got, crockford) != "" {
			t.Errorf("normalCode(%q) = %q", text, got)
		}
		if again, ok := normalCode(strings.ToLower(got[:5]) + " - " + got[5:]); !ok || again != got {
			t.Errorf("normalCode of %q = %q, %v", got, again, ok)
		}
	})
}
