package reminder

import (
	"context"
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"alongside/internal/casework"
	"alongside/internal/follow"
	"alongside/internal/push"
	deltasync "alongside/sync"
)

const (
	wakerName = "waker"          // keeps its place in the log by it
	calm      = time.Minute      // between wake-ups of one device; an answer does not wait
	wakeFor   = time.Hour        // how long a wake-up is worth delivering, and is tried
	alertFor  = 12 * time.Hour   // the same of an answer
	saved     = 10 * time.Second // between savings of the place
)

// A phone is woken when somebody else has written about a person whose worker has it, so that it syncs. The wake-up holds nothing. Only where the
// person themselves has answered does it show something, and that is neutral too.

// waker holds which devices are still to be woken. It is of one goroutine; providers are asked in others, so that one that is slow holds up nobody.
type waker struct {
	s       *Service
	asked   sync.WaitGroup
	told    chan waking
	asleep  map[deltasync.ClientID]*wake
	last    map[deltasync.ClientID]time.Time // woken
	through deltasync.Version                // of the log, read
	kept    deltasync.Version                // saved
	keepAt  time.Time
}

// wake is one device that is to be woken.
type wake struct {
	device Device
	alert  bool
	since  deltasync.Version // the entry that asks for it
	asked  time.Time
	from   time.Time // not before
	tries  int
	busy   bool              // a provider is being asked
	more   deltasync.Version // an entry that came meanwhile; 0: none
	loud   bool              // one of those is an answer
}

// waking is what became of a batch.
type waking struct {
	all      []*wake
	outcomes []push.Outcome
}

