package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	deltasync "alongside/sync"
)

// act is one thing that a random transaction does. Its numbers choose from what there is at that moment.
type act struct {
	Do     string
	Scope  int
	Record int
	Client int
	Field  int
	Back   int // how far back to look: for a base, for an op to let in, for an id to use again
	Word   string
	Status deltasync.Status
	Flag   bool
	Again  bool
}

// deal is a random transaction: what it does, and whether it fails at the end.
type deal struct {
	Acts  []act
	Fails bool
}

var acts = []string{"op", "op", "op", "op", "delete", "held", "let in", "grant", "access", "lost", "place", "epoch"}

func drawDeals(t *rapid.T) []deal {
	small := rapid.IntRange(0, 3)
	one := rapid.Custom(func(t *rapid.T) act {
		return act{
			Do:     rapid.SampledFrom(acts).Draw(t, "do"),
			Scope:  small.Draw(t, "scope"),
			Record: small.Draw(t, "record"),
			Client: small.Draw(t, "client"),
			Field:  small.Draw(t, "field"),
			Back:   small.Draw(t, "back"),
			Word:   rapid.StringN(0, 6, -1).Draw(t, "word"),
			Status: rapid.SampledFrom([]deltasync.Status{deltasync.Held, deltasync.Rejected}).Draw(t, "status"),
			Flag:   rapid.Bool().Draw(t, "flag"),
			Again:  rapid.IntRange(0, 4).Draw(t, "again") == 0,
		}
	})
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) deal {
		return deal{
			Acts:  rapid.SliceOfN(one, 1, 6).Draw(t, "acts"),
			Fails: rapid.IntRange(0, 5).Draw(t, "fails") == 0,
		}
	}), 1, 12).Draw(t, "deals")
}

// testAgainstMaps gives the same transactions to the store and to Maps, and compares all that they say: inside each
// transaction at its end, and after it.
func testAgainstMaps(t *testing.T, open func(t *testing.T) Store) {
	rapid.Check(t, func(rt *rapid.T) {
		store, oracle := open(t), NewMaps(func() time.Time { return noon })
		start := noon.AddDate(200, 0, 0) // both begin the same epoch, whatever was before
		c := stage()
		stores := []Store{store, oracle}
		for _, s := range stores {
			for i, u := range c.users[:2] {
				role := []deltasync.Role{deltasync.Worker, deltasync.Coordinator}[i]
				if _, err := s.AddUser(deltasync.Client{User: u, Role: role, Team: "t"}); err != nil {
					rt.Fatalf("AddUser: %v", err)
				}
			}
			if err := s.Update(t.Context(), func(tx deltasync.WriteTx) error { return tx.NewEpoch(0, start) }); err != nil {
				rt.Fatalf("NewEpoch: %v", err)
			}
		}
		c.from = deltasync.FirstVersion(0, start)
		for i, d := range drawDeals(rt) {
			var inside, after [2][]string
			for j, s := range stores {
				err := s.Update(t.Context(), func(tx deltasync.WriteTx) error {
					for _, a := range d.Acts {
						if err := a.play(c, tx); err != nil {
							return fmt.Errorf("%s: %w", a.Do, err)
						}
					}
					var err error
					if inside[j], err = c.portrait(tx); err == nil && d.Fails {
						err = errFailed
					}
					return err
				})
				if d.Fails != errors.Is(err, errFailed) || !d.Fails && err != nil {
					rt.Fatalf("transaction %d: %v, to fail: %t", i, err, d.Fails)
				}
				err = s.View(t.Context(), func(tx deltasync.Tx) (err error) {
					after[j], err = c.portrait(tx)
					return err
				})
				if err != nil {
					rt.Fatalf("after transaction %d: %v", i, err)
				}
			}
			if got, want := firstDifference(inside[0], inside[1]); got != want {
				rt.Fatalf("inside transaction %d the store says\n%s\nwant\n%s", i, got, want)
			}
			if got, want := firstDifference(after[0], after[1]); got != want {
				rt.Fatalf("after transaction %d the store says\n%s\nwant\n%s", i, got, want)
			}
		}
	})
}

func stage() *cast {
	c := &cast{
		scopes:  []deltasync.Scope{ann, bob, cleo, deltasync.Directory},
		records: []deltasync.RecordID{"r0", "r1", "r2", "r3"},
		clients: []deltasync.ClientID{"c0", "c1", "c2", "c3"},
		users:   []deltasync.UserID{"u0", "u1", "u2"}, // the clients' users, and one whom nobody knows
		groups:  []string{"g0", "g1", "g2", "g3"},
		numbers: 16, grantees: []deltasync.Principal{"u:u0", "u:u1", "c:t", "c:t2"},
	}
	for i := range 4 {
		for n := range uint64(16) {
			c.ops = append(c.ops, opID(i, n))
		}
	}
	return c
}

func opID(client int, n uint64) deltasync.OpID {
	return deltasync.OpID(fmt.Sprintf("op %d-%d", client, n))
}

func (a act) play(c *cast, tx deltasync.WriteTx) error {
	switch a.Do {
	case "op", "delete", "held":
		return a.playOp(c, tx)
	case "let in":
		return a.playLetIn(c, tx)
	case "grant":
		return a.playGrant(c, tx)
	case "access":
		return tx.PutAccess(c.scopes[a.Scope], deltasync.Access{Exists: a.Flag, Next: a.when(tx)})
	case "lost":
		_, err := tx.Append(deltasync.Entry{At: noon, Type: deltasync.EntryLost, Fact: quoted(a.Word)})
		return err
	case "place":
		r, err := tx.Record(c.records[a.Record])
		if r == nil || err != nil {
			return err
		}
		r.Log = tx.Head()
		return tx.Put(r)
	case "epoch":
		if a.Back > 0 {
			return nil
		}
		return tx.NewEpoch(0, noon)
	}
	return fmt.Errorf("no act %q", a.Do)
}

