package bench

import (
	"fmt"
	"time"
)

// point is what work costs while the store holds so many records.
type point struct {
	records                   int
	idle, little, wide, first float64 // milliseconds of processor time: a sync, a round trip, an op, a pull
	syncs, trips              float64 // a second
}

// growth fills a store, and measures the same work of the same people at each size.
func (w *world) growth(t *table) ([]point, error) {
	if _, err := w.firstPush(); err != nil {
		return nil, err
	}
	f := filling{w: w, team: w.team}
	var points []point
	var at30 float64
	for i, size := range w.sizes {
		if err := f.to(size); err != nil {
			return nil, err
		}
		p, err := w.point()
		if err != nil {
			return nil, err
		}
		points = append(points, p)
		fmt.Fprintf(t.out, "  %d records: nothing new %s, push 3 and pull %s, an op among scopes of its own %s, first pull %s\n",
			p.records, inMillis(p.idle), inMillis(p.little), inMillis(p.wide), inMillis(p.first))
		if i == max(0, len(w.sizes)-2) {
			at30 = p.wide
		}
	}
	first, last := points[0], points[len(points)-1]
	t.add(row{fmt.Sprintf("a batch of one op in each of %d scopes, %d records in the store", w.people, points[max(0, len(points)-2)].records),
		[]mark{{"an op", at30, 0.15, 0.08, inMillis, false}}, ""})
	t.add(row{fmt.Sprintf("%d records in the store, beside %d", last.records, first.records),
		[]mark{{"pushes and pulls", last.little / first.little, 2, 1.3, times, false}, {"nothing new", last.idle / first.idle, 1.3, 1, times, false}},
		fmt.Sprintf("a first pull %.2f×, %.0f syncs a second with nothing new", last.first/first.first, last.syncs)})
	return points, f.coordinator(t)
}

// point measures with clients of their own.
func (w *world) point() (p point, err error) {
	p.records = w.records
	phones, err := others(w.phones, w.connections)
	if err == nil {
		err = w.server.quiet()
	}
	if err != nil {
		return p, err
	}
	for range 3 { // what the garbage collector and the disk do falls into one run or the other
		s, err := w.nothingNew(phones)
		if err != nil {
			return p, err
		}
		n := len(phones) * w.idle
		if each := s.each(n); p.idle == 0 || each < p.idle {
			p.idle, p.syncs = each, float64(n)/s.took.Seconds()
		}
	}
	s, err := w.littleByLittle(phones, w.rounds)
	if err != nil {
		return p, err
	}
	n := len(phones) * w.rounds
	p.little, p.trips = s.each(n), float64(n)/s.took.Seconds()
	var wide []float64
	for range w.rounds {
		each, _, err := w.alone(w.phones[:1], func(p *phone) (traffic, error) { return p.exchange(p.supports(w.people), "gzip") })
		if err != nil {
			return p, err
		}
		wide = append(wide, each[0]/float64(w.people))
		w.records += w.people
	}
	p.wide = median(wide)
	fresh, err := w.fresh(w.phones)
	if err != nil {
		return p, err
	}
	each, _, err := w.alone(fresh, func(p *phone) (traffic, error) { return p.pull("gzip") })
	p.first = median(each)
	return p, err
}

// filling are workers who only write, until the store has its size. The first of them are of the measured team, as many
// as give its coordinator the people they are to have.
type filling struct {
	w       *world
	team    string
	people  int // of the measured team's, beside those of its measured workers
	fillers int
}

// at once so many fill.
const fillers = 4

func (f *filling) to(size int) error {
	w := f.w
	for w.records < size {
		people := min(w.fillPeople, (size-w.records+fillers*w.perPerson-1)/(fillers*w.perPerson))
		phones := make([]*phone, 0, fillers)
		for range fillers {
			if f.team == w.team && f.people >= w.coordinated {
				var err error
				if f.team, err = w.server.newTeam("Filling"); err != nil {
					return err
				}
			}
			p, err := w.server.enrolled(f.team, fmt.Sprint("Filler ", f.fillers), "worker")
			if err != nil {
				return err
			}
			f.fillers++
			phones = append(phones, p)
			if f.team == w.team {
				f.people += people
			}
		}
		_, err := together(len(phones), func(i int) (traffic, error) {
			return phones[i].send(phones[i].written(people, w.perPerson, 500))
		})
		if err != nil {
			return fmt.Errorf("%d records in: %w", w.records, err)
		}
		w.records += len(phones) * people * w.perPerson
	}
	return nil
}

// coordinator measures a sync of somebody who sees the whole team, when there is nothing new.
func (f *filling) coordinator(t *table) error {
	w := f.w
	c, err := w.server.enrolled(w.team, "Coordinator", "coordinator")
	if err != nil {
		return err
	}
	start := time.Now()
	came, err := c.pull("zstd")
	if err != nil {
		return err
	}
	took := time.Since(start)
	if err := w.server.quiet(); err != nil {
		return err
	}
	s, err := w.nothingNew([]*phone{c})
	if err != nil {
		return err
	}
	t.add(row{fmt.Sprintf("nothing new for a coordinator with %d person scopes", f.people+len(w.phones)*w.people),
		[]mark{{"", s.each(w.idle), 2, 0.5, inMillis, false}}, fmt.Sprintf("their first pull of %d records took %s", came.records, inMillis(millis(took)))})
	return nil
}

// size of what is on the disk, the time to start with it, and the memory then.
func (w *world) standing(t *table) error {
	store, rest, err := w.server.disk()
	if err != nil {
		return err
	}
	n := float64(w.records)
	t.add(row{"bytes on disk a record, history included", []mark{{"", float64(store) / n, 1500, 1100, inBytes, false}},
		fmt.Sprintf("%s of %d records; the archive, which has the history once more, %s a record", inBytes(float64(store)), w.records, inBytes(float64(rest)/n))})
	w.server.stop()
	start := time.Now()
	if err := w.server.serve(); err != nil {
		return err
	}
	took := time.Since(start)
	cpu, err := w.server.cpu()
	if err != nil {
		return err
	}
	t.add(row{fmt.Sprintf("start with %d records", w.records), []mark{{"until it listens", millis(took), 5000, 2000, inMillis, false}},
		fmt.Sprintf("its processor time %s; every page and every checksum is looked at", inMillis(millis(cpu)))})
	time.Sleep(w.settles)
	own, files, err := w.server.memory()
	if err != nil {
		return err
	}
	t.add(row{fmt.Sprintf("memory, idle, %d records", w.records), []mark{{"", float64(own), 300e6, 120e6, inBytes, false}},
		fmt.Sprintf("and %s of mapped files, which the kernel can take back", inBytes(float64(files)))})
	return nil
}
