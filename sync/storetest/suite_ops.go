package storetest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	deltasync "alongside/sync"
)

// op appends an entry for an op, in a transaction of its own.
func (f *fixture) op(op deltasync.OpEntry) (v deltasync.Version) {
	f.Helper()
	f.update(func(tx deltasync.WriteTx) (err error) {
		v, err = tx.Append(deltasync.Entry{At: noon, Type: deltasync.EntryOp, Op: &op})
		return err
	})
	return v
}

func (f *fixture) finds(client deltasync.ClientID, n uint64, user deltasync.UserID, id deltasync.OpID, byNumber, byID deltasync.Version) {
	f.Helper()
	f.view(func(tx deltasync.Tx) {
		if got, err := tx.OpByNumber(client, n); got != byNumber || err != nil {
			f.Errorf("OpByNumber(%s, %d) = %d, %v, want %d", client, n, got, err, byNumber)
		}
		if got, err := tx.OpByID(user, id); got != byID || err != nil {
			f.Errorf("OpByID(%s, %s) = %d, %v, want %d", user, id, got, err, byID)
		}
	})
}

func testLookups(f *fixture) {
	first := f.op(deltasync.OpEntry{Client: "c", User: "u", N: 1, ID: "x", Status: deltasync.Applied})
	other := f.op(deltasync.OpEntry{Client: "c", User: "u", N: 256, ID: "y", Status: deltasync.Rejected})
	f.finds("c", 1, "u", "x", first, first)
	f.finds("c", 256, "u", "y", other, other)
	f.finds("c", 2, "u", "z", 0, 0)
	f.finds("d", 1, "v", "x", 0, 0)
	again := f.op(deltasync.OpEntry{Client: "d", User: "u", N: 1, ID: "x", Status: deltasync.Applied, As: first})
	f.finds("d", 1, "u", "x", again, first)
	f.finds("c", 1, "u", "x", first, first)
	theirs := f.op(deltasync.OpEntry{Client: "e", User: "v", N: 1, ID: "x", Status: deltasync.Held})
	f.finds("e", 1, "v", "x", theirs, theirs)
	f.finds("c", 1, "u", "x", first, first)
	nameless := f.op(deltasync.OpEntry{Client: "c", User: "u", N: 257, Status: deltasync.Rejected})
	f.finds("c", 257, "u", "x", nameless, first)
}

func testSettled(f *fixture) {
	held := f.op(deltasync.OpEntry{Client: "c", User: "u", N: 1, ID: "x", Status: deltasync.Held})
	after := f.op(deltasync.OpEntry{Client: "c", User: "u", N: 2, ID: "y", Status: deltasync.Applied})
	f.op(deltasync.OpEntry{Client: "c", User: "u", N: 1, ID: "x", Status: deltasync.Applied, AcceptedBy: "k", Settles: held})
	f.finds("c", 1, "u", "x", held, held)
	f.finds("c", 2, "u", "y", after, after)
}

func testGroups(f *fixture) {
	used := func(u deltasync.UserID, g string) (used bool) {
		f.Helper()
		f.view(func(tx deltasync.Tx) {
			var err error
			if used, err = tx.GroupUsed(u, g); err != nil {
				f.Errorf("GroupUsed: %v", err)
			}
		})
		return used
	}
	if used("u", "g") {
		f.Error("a group is used before any op of it is there")
	}
	f.op(deltasync.OpEntry{Client: "c", User: "u", N: 1, ID: "x"})
	f.op(deltasync.OpEntry{Client: "c", User: "u", N: 2, ID: "y", Group: "g"})
	f.op(deltasync.OpEntry{Client: "c", User: "u", N: 3, ID: "z", Group: "g"})
	for _, test := range []struct {
		user  deltasync.UserID
		group string
		want  bool
	}{{"u", "g", true}, {"u", "h", false}, {"v", "g", false}} {
		if got := used(test.user, test.group); got != test.want {
			f.Errorf("GroupUsed(%s, %s) = %t, want %t", test.user, test.group, got, test.want)
		}
	}
}

func testCounters(f *fixture) {
	want := map[deltasync.ClientID]deltasync.Counter{
		"c":  {Through: 3},
		"cc": {Through: deltasync.MaxInteger, Safe: 7},
		"d":  {},
	}
	f.update(func(tx deltasync.WriteTx) error {
		for _, c := range []deltasync.ClientID{"c", "cc"} {
			if err := tx.PutCounter(c, deltasync.Counter{Through: 1}); err != nil {
				return err
			}
			if err := tx.PutCounter(c, want[c]); err != nil {
				return err
			}
			if got, err := tx.Counter(c); got != want[c] || err != nil {
				f.Errorf("Counter(%s) in its own transaction = %+v, %v, want %+v", c, got, err, want[c])
			}
		}
		return nil
	})
	f.view(func(tx deltasync.Tx) {
		for c, n := range want {
			if got, err := tx.Counter(c); got != n || err != nil {
				f.Errorf("Counter(%s) = %+v, %v, want %+v", c, got, err, n)
			}
		}
	})
}

