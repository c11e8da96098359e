package server

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"alongside/internal/admin"
	"alongside/internal/auth"
	"alongside/internal/boltstore"
	deltasync "alongside/sync"
)

// wireFolder holds what was said between phones and servers of released versions: see its README.
const wireFolder = "../mobile-api/testdata/wire"

// talk is a server to which a session's requests are made, one after another, by a clock of its own.
type talk struct {
	t   *testing.T
	dir string
	now time.Time
	srv *Server
	ran int // how often it was opened
}

// seeded gives the same bytes each time; several goroutines may draw.
type seeded struct {
	mu   sync.Mutex
	from *rand.ChaCha8
}

func (s *seeded) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.from.Read(p)
}

func newTalk(t *testing.T) *talk {
	k := &talk{t: t, dir: t.TempDir(), now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
	k.open()
	t.Cleanup(func() { _ = k.srv.Close() })
	return k
}

func (k *talk) open() {
	k.t.Helper()
	k.ran++
	srv, err := New(Config{Data: filepath.Join(k.dir, "data"), URL: "http://office.example", NoSocket: true,
		Now: func() time.Time { return k.now }, Rand: &seeded{from: rand.NewChaCha8(sha256.Sum256(fmt.Append(nil, k.ran)))},
		Log: slog.New(slog.NewTextHandler(k.t.Output(), nil))})
	if err != nil {
		k.t.Fatal(err)
	}
	k.srv = srv
}

// order is what an operator does. What the program made for it is given back.
func (k *talk) order(line string) (made string, err error) {
	ctx, o := context.Background(), k.srv.Office()
	words := strings.Fields(line)
	switch words[0] {
	case "wait":
		d, err := time.ParseDuration(words[1])
		k.now = k.now.Add(d)
		return "", err
	case "team":
		return "", o.DB.Write(ctx, func(tx *boltstore.Tx) error {
			return o.Engine.Write(tx, "system/wire", &deltasync.Op{ID: deltasync.OpID(words[1]), Scope: deltasync.TeamOf(deltasync.TeamID(words[1])),
				Kind: deltasync.KindTeam, Record: deltasync.RecordID(words[1]), Set: map[string]json.RawMessage{"name": deltasync.AppendString(nil, words[2])}})
		})
	case "user":
		return "", o.DB.Write(ctx, func(tx *boltstore.Tx) error {
			_, err := o.Auth.AddUser(tx.Auth(), auth.User{ID: words[1], Name: words[2], Role: auth.Role(words[3]), Team: words[4]})
			return err
		})
	case "code":
		invitation, err := o.Enrol(ctx, words[1])
		return invitation.Code, err
	case "revoke":
		_, err := o.Revoke(ctx, words[1])
		return "", err
	case "disable":
		_, err := o.DisableUser(ctx, words[1])
		return "", err
	case "erase":
		_, err := o.Erase(ctx, words[1])
		return "", err
	case "backup":
		_, err := admin.BackupTo(ctx, o, filepath.Join(k.dir, "data"), filepath.Join(k.dir, "backup"), nil)
		return "", err
	case "restore":
		if err := k.srv.Close(); err != nil {
			return "", err
		}
		_, err := admin.Restore(ctx, filepath.Join(k.dir, "backup"), filepath.Join(k.dir, "data"), "", admin.Options{Now: func() time.Time { return k.now }})
		k.open()
		return "", err
	}
	return "", fmt.Errorf("no such order: %s", line)
}

// said is a request with its answer, bodies unpacked.
type said struct {
	method, path string
	bearer       string
	body         string
	status       int
	kind         string // Content-Type
	answer       string
}

// ask makes a request. The clock goes on by a second.
func (k *talk) ask(method, path, bearer, body string) said {
	k.now = k.now.Add(time.Second)
	req := httptest.NewRequest(method, path, strings.NewReader(body))
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	rec := httptest.NewRecorder()
	k.srv.Handler().ServeHTTP(rec, req)
	return said{method, path, bearer, body, rec.Code, rec.Header().Get("Content-Type"), rec.Body.String()}
}

// A session is a file: "# text", "! order" with what came of it behind " = ", "> METHOD path" with "Bearer token" and the body below it,
// "< status type" with the answer below it.
type step struct {
	line        int
	order, made string
	said
}

func readSession(t *testing.T, file string) (steps []step) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	answer := false
	for i, line := range strings.Split(strings.TrimSuffix(string(raw), "\n"), "\n") {
		begin, rest, _ := strings.Cut(line, " ")
		last := len(steps) - 1
		switch {
		case line == "" || begin == "#":
		case begin == "!":
			order, made, _ := strings.Cut(rest, " = ")
			steps = append(steps, step{line: i + 1, order: order, made: made})
		case begin == ">":
			answer = false
			method, path, _ := strings.Cut(rest, " ")
			steps = append(steps, step{line: i + 1, said: said{method: method, path: path}})
		case begin == "Bearer":
			steps[last].bearer = rest
		case begin == "<":
			answer = true
			if _, err := fmt.Sscanf(rest, "%d %s", &steps[last].status, &steps[last].kind); err != nil {
				t.Fatalf("%s:%d: %v", file, i+1, err)
			}
		case answer:
			steps[last].answer += line + "\n"
		default:
			steps[last].body += line
		}
	}
	return steps
}

