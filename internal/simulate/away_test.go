package simulate

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"alongside/mobile-api/client"
	deltasync "alongside/sync"
)

// A phone comes back after eight weeks with 3,000 ops, some of an app that knows less and some of one that knows more, over
// 5 kbit/s that are cut every minute, while others have changed its caseload. It gets through, loses nothing, and nothing is read
// for it while its bytes are on their way.
func TestEightWeeksAwayOverABadLink(t *testing.T) {
	dir, err := os.MkdirTemp(scratch(t), "away-")
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(1, dir)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}()
		must := func(lines ...string) {
			t.Helper()
			if err := s.Tell(lines...); err != nil {
				t.Fatal(err)
			}
		}
		must(Cast...)
		person := func(i int) string { return fmt.Sprint("p", i) }
		for i := range 30 {
			must(fmt.Sprintf("person a %s name=canary-%s", person(i), person(i)))
		}
		must("sync a", "sync desk")
		const ops = 3000
		for i := range ops {
			who := person(i % 30)
			switch i % 10 {
			case 0:
				must(fmt.Sprintf("edit a %s/diary-%d %s words=canary-%s", who, i, tomorrow, who))
			case 1:
				must(fmt.Sprintf("edit a %s person goals=canary-%s-%d x_old=canary-%s", who, who, i, who))
			case 2:
				must(fmt.Sprintf("edit a %s/a%d appointment title=canary-%s starts_at=2026-04-01T10:00:00Z status=dreamt", who, i, who))
			default:
				must(fmt.Sprintf("edit a %s/s%d support what=walked at=2026-03-20T10:00:00Z minutes:=%d note=canary-%s%s", who, i, i%90, who, strings.Repeat("-and-so-on", i%40)))
			}
			if i%50 == 0 {
				must("clock +1344m") // 60 times: eight weeks
			}
			if i%100 == 0 {
				must(fmt.Sprintf("edit desk %s person goals=canary-%s-desk-%d", who, who, i), "sync desk")
			}
		}
		must("edit desk p3/first-of-wanda assignment delete", "edit desk p4/first-of-wanda assignment delete",
			"person desk late name=canary-late", "edit desk late/cover assignment worker=wanda", "sync desk")

		a, err := s.phone("a")
		if err != nil {
			t.Fatal(err)
		}
		var looks atomic.Int64 // a connection reads and writes at the same time
		a.link = link{speed: 625, lives: time.Minute, watch: func() {
			looks.Add(1)
			if s.office.db().Stats().Readers > 0 {
				time.Sleep(time.Nanosecond) // somebody else's, of this moment, has ended by then
				if n := s.office.db().Stats().Readers; n > 0 {
					t.Errorf("%d read while a phone's bytes are on their way", n)
				}
			}
		}}
		start, syncs, cuts, exchanges := time.Now(), 0, 0, 0
		for done := false; !done; syncs++ {
			if syncs == 200 {
				t.Fatal("it does not get through")
			}
			report, err := a.run(cut{})
			cuts, exchanges = cuts+report.Cut, exchanges+report.Exchanges
			if done = err == nil; !done && !errors.Is(err, client.ErrUnavailable) && !errors.Is(err, os.ErrDeadlineExceeded) && s.excused(a, err) != nil {
				t.Fatal(err)
			}
		}
		t.Logf("it took %s, %d syncs, %d whole exchanges and %d that were cut; %d looks at who reads", time.Since(start).Round(time.Second), syncs, exchanges, cuts, looks.Load())
		if cuts == 0 || looks.Load() == 0 {
			t.Error("nothing was cut, or nobody looked")
		}
		if err := s.Rest(); err != nil {
			t.Error(err)
		}
		if n := len(s.acked); n < ops {
			t.Errorf("%d ops were acknowledged, of %d", n, ops)
		}
		held := 0
		for _, k := range s.acked {
			if k.status == string(deltasync.Held) {
				held++
			}
		}
		if held < ops/10 {
			t.Errorf("%d ops wait, fewer than the server does not know", held)
		}
	})
}