func testHeld(f *fixture) {
	held := []deltasync.HeldOp{
		{Scope: ann, Record: "r1", Client: "c", N: 1, User: "u", Status: deltasync.Held, Held: "h1", Entry: 11, Open: true},
		{Scope: ann, Record: "r1", Client: "c", N: 2, User: "u", Status: deltasync.Rejected, Held: "h2", Entry: 12, Open: true},
		{Scope: ann, Record: "r2", Client: "d", N: 1, User: "v", Status: deltasync.Held, Held: "h3", Entry: 13, Open: true},
		{Scope: bob, Record: "r3", Client: "d", N: 2, User: "v", Status: deltasync.Held, Held: "h4", Entry: 14, Open: true},
		{Client: "d", N: 3, User: "v", Status: deltasync.Rejected, Held: "h5", Entry: 15, Open: true}, // what it was meant for could not be read
	}
	read := func(tx deltasync.Tx, s deltasync.Scope, most int) (out []string) {
		err := tx.HeldOps(s, func(h deltasync.HeldOp) bool {
			out = append(out, fmt.Sprintf("%+v", h))
			return len(out) < most
		})
		if err != nil {
			f.Errorf("HeldOps(%s): %v", s, err)
		}
		slices.Sort(out)
		return out
	}
	texts := func(held ...deltasync.HeldOp) (out []string) {
		for _, h := range held {
			out = append(out, fmt.Sprintf("%+v", h))
		}
		slices.Sort(out)
		return out
	}
	check := func(tx deltasync.Tx) {
		f.Helper()
		for s, want := range map[deltasync.Scope][]string{ann: texts(held[:3]...), bob: texts(held[3]), "": texts(held[4]), cleo: nil} {
			if got := read(tx, s, 100); !slices.Equal(got, want) {
				f.Errorf("HeldOps(%s) =\n%v\nwant\n%v", s, got, want)
			}
		}
		if got := read(tx, ann, 2); len(got) != 2 {
			f.Errorf("HeldOps that stops at the second gave %d", len(got))
		}
	}
	f.update(func(tx deltasync.WriteTx) error {
		for _, h := range held {
			if err := tx.PutHeld(h); err != nil {
				return err
			}
		}
		check(tx)
		return nil
	})
	f.view(check)
	held[1].Open = false
	held[2].Held = "h6" // it moves on with its person
	f.update(func(tx deltasync.WriteTx) error { return errors.Join(tx.PutHeld(held[1]), tx.PutHeld(held[2])) })
	f.view(check)
}

func testUsers(f *fixture) {
	f.view(func(tx deltasync.Tx) {
		if _, ok, err := tx.User("nobody"); ok || err != nil {
			f.Errorf("User of nobody: %t, %v", ok, err)
		}
	})
	team := deltasync.TeamID(deltasync.NamedID("team"))
	for _, role := range []deltasync.Role{deltasync.Worker, deltasync.Coordinator, deltasync.Admin} {
		before := f.head()
		want := deltasync.Client{User: deltasync.UserID(deltasync.NamedID(string(role))), Role: role, Team: team}
		added, err := f.store.AddUser(want)
		if err != nil {
			f.Fatalf("AddUser(%+v): %v", want, err)
		}
		want.Since = added.Since
		f.view(func(tx deltasync.Tx) {
			if want.Since <= before || want.Since > tx.Head() {
				f.Errorf("AddUser gave Since %d, between heads %d and %d", want.Since, before, tx.Head())
			}
			if _, err := tx.Entry(want.Since); err != nil {
				f.Errorf("Entry(%d), where the user began: %v", want.Since, err)
			}
			if got, ok, err := tx.User(want.User); got != want || !ok || err != nil {
				f.Errorf("User(%s) = %+v, %t, %v, want %+v", want.User, got, ok, err, want)
			}
		})
	}
}

func testAccess(f *fixture) {
	want := deltasync.Access{
		Exists: true, Team: "t", Next: noon.Add(1),
		Assignments: []deltasync.Assignment{
			{ID: "a1", Worker: "u", From: noon.Add(-1), Until: noon.Add(2)},
			{ID: "a2", Worker: "v"},
			{ID: "a3", Worker: "u", Ended: true},
		},
		Grants: []deltasync.Granted{{Principal: "c:t", Gen: 5}, {Principal: "u:u", Gen: 1 << 50}},
	}
	check := func(tx deltasync.Tx, s deltasync.Scope, want deltasync.Access) {
		f.Helper()
		if got, err := tx.Access(s); err != nil || accessText(got) != accessText(want) {
			f.Errorf("Access(%s), %v =\n%s\nwant\n%s", s, err, accessText(got), accessText(want))
		}
	}
	f.update(func(tx deltasync.WriteTx) error {
		if err := tx.PutAccess(ann, want); err != nil {
			return err
		}
		check(tx, ann, want)
		return nil
	})
	f.view(func(tx deltasync.Tx) {
		check(tx, ann, want)
		check(tx, bob, deltasync.Access{})
	})
	want = deltasync.Access{Exists: true, Team: "t2"}
	f.update(func(tx deltasync.WriteTx) error { return tx.PutAccess(ann, want) })
	f.view(func(tx deltasync.Tx) { check(tx, ann, want) })
}

