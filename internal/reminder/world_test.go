package reminder

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"alongside/internal/auth"
	"alongside/internal/boltstore"
	"alongside/internal/casework"
	"alongside/internal/push"
	deltasync "alongside/sync"
)

// stored is the store as reminders know it.
type stored struct{ *boltstore.DB }

func (s stored) Read(ctx context.Context, fn func(Tx) error) error {
	return s.DB.Read(ctx, func(tx *boltstore.Tx) error { return fn(tx) })
}

func (s stored) Write(ctx context.Context, fn func(WriteTx) error) error {
	return s.DB.Write(ctx, func(tx *boltstore.Tx) error { return fn(tx) })
}

// world is a store with one team, a worker and a coordinator, and a life of the service over it.
type world struct {
	t       testing.TB
	path    string
	db      *boltstore.DB
	engine  *deltasync.Engine
	set     Settings
	senders map[push.Kind]push.Sender
	logged  bytes.Buffer
	log     *slog.Logger

	worker, desk deltasync.Client
	devices      *phones
	counters     map[deltasync.ClientID]uint64
	made         int

	end   context.CancelFunc
	ended chan error
}

var london = func() *time.Location {
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic(err)
	}
	return zone
}()

func newWorld(t testing.TB) *world {
	set := Defaults()
	set.Zone = london
	w := &world{t: t, path: filepath.Join(t.TempDir(), "alongside.db"), set: set, senders: map[push.Kind]push.Sender{},
		devices: &phones{}, counters: map[deltasync.ClientID]uint64{}}
	w.log = slog.New(slog.NewJSONHandler(&w.logged, nil))
	w.open(boltstore.Options{})
	team := deltasync.TeamID(w.id())
	w.must(w.db.Write(context.Background(), func(tx *boltstore.Tx) error {
		for _, c := range []*deltasync.Client{&w.worker, &w.desk} {
			*c = deltasync.Client{ID: deltasync.ClientID(w.id()), User: deltasync.UserID(w.id()), Role: deltasync.Worker, Team: team}
			if c == &w.desk {
				c.Role = deltasync.Coordinator
			}
			if err := tx.Auth().PutUser(auth.User{ID: string(c.User), Name: "somebody", Role: auth.Role(c.Role), Team: string(team)}); err != nil {
				return err
			}
		}
		return w.engine.Write(tx, "system/test", &deltasync.Op{ID: deltasync.OpID(w.id()), Scope: deltasync.TeamOf(team), Kind: deltasync.KindTeam,
			Record: deltasync.RecordID(team), Set: map[string]json.RawMessage{"name": json.RawMessage(`"A team"`)}})
	}))
	return w
}

func (w *world) open(o boltstore.Options) {
	w.t.Helper()
	db, err := boltstore.Open(w.path, o)
	w.must(err)
	w.db = db
	w.engine = &deltasync.Engine{Store: db, Kinds: casework.Kinds()}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) id() string {
	w.made++
	return fmt.Sprintf("00000000-0000-4000-8000-%012d", w.made)
}

func (w *world) store() Store { return stored{w.db} }

func (w *world) service() *Service {
	return &Service{Store: stored{w.db}, Engine: w.engine, Devices: w.devices, Senders: w.senders, Settings: w.set, URL: "https://example.org", Log: w.log}
}

// start begins a life of the service.
func (w *world) start() {
	ctx, end := context.WithCancel(context.Background())
	s := w.service()
	w.ended = make(chan error, 1)
	w.end = end
	go func() { w.ended <- s.Run(ctx) }()
}

// killed has the present state of the file live on in a process of its own: what this one does from now on is lost. Call it while a provider
// is being asked.
func (w *world) killed() (revive func()) {
	b, err := os.ReadFile(w.path)
	w.must(err)
	path := w.path + "-" + w.id()
	w.must(os.WriteFile(path, b, 0o600))
	return func() {
		w.t.Helper()
		_ = w.stop()
		w.must(w.db.Close())
		w.path = path
		w.open(boltstore.Options{})
		w.start()
	}
}

// stop ends it, and gives why it ended.
func (w *world) stop() error {
	if w.end == nil {
		return nil
	}
	w.end()
	w.end = nil
	return <-w.ended
}

func (w *world) close() {
	w.t.Helper()
	if err := w.stop(); err != nil && !errors.Is(err, context.Canceled) {
		w.t.Errorf("the service ended with %v", err)
	}
	w.must(w.db.Close())
}

type fields map[string]any

// edit is an op of a phone or a desk that has seen all that stands. A list in set is added.
func (w *world) edit(by deltasync.Client, scope deltasync.Scope, kind string, record deltasync.RecordID, set fields) {
	w.t.Helper()
	w.op(by, scope, kind, record, w.version(record), set)
}