// names are what the program has made, by what it had made when the session was recorded.
type names struct{ now, then map[string]string }

func (n *names) translate(s string) string {
	var pairs []string
	for _, old := range slices.SortedFunc(maps.Keys(n.now), func(a, b string) int { return len(b) - len(a) }) {
		pairs = append(pairs, old, n.now[old])
	}
	return strings.NewReplacer(pairs...).Replace(s)
}

// is holds that one name always stands for one other.
func (n *names) is(then, now string) error {
	if was, ok := n.now[then]; ok && was != now {
		return fmt.Errorf("%s stood for %s, and now for %s", then, was, now)
	}
	if was, ok := n.then[now]; ok && was != then {
		return fmt.Errorf("%s stands for %s, and for %s", now, was, then)
	}
	n.now[then], n.then[now] = now, then
	return nil
}

var (
	made   = regexp.MustCompile(`[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9]{15,16}\b`) // ids and versions
	opaque = []string{"access_token", "refresh_token", "cursor", "epoch"}
	prose  = []string{"detail", "title"}
)

// holds says where what is answered now lacks something of what was answered then. It may say more.
func (n *names) holds(where string, then, now any) error {
	switch then := then.(type) {
	case map[string]any:
		now, ok := now.(map[string]any)
		if !ok {
			return fmt.Errorf("%s: is %v", where, now)
		}
		for _, key := range slices.Sorted(maps.Keys(then)) {
			in := where + "." + key
			a, aok := then[key].(string)
			b, bok := now[key].(string)
			var err error
			switch {
			case aok && bok && slices.Contains(opaque, key):
				err = n.is(a, b)
			case aok && bok && (slices.Contains(prose, key) || key == "sum"):
				if b == "" {
					err = errors.New("is empty")
				}
			default:
				err = n.holds(in, then[key], now[key])
			}
			if err != nil {
				return fmt.Errorf("%s: %w", in, err)
			}
		}
		return nil
	case []any:
		now, ok := now.([]any)
		if !ok || len(now) != len(then) {
			return fmt.Errorf("%s: is %v, and was %v", where, now, then)
		}
		for i := range then {
			if err := n.holds(fmt.Sprintf("%s[%d]", where, i), then[i], now[i]); err != nil {
				return err
			}
		}
		return nil
	}
	a, b := fmt.Sprint(then), fmt.Sprint(now)
	old, young := made.FindAllString(a, -1), made.FindAllString(b, -1)
	if made.ReplaceAllString(a, "…") != made.ReplaceAllString(b, "…") || len(old) != len(young) {
		return fmt.Errorf("%s: is %s, and was %s", where, b, a)
	}
	for i := range old {
		if err := n.is(old[i], young[i]); err != nil {
			return err
		}
	}
	return nil
}

func values(t *testing.T, body string) (all []any) {
	t.Helper()
	in := json.NewDecoder(strings.NewReader(body))
	in.UseNumber()
	for {
		var v any
		err := in.Decode(&v)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("%v in %s", err, body)
		}
		all = append(all, v)
	}
}