// access puts who sees a scope, in a transaction of its own.
func (f *fixture) access(s deltasync.Scope, next time.Time, grants ...deltasync.Granted) {
	f.Helper()
	f.update(func(tx deltasync.WriteTx) error {
		return tx.PutAccess(s, deltasync.Access{Exists: true, Team: "t", Grants: grants, Next: next})
	})
}

func testGranted(f *fixture) {
	granted := func(p deltasync.Principal, most int) string {
		f.Helper()
		var out []string
		f.view(func(tx deltasync.Tx) {
			err := tx.Granted(p, func(s deltasync.Scope, gen deltasync.Version) bool {
				out = append(out, fmt.Sprintf("%s:%d", s.ID()[35:], gen))
				return len(out) < most
			})
			if err != nil {
				f.Errorf("Granted(%s): %v", p, err)
			}
		})
		return fmt.Sprint(out)
	}
	is := func(got, want string) {
		f.Helper()
		if got != want {
			f.Errorf("Granted gives %s, want %s", got, want)
		}
	}
	is(granted("u:u", 9), "[]")
	never := time.Time{}
	f.access(cleo, never, deltasync.Granted{Principal: "u:u", Gen: 3}, deltasync.Granted{Principal: "c:t", Gen: 30})
	f.access(ann, never, deltasync.Granted{Principal: "u:u", Gen: 5}, deltasync.Granted{Principal: "u:u2", Gen: 50})
	f.access(bob, never, deltasync.Granted{Principal: "u:u", Gen: 4})
	is(granted("u:u", 9), "[a:5 b:4 c:3]")
	is(granted("u:u", 2), "[a:5 b:4]")
	is(granted("u:u2", 9), "[a:50]")
	is(granted("c:t", 9), "[c:30]")
	f.access(bob, never)
	f.access(cleo, never, deltasync.Granted{Principal: "u:u", Gen: 9})
	is(granted("u:u", 9), "[a:5 c:9]")
	is(granted("c:t", 9), "[]")
}

func testGrants(f *fixture) {
	var want []deltasync.Grant
	f.update(func(tx deltasync.WriteTx) error {
		want = nil
		var gen deltasync.Version
		for i := range 6 {
			for _, p := range []deltasync.Principal{"u:u", "u:uu"} {
				v := tx.Head() + 1
				if i%2 == 0 {
					gen = v
				}
				g := deltasync.Grant{Principal: p, Scope: ann, Gen: gen, End: i%2 == 1}
				if _, err := tx.Append(deltasync.Entry{At: noon, Type: deltasync.EntryGrant, Grant: &g}); err != nil {
					return err
				}
				if g.Version = v; p == "u:u" {
					want = append(want, g)
				}
			}
		}
		return nil
	})
	f.view(func(tx deltasync.Tx) {
		for i, after := range append([]deltasync.Grant{{}}, want...) {
			for _, most := range []int{1, 2, 100} {
				var got []deltasync.Grant
				err := tx.Grants("u:u", after.Version, func(g deltasync.Grant) bool {
					got = append(got, g)
					return len(got) < most
				})
				if part := want[i:min(i+most, len(want))]; err != nil || !slices.Equal(got, part) {
					f.Errorf("Grants after %d up to %d =\n%+v, %v\nwant\n%+v", after.Version, most, got, err, part)
				}
			}
		}
		err := tx.Grants("u:u", tx.Head(), func(g deltasync.Grant) bool { f.Errorf("a grant above the head: %+v", g); return false })
		if err != nil {
			f.Errorf("Grants above the head: %v", err)
		}
	})
}

func testDue(f *fixture) {
	is := func(at time.Time, scope deltasync.Scope) {
		f.Helper()
		f.view(func(tx deltasync.Tx) {
			got, s, err := tx.NextDue()
			if err != nil || !got.Equal(at) || !at.IsZero() && s != scope {
				f.Errorf("NextDue() = %v, %s, %v, want %v, %s", got, s, err, at, scope)
			}
		})
	}
	day := func(d int) time.Time { return noon.AddDate(0, 0, d).Add(time.Duration(d)) }
	f.access(ann, day(3))
	is(day(3), ann)
	f.access(bob, day(2))
	is(day(2), bob)
	f.access(cleo, day(-400_00)) // long ago, and still not seen to
	is(day(-400_00), cleo)
	f.access(cleo, time.Time{})
	is(day(2), bob)
	f.access(bob, day(4))
	is(day(3), ann)
	f.access(ann, day(5))
	is(day(4), bob)
	f.update(func(tx deltasync.WriteTx) error {
		if err := tx.PutAccess(bob, deltasync.Access{Exists: true}); err != nil {
			return err
		}
		if at, s, err := tx.NextDue(); err != nil || !at.Equal(day(5)) || s != ann {
			f.Errorf("NextDue() in its own transaction = %v, %s, %v", at, s, err)
		}
		return nil
	})
	f.access(ann, time.Time{})
	is(time.Time{}, "")
}
