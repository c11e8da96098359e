package boltstore

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"alongside/internal/auth"
	"alongside/sync/storetest"
)

// live lets a partnership work for some steps, a seed at a time the same.
func live(t testing.TB, w *storetest.World, b *book, seed uint64, steps int) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	one := func(of ...string) string { return of[r.IntN(len(of))] }
	do := func(format string, args ...any) {
		line := fmt.Sprintf(format, args...)
		if err := w.Do(line, &strings.Builder{}); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
	for _, u := range []string{"wanda worker north", "will worker north", "walt worker south", "cora coordinator north", "sam coordinator south"} {
		do("user %s", u)
	}
	phones := []string{"a", "b", "c", "desk", "other"}
	for i, user := range []string{"wanda", "will", "walt", "cora", "sam"} {
		do("phone %s %s", phones[i], user)
	}
	do("person a ben name=Ben")
	do("person a ann name=Ann interests+=choir needs+=transport")
	do("person c mo name=Mo")
	for _, p := range phones {
		do("sync %s", p)
	}
	err := b.Auth().Update(tcontext, func(tx auth.WriteTx) error {
		err := tx.PutKey(auth.Key{ID: "k1", Seed: []byte("seed"), Created: noon})
		for i := range 20 {
			id := fmt.Sprintf("0192f0c1-0000-7000-8000-%012d", i)
			if err == nil {
				err = tx.PutClient(auth.Client{ID: id, User: "u", Device: auth.Device{Name: "phone"}, Family: "f", Created: noon})
			}
			if err == nil {
				err = tx.PutFamily(auth.Family{ID: id, Client: id, Generation: uint64(i)})
			}
			if err == nil {
				err = tx.PutCode(auth.Code{Hash: id, User: "u", Expires: noon})
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for step := range steps {
		p, person := one(phones...), one("ben", "ann", "mo", "ben")
		switch n := r.IntN(20); {
		case n < 6:
			do("edit %s %s/%s appointment title=T%d starts_at=2026-03-0%dT10:00:00Z status=%s", p, person, one("one", "two", "three"), step, 1+r.IntN(9), one("planned", "missed", "attended"))
		case n < 8:
			do("edit %s %s/note%d support what=visit at=2026-03-02T09:00:00Z note=\"step %d\"", p, person, r.IntN(5), step)
		case n < 9:
			do("edit %s %s person interests+=%s goals=g%d", p, person, one("choir", "chess", "dogs"), step)
		case n < 10:
			do("edit %s %s/%s appointment delete", p, person, one("one", "two", "three"))
		case n < 11:
			do("edit %s %s/as-%s assignment worker=%s until=2026-03-0%dT10:00:00Z", one("desk", "other"), person, one("x", "y"), one("will", "walt", "wanda"), 1+r.IntN(9))
		case n < 12:
			do("edit %s %s/bad appointment title= status=planned", p, person)
		case n < 13:
			do("edit %s ghost/visit appointment title=x status=planned", p)
		case n < 14:
			do("clock +%dm", r.IntN(300))
		default:
			do("sync %s", p)
		}
	}
	for _, p := range phones {
		do("sync %s", p)
	}
}

func TestALivedStoreHasNoFault(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		w, b := world(t)
		live(t, w, b, seed, 120)
		w.Backup()
		live2 := func() {
			for _, line := range []string{"edit a ben/after support what=call at=2026-03-02T09:00:00Z", "sync a", "sync desk"} {
				if err := w.Do(line, &strings.Builder{}); err != nil {
					t.Fatalf("%s: %v", line, err)
				}
			}
		}
		live2()
		w.Restore(seed%2 == 0)
		live2()
		for _, f := range faults(t, b.DB) {
			t.Errorf("seed %d: %s", seed, f)
		}
	}
}