// What a phone of a released version says, today's server answers as it was answered then: the same frames with the same fields,
// and perhaps more.
func TestSessionsOfReleasedVersionsAreAnsweredAsThen(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(wireFolder, "v*", "*.session.txt"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(filepath.Dir(file))+"/"+filepath.Base(file), func(t *testing.T) {
			k, n := newTalk(t), &names{map[string]string{}, map[string]string{}}
			for _, s := range readSession(t, file) {
				at := fmt.Sprintf("%s:%d", file, s.line)
				if s.order != "" {
					made, err := k.order(n.translate(s.order))
					if err == nil && s.made != "" {
						err = n.is(s.made, made)
					}
					if err != nil {
						t.Fatalf("%s: %v", at, err)
					}
					continue
				}
				for _, id := range made.FindAllString(s.body, -1) {
					if _, known := n.now[id]; !known { // the phone has made it
						n.now[id], n.then[id] = id, id
					}
				}
				now := k.ask(s.method, s.path, n.translate(s.bearer), n.translate(s.body))
				if now.status != s.status || now.kind != s.kind {
					t.Fatalf("%s: answered %d %s, and then %d %s: %s", at, now.status, now.kind, s.status, s.kind, now.answer)
				}
				then, today := values(t, s.answer), values(t, now.answer)
				if err := n.holds("", any(then), any(today)); err != nil {
					t.Fatalf("%s: %v\n%s", at, err, now.answer)
				}
			}
		})
	}
}

// What a comparison lets pass and what it does not.
func TestAnAnswerMayOnlySayMore(t *testing.T) {
	const then = `{"frame":"page","cursor":"a","head":501979440906252,"total":{"count":2,"sum":"00"},"detail":"so"}`
	for now, ok := range map[string]bool{
		then: true,
		`{"frame":"page","cursor":"b","head":501979440999999,"total":{"count":2,"sum":"ff"},"detail":"other","more":[1]}`: true,
		`{"frame":"page","cursor":"b","head":501979440999999,"total":{"count":3,"sum":"ff"},"detail":"other"}`:            false,
		`{"frame":"page","cursor":"b","head":501979440999999,"total":{"sum":"ff"},"detail":"other"}`:                      false,
		`{"frame":"page","cursor":"b","head":"501979440999999","total":{"count":2,"sum":"ff"},"detail":""}`:               false,
		`{"frame":"pages","cursor":"b","head":501979440999999,"total":{"count":2,"sum":"ff"},"detail":"other"}`:           false,
	} {
		n := &names{map[string]string{}, map[string]string{}}
		if err := n.holds("", any(values(t, then)), any(values(t, now))); (err == nil) != ok {
			t.Errorf("%s: %v", now, err)
		}
	}
	n := &names{map[string]string{}, map[string]string{}}
	twice := func(a, b string) error {
		return n.holds("", any(values(t, a)), any(values(t, b)))
	}
	if err := twice(`[501979440906252,501979440906252]`, `[501979440906252,501979440906253]`); err == nil {
		t.Error("one version has become two")
	}
}

// told is how a phone's requests get to a talk, and into the record.
type told struct {
	*talk
	record *bytes.Buffer
}

func (r *told) order(line string) string {
	r.t.Helper()
	made, err := r.talk.order(line)
	if err != nil {
		r.t.Fatalf("%s: %v", line, err)
	}
	fmt.Fprintf(r.record, "! %s", line)
	if made != "" {
		fmt.Fprintf(r.record, " = %s", made)
	}
	fmt.Fprintln(r.record)
	return made
}

func (r *told) note(text string) { fmt.Fprintf(r.record, "\n# %s\n", text) }

func (r *told) ask(method, path, bearer, body string) said {
	s := r.talk.ask(method, path, bearer, body)
	fmt.Fprintf(r.record, "> %s %s\n", s.method, s.path)
	if s.bearer != "" {
		fmt.Fprintf(r.record, "Bearer %s\n", s.bearer)
	}
	if s.body != "" {
		fmt.Fprintln(r.record, s.body)
	}
	fmt.Fprintf(r.record, "< %d %s\n%s\n", s.status, s.kind, strings.TrimSuffix(s.answer, "\n"))
	return s
}

// Do is a phone's way to the server.
func (r *told) Do(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		from := io.Reader(req.Body)
		if req.Header.Get("Content-Encoding") == "gzip" {
			z, err := gzip.NewReader(from)
			if err != nil {
				return nil, err
			}
			from = z
		}
		var err error
		if body, err = io.ReadAll(from); err != nil {
			return nil, err
		}
	}
	s := r.ask(req.Method, req.URL.Path, strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer "), string(body))
	return &http.Response{StatusCode: s.status, Header: http.Header{"Content-Type": {s.kind}}, Body: io.NopCloser(strings.NewReader(s.answer)),
		ContentLength: int64(len(s.answer)), Request: req}, nil
}
