package reminder

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"alongside/internal/boltstore"
	"alongside/internal/casework"
	"alongside/internal/push"
	deltasync "alongside/sync"
)

// fill writes people with appointments ahead, the given number each, past any client.
func (w *world) fill(people, each int, start func(person, n int) time.Time) (scopes []deltasync.Scope) {
	id := func(what string, n ...int) string { return deltasync.NamedID("bench", what, fmt.Sprint(n)) }
	day := time.Now().In(london).Format(time.DateOnly)
	text := func(s string) json.RawMessage { return deltasync.AppendString(nil, s) }
	const atOnce = 50
	for from := 0; from < people; from += atOnce {
		w.must(w.db.Write(context.Background(), func(tx *boltstore.Tx) error {
			for p := from; p < min(from+atOnce, people); p++ {
				person := deltasync.RecordID(id("person", p))
				scope := deltasync.PersonOf(person)
				ops := []*deltasync.Op{
					{ID: deltasync.OpID(id("p", p)), Scope: scope, Kind: casework.KindPerson, Record: person, Set: map[string]json.RawMessage{
						"name": text("Somebody"), "phone": text(fmt.Sprintf("07700 %06d", p)), "team": text(string(w.worker.Team))}},
					{ID: deltasync.OpID(id("c", p)), Scope: scope, Kind: casework.KindConsent, Record: deltasync.RecordID(id("consent", p)),
						Set: map[string]json.RawMessage{"purpose": text("reminders"), "given_on": text(day)}},
				}
				for n := range each {
					ops = append(ops, &deltasync.Op{ID: deltasync.OpID(id("a", p, n)), Scope: scope, Kind: casework.KindAppointment,
						Record: deltasync.RecordID(id("appointment", p, n)), Set: map[string]json.RawMessage{"title": text("Visit at home"),
							"starts_at": deltasync.AppendTime(nil, start(p, n)), "status": text("planned"), "place": text("At home")}})
				}
				if err := w.engine.Write(tx, "system/bench", ops...); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	for p := range people {
		scopes = append(scopes, deltasync.PersonOf(deltasync.RecordID(id("person", p))))
	}
	return scopes
}

// planned waits until the planner has read the whole log.
func (w *world) planned(s *Service) {
	head := w.head()
	for {
		at, err := s.place(context.Background(), plannerName)
		w.must(err)
		if at >= head {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

func (w *world) head() (v deltasync.Version) {
	w.must(w.db.Read(context.Background(), func(tx *boltstore.Tx) error { v = tx.Head(); return nil }))
	return v
}

func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkPlan has a new planner read a store of 100,000 appointments, 20 each of 5,000 people. Memory is what the Go heap and its
// stacks hold at most.
func BenchmarkPlan(b *testing.B) {
	for range b.N {
		b.StopTimer()
		w := newWorld(b)
		w.fill(5000, 20, func(p, n int) time.Time {
			return time.Now().Add(time.Duration(24*(n+3))*time.Hour + time.Duration(p)*time.Second)
		})
		w.senders[push.SMS] = &post{}
		s := w.service()
		w.must(s.prepare())
		runtime.GC()
		var most atomic.Uint64
		stop := make(chan struct{})
		go func() {
			var m runtime.MemStats
			for {
				runtime.ReadMemStats(&m)
				most.Store(max(most.Load(), m.HeapInuse+m.StackInuse))
				select {
				case <-stop:
					return
				case <-time.After(50 * time.Millisecond):
				}
			}
		}()
		ctx, end := context.WithCancel(context.Background())
		b.StartTimer()
		done := make(chan error, 1)
		go func() { done <- s.follow(ctx) }()
		w.planned(s)
		b.StopTimer()
		end()
		<-done
		close(stop)
		if got := w.rows(tableAgendas); got != 5000 {
			b.Fatalf("%d people have an agenda", got)
		}
		b.ReportMetric(float64(most.Load())/1e6, "MB-most")
		w.must(w.db.Close())
	}
}

// BenchmarkPlanAnew is what one change costs, of somebody with 20 appointments ahead: the planner's CPU, without the commit that it shares with others.
func BenchmarkPlanAnew(b *testing.B) {
	w := newWorld(b)
	defer func() { w.must(w.db.Close()) }()
	scopes := w.fill(200, 20, func(p, n int) time.Time { return time.Now().Add(time.Duration(24*(n+3)) * time.Hour) })
	w.senders[push.SMS] = &post{}
	s := w.service()
	w.must(s.prepare())
	w.must(w.store().Write(context.Background(), func(tx WriteTx) error {
		for _, scope := range scopes {
			if _, _, err := s.settle(tx, scope, 1, time.Now()); err != nil {
				return err
			}
		}
		return nil
	}))
	var spent time.Duration
	for i := range b.N {
		scope := scopes[i%len(scopes)]
		record := deltasync.RecordID(deltasync.NamedID("bench", "appointment", fmt.Sprint([]int{i % len(scopes), i % 20})))
		w.must(w.db.Write(context.Background(), func(tx *boltstore.Tx) error {
			return w.engine.Write(tx, "system/bench", &deltasync.Op{ID: deltasync.OpID(deltasync.NamedID("change", strconv.Itoa(i))), Scope: scope,
				Kind: casework.KindAppointment, Record: record, Base: tx.Head(),
				Set: map[string]json.RawMessage{"starts_at": deltasync.AppendTime(nil, time.Now().Add(time.Duration(100+i%400)*time.Hour))}})
		}))
		w.must(w.store().Write(context.Background(), func(tx WriteTx) error {
			before := cpu(b)
			err := s.note(tx, scope, tx.Head(), time.Now())
			spent += cpu(b) - before
			return err
		}))
	}
	b.ReportMetric(float64(spent.Microseconds())/float64(b.N), "µs-CPU/change")
}

// slow is a provider that takes its time.
type slow struct{ sent atomic.Int64 }

func (s *slow) Send(_ context.Context, batch []push.Message) []push.Outcome {
	out := make([]push.Outcome, len(batch))
	for i := range batch {
		time.Sleep(200 * time.Millisecond)
		out[i] = push.Outcome{Status: push.Sent}
		s.sent.Add(1)
	}
	return out
}

// BenchmarkSend sends 1,000 messages that are all due at once through a provider that takes 200 ms for each.
func BenchmarkSend(b *testing.B) {
	for range b.N {
		b.StopTimer()
		w := newWorld(b)
		w.set.Quiet, w.set.QuietDays, w.set.Leads = Hours{}, nil, []time.Duration{48 * time.Hour}
		w.log = slog.New(slog.DiscardHandler)
		due := time.Now().Add(48*time.Hour + 20*time.Second)
		w.fill(1000, 1, func(int, int) time.Time { return due })
		to := &slow{}
		w.senders[push.SMS] = to
		s := w.service()
		ctx, end := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		time.Sleep(time.Until(due.Add(-48 * time.Hour)))
		b.StartTimer()
		began := time.Now()
		for to.sent.Load() < 1000 {
			time.Sleep(5 * time.Millisecond)
		}
		b.ReportMetric(60000/time.Since(began).Seconds(), "messages/min")
		b.StopTimer()
		end()
		<-done
		w.must(w.db.Close())
	}
}