// wakeful follows the log and wakes phones. Where it has no place yet it begins at the head: what is past wakes nobody.
func (s *Service) wakeful(ctx context.Context) error {
	kept, err := s.place(ctx, wakerName)
	if err != nil {
		return err
	}
	from := kept
	if from == 0 {
		if from, err = follow.Head(ctx, s.Store); err != nil {
			return err
		}
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	batches := make(chan []deltasync.Entry)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		stop(follow.Follow(ctx, s.Store, from, func(ctx context.Context, batch []deltasync.Entry) error {
			select {
			case batches <- batch:
				s.gather(ctx, batch)
				return nil
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}))
	}()
	defer func() { stop(nil); <-ended }()
	w := &waker{s: s, told: make(chan waking), asleep: map[deltasync.ClientID]*wake{}, last: map[deltasync.ClientID]time.Time{}, through: from, kept: kept}
	for {
		timer := time.NewTimer(w.pause())
		select {
		case batch := <-batches:
			err = w.read(ctx, batch)
		case <-timer.C:
		case t := <-w.told:
			err = w.became(ctx, t)
		case <-ctx.Done():
			timer.Stop()
			return errors.Join(context.Cause(ctx), w.end(context.WithoutCancel(ctx)))
		}
		timer.Stop()
		if err == nil {
			err = w.send(ctx)
		}
		if err == nil && !w.keepAt.After(s.now()) {
			err = w.save(ctx)
		}
		if err != nil {
			stop(err)
		}
	}
}

// read notes whom a batch of entries wakes.
func (w *waker) read(ctx context.Context, batch []deltasync.Entry) error {
	w.through = batch[len(batch)-1].Version
	now := w.s.now()
	workers := map[deltasync.Scope][]deltasync.UserID{}
	all := map[deltasync.UserID]bool{}
	err := w.s.Store.Read(ctx, func(tx Tx) error {
		clear(workers)
		clear(all)
		for _, e := range batch {
			if !rouses(e) || workers[e.Op.Scope] != nil {
				continue
			}
			access, err := tx.Access(e.Op.Scope)
			if err != nil {
				return err
			}
			workers[e.Op.Scope] = assigned(access, now)
			for _, u := range workers[e.Op.Scope] {
				all[u] = true
			}
		}
		return nil
	})
	if err != nil || len(all) == 0 {
		return err
	}
	devices, err := w.s.Devices.Of(ctx, slices.Sorted(maps.Keys(all)))
	if err != nil {
		return err
	}
	for _, e := range batch {
		if !rouses(e) {
			continue
		}
		for _, d := range devices {
			if d.Client != e.Op.Client && slices.Contains(workers[e.Op.Scope], d.User) {
				w.rouse(d, e, now)
			}
		}
	}
	return nil
}

// rouses reports whether an entry is one that a worker's phone is to hear of.
func rouses(e deltasync.Entry) bool {
	if e.Op == nil || !e.Op.Status.Took() || e.Op.Scope.Family() != deltasync.PersonScope {
		return false
	}
	switch e.Op.Kind {
	case casework.KindMessage, casework.KindWay, casework.KindPage:
		return false // the server's own notes
	}
	return true
}

// answers reports whether an entry is what a person says to an appointment.
func answers(e deltasync.Entry) bool {
	return e.Op.Kind == casework.KindAppointment && strings.HasPrefix(string(e.Op.User), deltasync.PersonScope+"/")
}

// assigned are the workers whose assignment is in force.
func assigned(a deltasync.Access, now time.Time) []deltasync.UserID {
	users := []deltasync.UserID{}
	for _, as := range a.Assignments {
		if !as.Ended && !as.From.After(now) && (as.Until.IsZero() || as.Until.After(now)) && !slices.Contains(users, as.Worker) {
			users = append(users, as.Worker)
		}
	}
	return users
}

func (w *waker) rouse(d Device, e deltasync.Entry, now time.Time) {
	one := w.asleep[d.Client]
	if one == nil {
		one = &wake{since: e.Version, asked: now, from: now}
		if last, ok := w.last[d.Client]; ok && last.Add(calm).After(now) {
			one.from = last.Add(calm)
		}
		w.asleep[d.Client] = one
	}
	one.device = d
	switch {
	case one.busy:
		if one.more == 0 {
			one.more = e.Version
		}
		one.loud = one.loud || answers(e)
	case answers(e) && !one.alert:
		one.alert, one.asked, one.from = true, now, now
	}
}

// pause is how long nothing is to be done unless something comes.
func (w *waker) pause() time.Duration {
	now := w.s.now()
	wait := time.Hour
	for _, one := range w.asleep {
		if !one.busy {
			wait = min(wait, one.from.Sub(now))
		}
	}
	if w.place() != w.kept {
		wait = min(wait, w.keepAt.Sub(now))
	}
	return max(wait, 0)
}

// mostInBatch is how many messages a sender takes at once.
const mostInBatch = 500

// send wakes those whose time has come.
func (w *waker) send(ctx context.Context) error {
	now := w.s.now()
	by := map[push.Kind][]*wake{}
	for client, one := range w.asleep {
		if one.busy || one.from.After(now) {
			continue
		}
		kind := w.s.by(one.device.Target.Kind)
		if kind == "" || now.Sub(one.asked) > one.worth() {
			delete(w.asleep, client)
			continue
		}
		by[kind] = append(by[kind], one)
	}
	for kind, all := range by {
		slices.SortFunc(all, func(a, b *wake) int { return strings.Compare(string(a.device.Client), string(b.device.Client)) })
		for some := range slices.Chunk(all, mostInBatch) {
			if err := w.sendBatch(ctx, kind, some); err != nil {
				return err
			}
		}
	}
	return nil
}

func (o *wake) worth() time.Duration {
	if o.alert {
		return alertFor
	}
	return wakeFor
}

func (w *waker) sendBatch(ctx context.Context, kind push.Kind, all []*wake) error {
	batch := make([]push.Message, len(all))
	for i, one := range all {
		id, err := w.s.newID()
		if err != nil {
			return err
		}
		batch[i] = push.Message{ID: id, To: one.device.Target, Collapse: "wake", Alert: one.alert, Until: one.asked.Add(one.worth())}
		if one.alert {
			batch[i].Collapse = "answer"
		}
		one.busy = true
	}
	w.asked.Go(func() {
		asking, end := patience(ctx)
		defer end()
		w.told <- waking{all, w.s.Senders[kind].Send(asking, batch)}
	})
	return nil
}

// became takes what became of a batch.
func (w *waker) became(ctx context.Context, t waking) error {
	now := w.s.now()
	for i, one := range t.all {
		one.busy = false
		client := one.device.Client
		switch o := t.outcomes[i]; o.Status {
		case push.Later:
			one.from = now.Add(max(o.After, min(firstWait<<min(one.tries, 10), mostWait)))
			one.tries++
			if one.loud && !one.alert {
				one.alert, one.asked = true, now
			}
			continue
		case push.Gone:
			if err := w.s.Devices.Forget(ctx, one.device); err != nil {
				return err
			}
		}
		delete(w.asleep, client)
		w.last[client] = now
		if one.more != 0 {
			from := now.Add(calm)
			if one.loud {
				from = now
			}
			w.asleep[client] = &wake{device: one.device, alert: one.loud, since: one.more, asked: now, from: from}
		}
	}
	maps.DeleteFunc(w.last, func(_ deltasync.ClientID, at time.Time) bool { return now.Sub(at) > calm })
	return nil
}

// end waits for what providers have to say, and saves the place: what is not saved is done again.
func (w *waker) end(ctx context.Context) error {
	done := make(chan struct{})
	go func() { w.asked.Wait(); close(done) }()
	for {
		select {
		case t := <-w.told:
			if err := w.became(ctx, t); err != nil {
				return err
			}
		case <-done:
			return w.save(ctx)
		}
	}
}

// place is up to where nobody is left to be woken.
func (w *waker) place() deltasync.Version {
	v := w.through
	for _, one := range w.asleep {
		v = min(v, one.since-1)
	}
	return v
}

func (w *waker) save(ctx context.Context) error {
	v := w.place()
	w.keepAt = w.s.now().Add(saved)
	if v == w.kept {
		return nil
	}
	w.kept = v
	return w.s.Store.Write(ctx, func(tx WriteTx) error {
		return tx.PutDerived(tablePlaces, []byte(wakerName), "", binary.BigEndian.AppendUint64(nil, uint64(v)))
	})
}
