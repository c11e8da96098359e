package storetest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	deltasync "alongside/sync"
)

// LetAnythingHappen draws edits, syncs, cuts, copies, grants, restarts, backups and restores in any order, lets
// everybody come to rest, and then holds what is left against rules written down here anew: every phone shows what it
// may see, byte for byte; every acknowledged op stands in its record's history or waits as held; nothing of a person
// reached anybody without a grant at that moment.
func (w *World) LetAnythingHappen(t *rapid.T, steps int) {
	m := newMachine(t, w)
	for range rapid.IntRange(5, steps).Draw(t, "steps") {
		m.step(t)
	}
	m.rest()
}

// machine is one run of LetAnythingHappen.
type machine struct {
	*World
	phones  []*Phone
	people  []string
	records map[string]string // name of a record: its kind
	acked   map[string]bool   // client and number of each acknowledged op, and its id
	handed  []handed          // what phones handed in that another had sealed
	forks   int
	copies  int
	kept    bool
	story   []string
	fail    func(format string, args ...any)
}

var (
	// People are whom LetAnythingHappen is about.
	People = []string{"ben", "mo", "ann"}
	things = []string{"one", "two", "three"}
)

func newMachine(t *rapid.T, w *World) *machine {
	m := &machine{World: w, records: map[string]string{}, acked: map[string]bool{}}
	m.fail = func(format string, args ...any) {
		t.Helper()
		t.Fatalf("%s\n\n%s", strings.Join(m.story, "\n"), fmt.Sprintf(format, args...))
	}
	for _, u := range []struct {
		name string
		role deltasync.Role
		team string
	}{{"wanda", deltasync.Worker, "north"}, {"will", deltasync.Worker, "north"}, {"walt", deltasync.Worker, "south"},
		{"cora", deltasync.Coordinator, "north"}, {"sam", deltasync.Coordinator, "south"}, {"ada", deltasync.Admin, "north"}} {
		if err := m.AddUser(u.name, u.role, u.team); err != nil {
			t.Fatal(err)
		}
		m.phones = append(m.phones, m.AddPhone(u.name+"'s", u.name, time.Duration(len(m.phones)-2)*time.Hour))
	}
	m.World.Tap = m.tap
	return m
}

// Canary stands in every field of a person's records.
func Canary(s deltasync.Scope) string { return "canary-" + s.ID() }

// tap is every frame that leaves.
func (m *machine) tap(p *Phone, f Frame) {
	for _, person := range m.people {
		s := m.Scope(person)
		if bytes.Contains(f.Change.Body, []byte(Canary(s))) && f.Scope.Family() != deltasync.CoordinationScope && !m.MaySee(p.Client, s) {
			m.fail("%s got %s of %s without a grant", p.Name, f.Kind, person)
		}
	}
	switch f.Scope.Family() {
	case deltasync.PersonScope:
		if f.Kind == "record" && !m.MaySee(p.Client, f.Scope) {
			m.fail("%s got a record of %s without a grant", p.Name, f.Scope)
		}
	case deltasync.CoordinationScope:
		if p.Client.Role != deltasync.Coordinator || f.Scope.ID() != string(p.Client.Team) {
			m.fail("%s got %s", p.Name, f.Scope)
		}
	case deltasync.UserScope:
		if f.Scope.ID() != string(p.Client.User) {
			m.fail("%s got %s", p.Name, f.Scope)
		}
	}
}

// MaySee works access out from the records themselves.
func (w *World) MaySee(c deltasync.Client, s deltasync.Scope) (sees bool) {
	return w.MaySeeAt(c, s, w.Clock)
}

// MaySeeAt is MaySee at a moment.
func (w *World) MaySeeAt(c deltasync.Client, s deltasync.Scope, now time.Time) (sees bool) {
	_ = w.Book.View(context.Background(), func(tx deltasync.Tx) error {
		person, _ := tx.Record(deltasync.RecordID(s.ID()))
		if person == nil {
			return nil
		}
		if c.Role == deltasync.Coordinator {
			sees = person.Text("team") == string(c.Team)
			return nil
		}
		return tx.Changes(s, 0, func(ch deltasync.Change) bool {
			if ch.Kind != "assignment" || ch.Gone {
				return true
			}
			r, _ := tx.Record(ch.ID)
			if r.Text("worker") != string(c.User) || c.Role != deltasync.Worker || len(r.Deletes) > 0 {
				return true
			}
			in := true
			for _, raw := range r.Values("from") {
				if at := timeIn(raw); !at.IsZero() && at.After(now) {
					in = false
				}
			}
			for _, raw := range r.Values("until") {
				if at := timeIn(raw); !at.IsZero() && !at.After(now) {
					in = false
				}
			}
			sees = sees || in
			return true
		})
	})
	return sees
}

func timeIn(raw json.RawMessage) (at time.Time) {
	_ = json.Unmarshal(raw, &at)
	return at
}