// when is never, or a moment that follows from where the log stands.
func (a act) when(tx deltasync.Tx) time.Time {
	if a.Again {
		return time.Time{}
	}
	return noon.Add(time.Duration(a.Back)*time.Hour + time.Duration(tx.Head()%1000))
}

// playOp takes an op as an engine does: it stands in the log, in its record if it takes effect, among the held ops if
// it does not.
func (a act) playOp(c *cast, tx deltasync.WriteTx) error {
	client, user := c.clients[a.Client], c.users[a.Client%2]
	counter, err := tx.Counter(client)
	if err != nil {
		return err
	}
	n := counter.Through + 1
	if err := tx.PutCounter(client, deltasync.Counter{Through: n, Safe: n / 2}); err != nil {
		return err
	}
	r, err := tx.Record(c.records[a.Record])
	if err != nil {
		return err
	}
	if r == nil {
		r = &deltasync.Record{Scope: c.scopes[a.Scope], Kind: "support", ID: c.records[a.Record], Made: user}
	}
	o := deltasync.Origin{Version: tx.Head() + 1, Client: client, N: n, User: user, At: a.when(tx)}
	op := &deltasync.OpEntry{Client: client, User: user, N: n, ID: opID(a.Client, n), Scope: r.Scope, Kind: r.Kind, Record: r.ID,
		At: o.At, Prev: r.Log, Raw: []byte(a.Word)}
	if a.Again {
		op.ID = opID((a.Client+2)%4, uint64(a.Back)) // one of the same user's other client, perhaps of no one yet
	}
	if a.Flag {
		op.Group = c.groups[a.Field]
	}
	if a.Do == "held" {
		op.Status, op.Code = a.Status, "why"
	} else {
		op.Status = r.Merge(nil, a.edit(r), o)
	}
	v, err := tx.Append(deltasync.Entry{At: a.when(tx), Type: deltasync.EntryOp, Op: op})
	if err != nil {
		return err
	}
	if a.Do == "held" {
		return tx.PutHeld(deltasync.HeldOp{Scope: r.Scope, Record: r.ID, Client: client, N: n, User: user, Status: a.Status,
			Held: deltasync.RecordID(opID(a.Client, n)), Entry: v, Open: true})
	}
	r.Log = v
	return tx.Put(r)
}

func (a act) edit(r *deltasync.Record) *deltasync.Op {
	op := &deltasync.Op{Delete: a.Do == "delete"}
	if back := deltasync.Version(a.Back); r.Version > back {
		op.Base = r.Version - back
	}
	switch name := fmt.Sprint("f", a.Field%3); {
	case op.Delete:
	case a.Field == 3 && a.Flag:
		op.Remove = map[string][]string{"set": {strings.ToUpper(a.Word), a.Word}}
	case a.Field == 3:
		op.Add = map[string][]string{"set": {a.Word}}
	case a.Word == "":
		op.Set = map[string]json.RawMessage{name: json.RawMessage("null")}
	default:
		op.Set = map[string]json.RawMessage{name: quoted(a.Word)}
	}
	return op
}

// playLetIn settles one of the scope's held ops: it stands in the log again, and its held op is closed.
func (a act) playLetIn(c *cast, tx deltasync.WriteTx) error {
	var found *deltasync.HeldOp
	err := tx.HeldOps(c.scopes[a.Scope], func(h deltasync.HeldOp) bool {
		if h.Open && (found == nil || h.Entry < found.Entry) {
			found = &h
		}
		return true
	})
	if err != nil || found == nil {
		return err
	}
	e, err := tx.Entry(found.Entry)
	if err != nil {
		return err
	}
	in := *e.Op
	in.Status, in.Code, in.AcceptedBy, in.Settles, in.Raw = deltasync.Applied, "", "u1", e.Version, nil
	if _, err := tx.Append(deltasync.Entry{At: noon, Type: deltasync.EntryOp, Op: &in}); err != nil {
		return err
	}
	found.Open = false
	return tx.PutHeld(*found)
}

// playGrant starts a principal's access to a scope, or ends it.
func (a act) playGrant(c *cast, tx deltasync.WriteTx) error {
	scope, who := c.scopes[a.Scope], c.grantees[a.Client]
	access, err := tx.Access(scope)
	if err != nil {
		return err
	}
	v := tx.Head() + 1
	g := deltasync.Grant{Principal: who, Scope: scope, Gen: v}
	var kept []deltasync.Granted
	for _, old := range access.Grants {
		if old.Principal == who {
			g.Gen, g.End = old.Gen, true
		} else {
			kept = append(kept, old)
		}
	}
	if !g.End {
		kept = append(kept, deltasync.Granted{Principal: who, Gen: v})
	}
	if _, err := tx.Append(deltasync.Entry{At: noon, Type: deltasync.EntryGrant, Grant: &g}); err != nil {
		return err
	}
	return tx.PutAccess(scope, deltasync.Access{Exists: true, Team: "t", Grants: kept, Next: a.when(tx), Assignments: []deltasync.Assignment{
		{ID: "a1", Worker: "u0", From: a.when(tx), Ended: a.Flag}}})
}

func quoted(s string) json.RawMessage {
	raw, _ := json.Marshal(s) // a string is always JSON
	return raw
}
