package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"alongside/internal/auth"
	"alongside/internal/boltstore"
	"alongside/internal/casework"
	deltasync "alongside/sync"
	"alongside/sync/storetest"

	"pgregory.net/rapid"
)

// tapped is a whole server with every byte that leaves it looked at. Phones of a world sync with it over HTTP.
type tapped struct {
	deltasync.Store // of the parts that serve now
	t               testing.TB
	world           *storetest.World
	server          *Server
	data            string
	log             bytes.Buffer
	tokens          map[deltasync.ClientID]signedIn
	now             func() time.Time
}

func tappedWorld(t testing.TB) (*storetest.World, *tapped) {
	s := &tapped{t: t, data: filepath.Join(t.TempDir(), "data"), tokens: map[deltasync.ClientID]signedIn{}}
	w := storetest.NewWorld(casework.Kinds(), func(now func() time.Time) storetest.Book {
		s.now = now
		return s
	})
	s.world = w
	s.open()
	w.Office, w.Enrolled = s, s.enrolled
	kept := filepath.Join(t.TempDir(), "backup")
	w.Backup = func() { s.backUp(kept) }
	w.Restart = func() { s.close(); s.open() }
	w.Restore = func(epoch bool) {
		s.close()
		if !epoch {
			raw, err := os.ReadFile(kept)
			s.must(err)
			s.must(os.WriteFile(filepath.Join(s.data, boltstore.FileName), raw, 0o600))
		} else if _, err := boltstore.Restore(context.Background(), kept, s.data, boltstore.Options{Now: s.now}); err != nil {
			t.Fatal(err)
		}
		s.open()
	}
	return w, s
}

func (s *tapped) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *tapped) open() {
	var err error
	s.server, err = New(Config{Data: s.data, Now: s.now, Log: slog.New(slog.NewTextHandler(&s.log, nil))})
	s.must(err)
	s.Store = s.server.parts.Load().db
}

func (s *tapped) close() {
	if err := s.server.Close(); err != nil {
		s.t.Error(err)
	}
}

func (s *tapped) backUp(file string) {
	db := s.server.parts.Load().db
	f, err := os.Create(file)
	s.must(err)
	info, err := db.Backup(context.Background(), f, nil)
	s.must(err)
	s.must(f.Close())
	s.must(db.MarkBackedUp(context.Background(), info.Head))
}

// AddUser makes storetest.World's users users of the server.
func (s *tapped) AddUser(c deltasync.Client) (deltasync.Client, error) {
	p := s.server.parts.Load()
	err := p.db.Write(context.Background(), func(tx *boltstore.Tx) error {
		_, err := p.auth.AddUser(tx.Auth(), auth.User{ID: string(c.User), Name: "Somebody", Role: auth.Role(c.Role), Team: string(c.Team)})
		return err
	})
	s.must(err)
	err = s.View(context.Background(), func(tx deltasync.Tx) error {
		c, _, err = tx.User(c.User)
		return err
	})
	return c, err
}

// enrolled gives a phone a client of the server's.
func (s *tapped) enrolled(p *storetest.Phone) {
	code, _, err := s.server.parts.Load().auth.NewCode(context.Background(), string(p.Client.User))
	s.must(err)
	status, body := s.post("/v1/enrol", "", fmt.Sprintf(`{"code":%q,"device":{"name":"phone","platform":"test"}}`, code))
	if status != http.StatusCreated {
		s.t.Fatalf("enrol: %d %s", status, body)
	}
	s.must(s.keep(body))
	var t signedIn
	s.must(json.Unmarshal(body, &t))
	p.Client.ID = t.Client
}

