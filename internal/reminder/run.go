package reminder

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"sync"
	"time"

	"alongside/internal/casework"
	"alongside/internal/follow"
	"alongside/internal/push"
	deltasync "alongside/sync"
)

var errNoWay = errors.New("there is no way to the person")

// rulesVersion changes with what an agenda holds and how it is planned.
const rulesVersion = 1

// rules names what plans are made by: an agenda that was planned by others is planned anew.
func (s *Service) rules() string { return s.rulesName }

// prepare works out what a life of the service needs.
func (s *Service) prepare() error {
	s.has, s.asks = map[push.Kind]bool{}, map[push.Kind]bool{}
	for kind, sender := range s.Senders {
		s.has[kind] = true
		_, s.asks[kind] = sender.(push.Asker)
	}
	id := make([]byte, 8)
	if _, err := rand.Read(id); err != nil {
		return err
	}
	s.stirred = make(chan struct{}, 1)
	s.run = hex.EncodeToString(id)
	s.Settings.Leads = sortedLeads(s.Settings.Leads)
	h := fnv.New64a()
	set := s.Settings
	set.Zone = nil // a pointer
	fmt.Fprint(h, rulesVersion, s.Settings.Zone, set, s.has)
	s.rulesName = hex.EncodeToString(h.Sum(nil))
	return nil
}

// Run plans and sends until ctx ends or the store fails; then it may be run again. What is being sent when ctx ends is noted first.
func (s *Service) Run(ctx context.Context) error {
	if err := s.prepare(); err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var all sync.WaitGroup
	for _, part := range []func(context.Context) error{s.follow, s.deliver, s.wakeful} {
		all.Go(func() {
			if err := part(ctx); err != nil {
				stop(err)
			}
		})
	}
	all.Wait()
	return context.Cause(ctx)
}

// farBehind is how many entries that say nothing of anybody may be read again after a restart.
const farBehind = 4096

// planner is the name by which the planner keeps its place in the log.
const plannerName = "planner"

// follow plans anew for whomever the log says something about.
func (s *Service) follow(ctx context.Context) error {
	from, err := s.place(ctx, plannerName)
	if err != nil {
		return err
	}
	kept := from
	return follow.Follow(ctx, s.Store, from, func(ctx context.Context, batch []deltasync.Entry) error {
		scopes := touched(batch)
		last := batch[len(batch)-1].Version
		if len(scopes) == 0 && last-kept < farBehind {
			return nil // read again after a restart, which costs less than a commit each time
		}
		kept = last
		defer s.gather(ctx, batch)
		defer s.stir()
		return s.Store.Write(ctx, func(tx WriteTx) error {
			now := s.now()
			for _, t := range scopes {
				if err := s.note(tx, t.scope, t.last, now); err != nil {
					return err
				}
			}
			return tx.PutDerived(tablePlaces, []byte(plannerName), "", binary.BigEndian.AppendUint64(nil, uint64(last)))
		})
	})
}

// fewLeft is a batch that is no sign of being behind.
const fewLeft = 64

// gather rests after a small batch, so that the next is of all that came meanwhile.
func (s *Service) gather(ctx context.Context, batch []deltasync.Entry) {
	if s.Rest == 0 || len(batch) >= fewLeft {
		return
	}
	select {
	case <-time.After(s.Rest):
	case <-ctx.Done():
	}
}

// place is how far a follower has come. One that has none begins with the log.
func (s *Service) place(ctx context.Context, name string) (v deltasync.Version, err error) {
	err = s.Store.Read(ctx, func(tx Tx) error {
		row, err := tx.Derived(tablePlaces, []byte(name))
		if err == nil && len(row) == 8 {
			v = min(deltasync.Version(binary.BigEndian.Uint64(row)), tx.Head())
		}
		return err
	})
	return v, err
}

type touch struct {
	scope deltasync.Scope
	last  deltasync.Version
}

// touched are the people whom entries say something about that reminders follow, each with the last of them.
func touched(batch []deltasync.Entry) (all []touch) {
	at := map[deltasync.Scope]int{}
	for _, e := range batch {
		if e.Op == nil || !e.Op.Status.Took() || e.Op.Scope.Family() != deltasync.PersonScope || !followed[e.Op.Kind] {
			continue
		}
		i, ok := at[e.Op.Scope]
		if !ok {
			i = len(all)
			at[e.Op.Scope] = i
			all = append(all, touch{scope: e.Op.Scope})
		}
		all[i].last = e.Version
	}
	return all
}

var followed = func() map[string]bool {
	all := map[string]bool{}
	for _, kind := range []string{casework.KindPerson, casework.KindConsent, casework.KindAppointment, casework.KindSupport, casework.KindFollowUp,
		casework.KindMessage, casework.KindWay, casework.KindPage} {
		all[kind] = true
	}
	return all
}()

// stir has deliver look at the queue again.
func (s *Service) stir() {
	select {
	case s.stirred <- struct{}{}:
	default:
	}
}
