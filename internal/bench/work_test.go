package bench

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// spent is what a step took of the server.
type spent struct {
	traffic
	took, cpu time.Duration
}

func (s spent) each(n int) float64 { return millis(s.cpu) / float64(n) }

// timed runs something on every phone at once.
func (w *world) timed(phones []*phone, do func(p *phone, i int) (traffic, error)) (s spent, err error) {
	before, err := w.server.cpu()
	if err != nil {
		return s, err
	}
	start := time.Now()
	s.traffic, err = together(len(phones), func(i int) (traffic, error) { return do(phones[i], i) })
	s.took = time.Since(start)
	if err != nil {
		return s, err
	}
	after, err := w.server.cpu()
	s.cpu = after - before
	return s, err
}

// alone runs something on one phone after the other, and gives the processor time of each.
func (w *world) alone(phones []*phone, do func(p *phone) (traffic, error)) (each []float64, sum traffic, err error) {
	for _, p := range phones {
		s, err := w.timed([]*phone{p}, func(p *phone, _ int) (traffic, error) { return do(p) })
		if err != nil {
			return nil, sum, err
		}
		sum.add(s.traffic)
		each = append(each, millis(s.cpu))
	}
	return each, sum, nil
}

// firstPush has every client send all that its worker wrote, in batches, all clients at once.
func (w *world) firstPush() (row, error) {
	all := make([][]push, len(w.phones))
	for i, p := range w.phones {
		all[i] = p.written(w.people, w.perPerson, w.batch)
	}
	s, err := w.timed(w.phones, func(p *phone, i int) (traffic, error) { return p.send(all[i]) })
	n := len(w.phones) * w.people * w.perPerson
	w.records += n
	rate := float64(n) / s.took.Seconds()
	return row{fmt.Sprintf("first push, %d clients × %d, batches of %d", len(w.phones), w.people*w.perPerson, w.batch),
		[]mark{{"a record", s.each(n), 0.06, 0.03, inMillis, false}, {"", rate, 15_000, 30_000, aSecond, true}},
		fmt.Sprintf("%s up, %s down; %.2f of the machine's bare puts", inBytes(float64(s.up)), inBytes(float64(s.down)), rate/w.limits.putRate)}, err
}

// firstPull has a fresh client of each worker, one after the other, get everything.
func (w *world) firstPull() (row, error) {
	r := row{work: fmt.Sprintf("first pull of %d", w.people*w.perPerson)}
	for _, packing := range []string{"gzip", "zstd"} {
		fresh, err := w.fresh(w.phones)
		if err != nil {
			return r, err
		}
		each, sum, err := w.alone(fresh, func(p *phone) (traffic, error) { return p.pull(packing) })
		if err != nil {
			return r, err
		}
		if want := len(fresh) * w.people * w.perPerson; sum.records < want {
			return r, fmt.Errorf("%d records came, of %d", sum.records, want)
		}
		r.marks = append(r.marks, mark{packing, median(each), 15, 5, inMillis, false},
			mark{packing, float64(sum.down) / float64(len(fresh)), 110e3, 95e3, inBytes, false})
		r.beside = fmt.Sprintf("%d requests", sum.requests/len(fresh))
	}
	return r, nil
}

func (w *world) fresh(of []*phone) (all []*phone, err error) {
	for _, p := range of {
		other, err := p.another()
		if err != nil {
			return nil, err
		}
		all = append(all, other)
	}
	return all, nil
}

// nothingNew has many connections sync when there is nothing to send and nothing to get.
func (w *world) nothingNew(phones []*phone) (spent, error) {
	return w.timed(phones, func(p *phone, _ int) (sum traffic, err error) {
		for range w.idle {
			t, err := p.exchange(push{}, "gzip")
			sum.add(t)
			if err != nil {
				return sum, err
			}
		}
		return sum, nil
	})
}

func (w *world) nothingNewRow() (row, error) {
	phones, err := others(w.phones, w.connections)
	if err != nil {
		return row{}, err
	}
	wire := w.server.wire.Load()
	s, err := w.nothingNew(phones)
	n := len(phones) * w.idle
	return row{fmt.Sprintf("nothing new, %d connections", len(phones)),
		[]mark{{"", s.each(n), 0.12, 0.05, inMillis, false},
			{"both ways, with headers", float64(w.server.wire.Load()-wire) / float64(n), 1200, 1200, inBytes, false}},
		fmt.Sprintf("%.0f a second, %.1f times the bare handler's time", float64(n)/s.took.Seconds(), s.each(n)/millis(w.limits.echo))}, err
}

// share lets each caseload be worked on by its neighbour too, so that five clients write to each.
func (w *world) share() error {
	c, err := w.server.enrolled(w.team, "Coordinator", "coordinator")
	if err != nil {
		return err
	}
	if _, err := c.pull("gzip"); err != nil {
		return err
	}
	own := make([][]string, len(w.phones))
	var ops []string
	for i, p := range w.phones {
		own[i] = p.people
		neighbour := w.phones[(i^1)%len(w.phones)]
		for _, person := range p.people {
			ops = append(ops, c.opOf(person, newID(), "assignment", fmt.Sprintf(`"worker":%q,"part":"cover"`, neighbour.user)))
		}
	}
	for i, p := range w.phones {
		p.people = append(slices.Clone(own[i]), own[(i^1)%len(own)]...)
	}
	_, err = c.send(batches(ops, w.batch, c.n))
	w.records += len(ops)
	return err
}