func (m *machine) phone(t *rapid.T) *Phone {
	return m.phones[rapid.IntRange(0, len(m.phones)-1).Draw(t, "phone")]
}

// tell remembers what happened, in words.
func (m *machine) tell(format string, args ...any) {
	m.story = append(m.story, fmt.Sprintf(format, args...))
}

// step is one thing that happens.
func (m *machine) step(t *rapid.T) {
	p := m.phone(t)
	what := rapid.SampledFrom([]string{"person", "edit", "edit", "edit", "set", "delete", "assign", "end", "move", "settle", "sync", "sync", "sync", "cut", "page", "repeat", "clock", "fork", "copy", "backup", "restore", "put back", "restart", "group", "erase", "hand in"}).Draw(t, "step")
	m.tell("%s: %s", p.Name, what)
	switch what {
	case "person":
		name := rapid.SampledFrom(People).Draw(t, "name")
		m.Edit(p, "person", name, map[string]any{"set": map[string]any{"name": Canary(m.Scope(name))}})
		if !slices.Contains(m.people, name) {
			m.people = append(m.people, name)
		}
	case "edit":
		m.edit(t, p, "")
	case "group":
		m.forks++
		g := m.ID(fmt.Sprint("group ", m.forks))
		for range rapid.IntRange(2, 4).Draw(t, "members") {
			m.edit(t, p, g)
		}
	case "set":
		name := rapid.SampledFrom(People).Draw(t, "name")
		texts := []string{rapid.SampledFrom([]string{"choir", "chess", "tea"}).Draw(t, "element")}
		m.Edit(p, "person", name, map[string]any{rapid.SampledFrom([]string{"add", "remove"}).Draw(t, "verb"): map[string][]string{"interests": texts}})
	case "delete":
		record := rapid.SampledFrom(People).Draw(t, "name") + "/" + rapid.SampledFrom(things).Draw(t, "thing")
		m.Edit(p, "support", record, map[string]any{"delete": true})
	case "assign":
		m.assign(t, p)
	case "end":
		name := rapid.SampledFrom(People).Draw(t, "name")
		m.Edit(p, "assignment", name+"/first-of-"+rapid.SampledFrom([]string{"wanda", "will", "walt"}).Draw(t, "whose"), map[string]any{"delete": true})
	case "move":
		team := rapid.SampledFrom([]string{"north", "south"}).Draw(t, "team")
		m.Edit(p, "person", rapid.SampledFrom(People).Draw(t, "name"), map[string]any{"set": map[string]any{"team": m.ID(team)}})
	case "settle":
		m.settle(t, p)
	case "sync":
		m.sync(p, Cut{})
	case "cut":
		m.sync(p, Cut{Reply: rapid.Bool().Draw(t, "reply"), Request: rapid.Bool().Draw(t, "request"), Frames: rapid.IntRange(0, 2).Draw(t, "frames")})
	case "page":
		p.MaxBytes = deltasync.MinPage
		m.once(p)
	case "repeat":
		if len(p.Acked) > 0 && len(p.Out) == 0 {
			from := rapid.IntRange(0, len(p.Acked)-1).Draw(t, "from")
			p.Out = append(slices.Clone(p.Acked[from:]), p.Out...)
			p.Acked = p.Acked[:from]
			m.sync(p, Cut{})
		}
	case "clock":
		m.Clock = m.Clock.Add(time.Duration(rapid.IntRange(1, 90).Draw(t, "minutes")) * time.Minute)
	case "fork":
		m.fork(p)
	case "copy":
		if m.copies < 3 {
			m.copies++
			c := p.Copy()
			c.Name = fmt.Sprintf("copy %d of %s", m.copies, p.Name)
			m.phones = append(m.phones, c)
		}
	case "backup":
		m.Backup()
		m.kept = true
	case "erase":
		if rapid.IntRange(0, 3).Draw(t, "really") == 0 {
			m.erase(rapid.SampledFrom(People).Draw(t, "name"))
		}
	case "hand in":
		if of := m.phone(t); len(of.Acked)+len(of.Out) > 0 {
			h := handed{p, of.sealed(rapid.IntRange(0, 4).Draw(t, "known") > 0)}
			m.handed = append(m.handed, h)
			m.handIn(h)
		}
	case "restart":
		if m.Restart != nil {
			m.Restart()
		}
	case "restore":
		if m.kept {
			m.Restore(true)
			m.kept = false
		}
	case "put back":
		if m.kept {
			m.Restore(false)
			m.kept = false
		}
	}
}

func (m *machine) edit(t *rapid.T, p *Phone, group string) {
	record := rapid.SampledFrom(People).Draw(t, "name") + "/" + rapid.SampledFrom(things).Draw(t, "thing")
	note := Canary(m.Scope(record)) + rapid.SampledFrom([]string{" a", " b", ""}).Draw(t, "note")
	set := map[string]any{"what": "call", "at": "2026-03-01T10:00:00Z", "note": note, "x_future": map[string]any{"b": []any{note}, "a": nil}}
	if rapid.IntRange(0, 9).Draw(t, "poison") == 0 {
		set["at"] = "yesterday"
	}
	change := map[string]any{"set": set}
	if group != "" {
		change["group"] = group
	}
	m.tell("    %s %v", record, set["at"])
	m.Edit(p, "support", record, change)
}