// op is an op with a base.
func (w *world) op(by deltasync.Client, scope deltasync.Scope, kind string, record deltasync.RecordID, base deltasync.Version, set fields) {
	w.t.Helper()
	plain, add := map[string]any{}, map[string][]string{}
	for name, value := range set {
		switch v := value.(type) {
		case []string:
			add[name] = v
		case time.Time:
			plain[name] = v.UTC().Format(deltasync.TimeFormat)
		default:
			plain[name] = v
		}
	}
	w.counters[by.ID]++
	n := w.counters[by.ID]
	op := map[string]any{"n": n, "id": w.id(), "at": time.Now().UTC().Format(deltasync.TimeFormat), "scope": scope, "kind": kind, "record": record, "base": base}
	if set == nil {
		op["delete"] = true
	} else {
		op["set"], op["add"] = plain, add
	}
	raw, err := json.Marshal(op)
	w.must(err)
	var acks acks
	w.must(w.engine.Exchange(context.Background(), by, &deltasync.Request{Schema: 1, LastN: n, SentAt: time.Now(), Ops: []json.RawMessage{raw}}, &acks))
	for _, r := range acks.results {
		if !r.Status.Took() {
			w.t.Fatalf("an edit of %s was %s: %s %s", kind, r.Status, r.Code, r.Detail)
		}
	}
}

func (w *world) version(record deltasync.RecordID) (v deltasync.Version) {
	if r := w.record(record); r != nil {
		v = r.Version
	}
	return v
}

// record is one as it stands; nil: there is none.
func (w *world) record(id deltasync.RecordID) (r *deltasync.Record) {
	w.t.Helper()
	w.must(w.db.Read(context.Background(), func(tx *boltstore.Tx) error {
		found, err := tx.Record(id)
		if r = found.Clone(); err != nil || r == nil {
			return err
		}
		for _, g := range r.Registers {
			for _, v := range g.Values {
				for i := range v.Parts {
					v.Parts[i] = bytes.Clone(v.Parts[i]) // they outlive the transaction
				}
			}
		}
		return nil
	}))
	return r
}

// records are those of a kind in a scope, as they stand, the oldest change first.
func (w *world) records(scope deltasync.Scope, kind string) (all []*deltasync.Record) {
	w.t.Helper()
	var ids []deltasync.RecordID
	w.must(w.db.Read(context.Background(), func(tx *boltstore.Tx) error {
		ids = nil
		return tx.Changes(scope, 0, func(c deltasync.Change) bool {
			if c.Kind == kind && !c.Gone {
				ids = append(ids, c.ID)
			}
			return true
		})
	}))
	for _, id := range ids {
		all = append(all, w.record(id))
	}
	return all
}

// person makes somebody with a number, who has consented.
func (w *world) person(set fields) deltasync.Scope {
	w.t.Helper()
	id := deltasync.RecordID(w.id())
	scope := deltasync.PersonOf(id)
	all := fields{"name": "Canary Name", "phone": "07700 900123", "state": "open"}
	for k, v := range set {
		all[k] = v
	}
	w.edit(w.worker, scope, casework.KindPerson, id, all)
	return scope
}

func (w *world) consent(scope deltasync.Scope) deltasync.RecordID {
	w.t.Helper()
	id := deltasync.RecordID(w.id())
	w.edit(w.worker, scope, casework.KindConsent, id, fields{"purpose": "reminders", "given_on": time.Now().In(london).Format(time.DateOnly)})
	return id
}

func (w *world) appointment(scope deltasync.Scope, start time.Time, set fields) deltasync.RecordID {
	w.t.Helper()
	id := deltasync.RecordID(w.id())
	all := fields{"title": "Canary Title", "service": "Canary Service", "place": "Canary Place", "starts_at": start, "status": "planned"}
	for k, v := range set {
		all[k] = v
	}
	w.edit(w.worker, scope, casework.KindAppointment, id, all)
	return id
}

// moved writes another time.
func (w *world) moved(scope deltasync.Scope, id deltasync.RecordID, start time.Time) {
	w.t.Helper()
	w.edit(w.worker, scope, casework.KindAppointment, id, fields{"starts_at": start})
}

// way has a browser of the person's reached.
func (w *world) way(scope deltasync.Scope, kind, value string) deltasync.RecordID {
	w.t.Helper()
	id := deltasync.RecordID(w.id())
	w.must(w.db.Write(context.Background(), func(tx *boltstore.Tx) error {
		return w.engine.Write(tx, deltasync.UserID(scope), &deltasync.Op{ID: deltasync.OpID(w.id()), Scope: scope, Kind: casework.KindWay, Record: id,
			Set: map[string]json.RawMessage{"kind": deltasync.AppendString(nil, kind), "value": deltasync.AppendString(nil, value)}})
	}))
	return id
}

func (w *world) erase(scope deltasync.Scope) {
	w.t.Helper()
	_, err := w.engine.Erase(context.Background(), deltasync.RecordID(scope.ID()))
	w.must(err)
}

// rows counts those of a table.
func (w *world) rows(table string) (n int) {
	w.t.Helper()
	w.must(w.db.Read(context.Background(), func(tx *boltstore.Tx) error {
		n = 0
		return tx.EachDerived(table, nil, func([]byte, deltasync.Scope, []byte) (bool, error) {
			n++
			return true, nil
		})
	}))
	return n
}

type acks struct{ results []deltasync.Result }

func (a *acks) Ack(_ uint64, results []deltasync.Result)                    { a.results = slices.Clone(results) }
func (a *acks) Scope(deltasync.Scope, deltasync.Version, deltasync.Mark)    {}
func (a *acks) Record(deltasync.Scope, deltasync.Version, deltasync.Change) {}
func (a *acks) Gone(deltasync.Scope, deltasync.Version, deltasync.Change)   {}
func (a *acks) Drop(deltasync.Scope, deltasync.Version)                     {}
func (a *acks) Page(deltasync.Page)                                         {}
func (a *acks) Size() int                                                   { return 0 }