func (s *tapped) post(path, token, body string) (int, []byte) {
	r := httptest.NewRequest("POST", path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	s.server.Handler().ServeHTTP(w, r)
	return w.Code, w.Body.Bytes()
}

// Exchange is deltasync.Engine's over HTTP.
func (s *tapped) Exchange(_ context.Context, c deltasync.Client, req *deltasync.Request, sink deltasync.Sink) error {
	body, err := json.Marshal(map[string]any{"schema": req.Schema, "cursor": req.Cursor, "last_n": req.LastN, "lost_below": req.LostBelow,
		"sent_at": req.SentAt, "max_bytes": req.MaxBytes, "audit": req.Audit, "refetch": req.Refetch, "ops": req.Ops})
	s.must(err)
	status, out := s.post("/v1/sync", s.tokens[c.ID].Access, string(body))
	s.tap(c, status, out)
	if status == http.StatusUnauthorized {
		if err := s.renew(c.ID); err != nil {
			return err
		}
		status, out = s.post("/v1/sync", s.tokens[c.ID].Access, string(body))
		s.tap(c, status, out)
	}
	if status != http.StatusOK {
		return problem(status, out)
	}
	for _, line := range bytes.Split(bytes.TrimSpace(out), []byte{'\n'}) {
		if err := frame(line, sink); err != nil {
			return err
		}
	}
	return nil
}

// renew gets a client's tokens anew. One that a restore has undone begins again, as a copied phone does.
func (s *tapped) renew(c deltasync.ClientID) error {
	status, out := s.post("/v1/token", "", fmt.Sprintf(`{"refresh_token":%q}`, s.tokens[c].Refresh))
	if status != http.StatusOK {
		return &deltasync.BehindError{}
	}
	return s.keep(out)
}

func (s *tapped) keep(answer []byte) error {
	var t signedIn
	if err := json.Unmarshal(answer, &t); err != nil {
		return err
	}
	s.tokens[t.Client] = t
	return nil
}

// signedIn is what enrolment and renewal answer.
type signedIn struct {
	Client  deltasync.ClientID `json:"client_id"`
	Access  string             `json:"access_token"`
	Refresh string             `json:"refresh_token"`
}

// tap looks at an answer. What a coordinator gets to settle is looked at frame by frame, by the world.
func (s *tapped) tap(c deltasync.Client, status int, out []byte) {
	coordinates := c.Role == deltasync.Coordinator && status == http.StatusOK
	for _, person := range storetest.People {
		scope := s.world.Scope(person)
		if !coordinates && bytes.Contains(out, []byte(storetest.Canary(scope))) && !s.world.MaySee(c, scope) {
			s.t.Fatalf("an answer with status %d holds what is %s's, which its reader may not see: %s", status, person, out)
		}
	}
}

// problem is the engine's error behind an answer.
func problem(status int, out []byte) error {
	var p struct {
		Code    string `json:"code"`
		Through uint64 `json:"through"`
	}
	if err := json.Unmarshal(out, &p); err != nil {
		return err
	}
	switch p.Code {
	case "op_number_gap":
		return &deltasync.GapError{Through: p.Through}
	case "client_behind":
		return &deltasync.BehindError{Through: p.Through}
	case "op_number_reused":
		return deltasync.ErrNumberReused
	}
	return fmt.Errorf("status %d, %s", status, out)
}

// frame hands one line of an answer to a sink.
func frame(line []byte, sink deltasync.Sink) error {
	var f struct {
		Frame    string                  `json:"frame"`
		Through  uint64                  `json:"through"`
		Results  []deltasync.Result      `json:"results"`
		Scope    deltasync.Scope         `json:"scope"`
		Gen      deltasync.Version       `json:"gen"`
		Backfill bool                    `json:"backfill"`
		Kind     string                  `json:"kind"`
		ID       deltasync.RecordID      `json:"id"`
		Version  deltasync.Version       `json:"version"`
		Cursor   string                  `json:"cursor"`
		Complete bool                    `json:"complete"`
		Reset    bool                    `json:"reset"`
		Head     deltasync.Version       `json:"head"`
		Epoch    string                  `json:"epoch"`
		Safe     uint64                  `json:"safe"`
		Time     time.Time               `json:"server_time"`
		Total    sum                     `json:"total"`
		Sums     map[deltasync.Scope]sum `json:"sums"`
	}
	if err := json.Unmarshal(line, &f); err != nil {
		return fmt.Errorf("%w: %s", err, line)
	}
	change := deltasync.Change{Kind: f.Kind, ID: f.ID, Version: f.Version}
	switch f.Frame {
	case "ack":
		sink.Ack(f.Through, f.Results)
	case "scope":
		mark := deltasync.Done
		if f.Backfill {
			mark = deltasync.Backfill
		}
		sink.Scope(f.Scope, f.Gen, mark)
	case "record":
		_, body, ok := bytes.Cut(line, []byte(`,"user":`))
		if !ok {
			return fmt.Errorf("a record says nothing of its user: %s", line)
		}
		change.Body = append([]byte(`"user":`), body[:len(body)-1]...)
		sink.Record(f.Scope, f.Gen, change)
	case "gone":
		change.Gone = true
		sink.Gone(f.Scope, f.Gen, change)
	case "drop":
		sink.Drop(f.Scope, f.Gen)
	case "page":
		p := deltasync.Page{Cursor: f.Cursor, Complete: f.Complete, Reset: f.Reset, Head: f.Head, Epoch: f.Epoch, Through: f.Through,
			Safe: f.Safe, Time: f.Time, Total: f.Total.sum(), Sums: map[deltasync.Scope]deltasync.Sum{}}
		for scope, v := range f.Sums {
			p.Sums[scope] = v.sum()
		}
		sink.Page(p)
	}
	return nil
}

type sum struct {
	Count int    `json:"count"`
	Sum   string `json:"sum"`
}

func (s sum) sum() deltasync.Sum {
	n, _ := strconv.ParseUint(s.Sum, 16, 64)
	return deltasync.Sum{Count: s.Count, Sum: n}
}

// Whatever happens, over the whole server and its real store, restarts and restores included: phones converge, nothing
// is lost, nobody gets what is not theirs, and the log says nothing of anybody.
func TestWhateverHappensNothingLeaksAndNothingIsLost(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w, s := tappedWorld(t)
		defer s.close()
		w.LetAnythingHappen(rt, 25)
		for _, person := range storetest.People {
			if strings.Contains(s.log.String(), storetest.Canary(w.Scope(person))) {
				rt.Fatalf("the log holds what is %s's", person)
			}
		}
		for _, secret := range s.tokens {
			if strings.Contains(s.log.String(), secret.Access) || strings.Contains(s.log.String(), secret.Refresh) {
				rt.Fatal("the log holds a token")
			}
		}
		s.must(s.server.parts.Load().db.Check(context.Background(), func(f boltstore.Fault) { rt.Fatalf("check: %v", f) }))
	})
}