func (m *machine) assign(t *rapid.T, p *Phone) {
	name := rapid.SampledFrom(People).Draw(t, "name")
	set := map[string]any{"worker": m.ID(rapid.SampledFrom([]string{"wanda", "will", "walt"}).Draw(t, "worker"))}
	record := name + "/first-of-" + m.Name(set["worker"].(string))
	if rapid.Bool().Draw(t, "from") {
		set["from"] = m.Clock.Add(time.Duration(rapid.IntRange(-60, 60).Draw(t, "start")) * time.Minute).Format(time.RFC3339)
	}
	if rapid.Bool().Draw(t, "until") {
		set["until"] = m.Clock.Add(time.Duration(rapid.IntRange(-60, 120).Draw(t, "stop")) * time.Minute).Format(time.RFC3339)
	}
	m.tell("    %s from %v until %v", record, set["from"], set["until"])
	m.Edit(p, "assignment", record, map[string]any{"set": set})
}

func (m *machine) settle(t *rapid.T, p *Phone) {
	for _, recs := range p.Scopes {
		for _, f := range recs {
			if f.Change.Kind == "held" && f.Fields["settled"] == nil {
				verb := rapid.SampledFrom([]string{"accepted", "accepted", "set_aside"}).Draw(t, "verb")
				m.forks++
				p.Write(deltasync.OpID(m.ID(fmt.Sprint("settle ", m.forks))), map[string]any{"scope": string(f.Scope), "kind": "held",
					"record": string(f.Change.ID), "set": map[string]any{"settled": verb}})
				return
			}
		}
	}
}

func (m *machine) erase(name string) {
	done, err := m.Engine.Erase(context.Background(), deltasync.RecordID(m.ID(name)))
	if err != nil && !errors.Is(err, deltasync.ErrNoPerson) {
		m.fail("erase %s: %v", name, err)
	}
	m.tell("    %s: %+v, %v", name, done, err)
}

// handed is what a phone has handed in, which it keeps to do so again after a restore.
type handed struct {
	by  *Phone
	ops []deltasync.SealedOp
}

// handIn gives what becomes of it. Nothing takes effect by it.
func (m *machine) handIn(h handed) []deltasync.Result {
	results, err := m.Engine.Sealed(context.Background(), h.by.Client, h.ops)
	if err != nil {
		m.fail("%s hands in: %v", h.by.Name, err)
	}
	for i, r := range results {
		m.tell("    %s hands in %s of %s: %s %s", h.by.Name, m.Name(string(r.ID)), m.Name(string(h.ops[i].Author)), r.Status, r.Code)
	}
	return results
}

// handInAgain does so with all that was, and holds that each op stands or waits under its author or whoever handed it in.
func (m *machine) handInAgain() {
	for _, h := range m.handed {
		results := m.handIn(h)
		err := m.Book.View(context.Background(), func(tx deltasync.Tx) error {
			for i, r := range results {
				found := r.Code == "erased"
				for _, user := range []deltasync.UserID{h.ops[i].Author, h.by.Client.User} {
					v, err := tx.OpByID(user, r.ID)
					if err != nil {
						return err
					}
					if v != 0 && !found {
						found = true
						m.stands(tx, v)
					}
				}
				if !found {
					m.fail("%s was told %s of %s, which is nowhere", h.by.Name, r.Status, m.Name(string(r.ID)))
				}
			}
			return nil
		})
		if err != nil {
			m.fail("%v", err)
		}
	}
}

// fork is what a phone does that finds itself copied.
func (m *machine) fork(p *Phone) {
	m.forks++
	c := p.Client
	c.ID = deltasync.ClientID(m.ID(fmt.Sprint("client ", m.forks)))
	p.Become(c)
	m.enrolled(p)
}

func (m *machine) sync(p *Phone, cut Cut) {
	p.MaxBytes = 0
	m.heard(p, p.Sync(context.Background(), cut))
}

func (m *machine) once(p *Phone) {
	_, err := p.Once(context.Background(), Cut{})
	m.heard(p, err)
}

func (m *machine) heard(p *Phone, err error) {
	m.tell("    %s: %v, %d waiting, %d acked, reset %v", p.Name, err, len(p.Out), len(p.Acked), p.Page.Reset)
	var behind *deltasync.BehindError
	switch {
	case errors.As(err, &behind), errors.Is(err, deltasync.ErrNumberReused):
		m.fork(p)
	case err != nil && !errors.Is(err, ErrCut):
		m.fail("%s: %v", p.Name, err)
	}
	for _, s := range p.Acked {
		m.acked[string(p.Client.User)+" "+string(s.ID)] = true
	}
}