// littleByLittle has each client push 3 and get what the others have written since, in one round trip.
func (w *world) littleByLittle(phones []*phone, rounds int) (all spent, err error) {
	if _, err := together(len(phones), func(i int) (traffic, error) { return phones[i].pull("gzip") }); err != nil {
		return all, err
	}
	for range rounds {
		mine := make([]push, len(phones))
		for i, p := range phones {
			mine[i] = p.supports(3)
		}
		s, err := w.timed(phones, func(p *phone, i int) (traffic, error) { return p.exchange(mine[i], "gzip") })
		if err != nil {
			return all, err
		}
		all.traffic.add(s.traffic)
		all.cpu += s.cpu
		all.took += s.took
		w.records += 3 * len(phones)
	}
	return all, nil
}

func (w *world) littleRow() (row, error) {
	phones, err := others(w.phones, w.connections)
	if err != nil {
		return row{}, err
	}
	s, err := w.littleByLittle(phones, w.rounds)
	n := len(phones) * w.rounds
	return row{fmt.Sprintf("push 3 and pull what %d clients sharing %d caseloads wrote", len(phones), len(w.phones)),
		[]mark{{"a round trip", s.each(n), 0.6, 0.35, inMillis, false}},
		fmt.Sprintf("%.1f records and %s came each time, one request, %.0f a second", float64(s.records)/float64(n), inBytes(float64(s.down)/float64(n)), float64(n)/s.took.Seconds())}, err
}

// offered sends round trips when their time has come, whatever became of those before, and says how long each took from then.
func (w *world) offered() (row, error) {
	phones, err := others(w.phones, w.connections)
	if err != nil {
		return row{}, err
	}
	ends := make(chan struct{})
	var disk []time.Duration
	var beside sync.WaitGroup
	beside.Go(func() {
		dir := w.tb.TempDir()
		for {
			select {
			case <-ends:
				return
			case <-time.After(20 * time.Millisecond):
				if one, err := appends(dir, 3*opSize, 1); err == nil { // what fails shows in the server's own
					disk = append(disk, one...)
				}
			}
		}
	})
	pause := time.Second / time.Duration(w.rate)
	start := time.Now()
	took := make([][]time.Duration, len(phones))
	_, err = together(len(phones), func(i int) (traffic, error) {
		for at := time.Duration(i) * pause; at < w.lasts; at += time.Duration(len(phones)) * pause {
			p := phones[i]
			b := p.supports(3)
			time.Sleep(time.Until(start.Add(at)))
			if _, err := p.exchange(b, "gzip"); err != nil {
				return traffic{}, err
			}
			took[i] = append(took[i], time.Since(start.Add(at)))
		}
		return traffic{}, nil
	})
	close(ends)
	beside.Wait()
	all := slices.Concat(took...)
	w.records += 3 * len(all)
	sync := quantile(disk, 0.99)
	p99 := quantile(all, 0.99)
	return row{fmt.Sprintf("its p99 at %d a second offered", w.rate), []mark{{"", float64(p99) / float64(sync), 10, 4, fsyncs, false}},
		fmt.Sprintf("p50 %s, p99 %s, slowest %s; an append beside it is durable after %s (p50) and %s (p99)", inMillis(millis(median(all))), inMillis(millis(p99)),
			inMillis(millis(slices.Max(all))), inMillis(millis(median(disk))), inMillis(millis(sync)))}, err
}

// monday has phones come with all that they wrote over days, at once with a coordinator who has nothing yet.
func (w *world) monday() (row, error) {
	phones, err := others(w.phones, w.mondayPhones)
	if err != nil {
		return row{}, err
	}
	c, err := w.server.enrolled(w.team, "Coordinator on Monday", "coordinator")
	if err != nil {
		return row{}, err
	}
	all := make([][]push, len(phones))
	for i, p := range phones {
		var ops []string
		for range w.mondayOps {
			ops = append(ops, p.support())
		}
		all[i] = batches(ops, w.batch, p.n)
	}
	var came traffic
	s, err := w.timed(append(slices.Clone(phones), c), func(p *phone, i int) (sum traffic, err error) {
		if p == c {
			came, err = p.pull("gzip")
			return came, err
		}
		if sum, err = p.send(all[i]); err != nil {
			return sum, err
		}
		t, err := p.pull("gzip")
		sum.add(t)
		return sum, err
	})
	w.records += len(phones) * w.mondayOps
	return row{fmt.Sprintf("Monday morning: %d phones × %d unsent, and a coordinator's first pull", len(phones), w.mondayOps),
		[]mark{{"until all are done", millis(s.took), 3000, 1000, inMillis, false}},
		fmt.Sprintf("%d records to the coordinator, %d in all; server's processor time %s", came.records, s.records, inMillis(millis(s.cpu)))}, err
}
