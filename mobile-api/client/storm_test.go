package client_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"alongside/mobile-api/client"
	deltasync "alongside/sync"
)

// storm is phones that write, lose their connections, restart and are copied, over a server that hands people over and is
// restored, by the roll of a die.
type storm struct {
	*house
	t      *testing.T
	dice   *rand.Rand
	phones []*handset
	backup string
	wrote  map[deltasync.OpID]deltasync.UserID
	busy   map[*handset]bool // in the middle of a sync
}

// Whatever the storm: nothing written is lost or written twice, and each phone shows what a new one shows.
func TestPhonesComeThroughAStorm(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			s := &storm{house: open(t), t: t, dice: rand.New(rand.NewPCG(seed, 1)), wrote: map[deltasync.OpID]deltasync.UserID{}, busy: map[*handset]bool{}}
			small := func(o *client.Options) { o.MaxBytes, o.Batch = deltasync.MinPage, 20 }
			s.phones = []*handset{s.worker(t, small), s.worker(t), s.coordinator(t, north)}
			s.phones = append(s.phones, s.phone(t, s.phones[0].user, small))
			s.phones[0].person("Ines")
			s.phones[0].sync()
			s.backup = s.house.backup(true)
			for range 150 {
				s.step()
			}
			for range 2 {
				for _, p := range s.phones {
					s.calm(p)
				}
			}
			s.judge()
		})
	}
}

func (s *storm) step() {
	s.clock.pass(time.Duration(s.dice.IntN(3600)) * time.Second)
	p := s.phones[s.dice.IntN(len(s.phones))]
	switch n := s.dice.IntN(100); {
	case n < 50 || s.busy[p]:
		s.edit(p)
		s.note(p)
	case n < 85:
		s.sync(p)
	case n < 90:
		p.reopen()
	case n < 92 && len(s.phones) < 7:
		s.note(p)
		s.phones = append(s.phones, p.copyOf())
	case n < 95:
		s.handOver()
	case n < 98:
		s.backup = s.house.backup(true)
	default:
		s.restore(s.backup)
	}
}

// note remembers what a phone has written, since it may forget it once a backup holds it.
func (s *storm) note(p *handset) {
	waiting, _ := p.outbox()
	for _, e := range waiting {
		s.wrote[e.ID] = deltasync.UserID(p.user.ID)
	}
}

func (s *storm) edit(p *handset) {
	people := must2(p.People())
	if len(people) == 0 || s.dice.IntN(6) == 0 {
		p.person("A person")
		return
	}
	scope := people[s.dice.IntN(len(people))].Scope
	records := must2(p.View(scope))
	r := records[s.dice.IntN(len(records))]
	word := fmt.Sprint("words ", s.dice.IntN(1000), strings.Repeat(".", s.dice.IntN(900)))
	switch s.dice.IntN(5) {
	case 0:
		_, err := p.EditTogether(
			client.Edit{Scope: scope, Kind: "appointment", Set: map[string]any{"title": word, "starts_at": s.clock.now(), "status": "planned"}},
			client.Edit{Scope: scope, Kind: "follow_up", Set: map[string]any{"about": word, "due": "2026-12-01"}})
		must(err)
	case 1:
		if r.Kind == "follow_up" {
			p.edit(client.Edit{Scope: scope, Kind: r.Kind, Record: r.ID, Delete: true})
			return
		}
		p.edit(client.Edit{Scope: scope, Kind: "person", Record: deltasync.RecordID(scope.ID()), Add: map[string][]string{"needs": {word}}})
	case 2:
		if r.Kind == "appointment" {
			p.set(scope, r.Kind, r.ID, map[string]any{"status": "missed", "missed_reason": word})
			return
		}
		p.set(scope, "person", deltasync.RecordID(scope.ID()), map[string]any{"goals": word})
	case 3:
		if r.Kind == "follow_up" {
			p.set(scope, r.Kind, r.ID, map[string]any{"step": word})
			return
		}
		p.set(scope, "follow_up", "", map[string]any{"about": word, "due": "not a day"})
	default:
		p.followUp(scope, word)
	}
}

func (s *storm) sync(p *handset) {
	s.note(p)
	for range s.dice.IntN(4) {
		switch s.dice.IntN(7) {
		case 0:
			p.road.meet(noSignal)
		case 1:
			p.road.meet(dropReply)
		case 2:
			p.road.meet(cutAt(s.dice.IntN(3000)))
		case 3:
			p.road.meet(plain(cutAt(s.dice.IntN(3000))))
		case 4:
			p.road.meet(smooth, before(func() { s.step() }), smooth)
		case 5:
			p.road.meet(problem(503, "busy", "Retry-After", "1"))
		default:
			p.road.meet(before(func() { s.edit(p); s.note(p) }))
		}
	}
	if s.dice.IntN(8) == 0 { // the road ends here
		p.road.meet(smooth)
		p.road.meet(repeat(noSignal, 30)...)
	}
	s.busy[p] = true
	r, err := p.Sync(s.t.Context())
	delete(s.busy, p)
	p.road.faults = nil
	switch {
	case errors.Is(err, client.ErrSignedOut): // copies that share a sign-in lose it
		must(p.Enrol(s.t.Context(), s.server.URL, s.code(p.user.ID), "a phone", "test"))
	case err != nil && !errors.Is(err, client.ErrUnavailable):
		s.t.Fatal(err)
	}
	if r.Repairs != 0 {
		s.t.Errorf("a difference was found: %+v", r)
	}
}

// calm syncs a phone over a smooth road.
func (s *storm) calm(p *handset) {
	s.note(p)
	_, err := p.Sync(s.t.Context())
	if errors.Is(err, client.ErrSignedOut) {
		must(p.Enrol(s.t.Context(), s.server.URL, s.code(p.user.ID), "a phone", "test"))
		_, err = p.Sync(s.t.Context())
	}
	must(err)
}

// handOver gives a person to one worker, or takes it from one, at a desk without faults.
func (s *storm) handOver() {
	desk := s.phones[2]
	if s.busy[desk] {
		return
	}
	s.calm(desk)
	people := must2(desk.People())
	if len(people) == 0 {
		return
	}
	scope := people[s.dice.IntN(len(people))].Scope
	for _, r := range must2(desk.View(scope)) {
		if r.Kind == "assignment" && r.Text("until") == "" && s.dice.IntN(2) == 0 {
			desk.set(scope, "assignment", r.ID, map[string]any{"until": s.clock.now()})
		}
	}
	desk.set(scope, "assignment", "", map[string]any{"worker": s.phones[s.dice.IntN(2)].user.ID})
	s.calm(desk)
}

func (s *storm) judge() {
	must(s.db.View(context.Background(), func(tx deltasync.Tx) error {
		for id, user := range s.wrote {
			if v, err := tx.OpByID(user, id); v == 0 || err != nil {
				s.t.Errorf("op %s is not on the server (%v)", id, err)
			}
		}
		return nil
	}))
	fresh := map[string]string{}
	for i, p := range s.phones {
		want, ok := fresh[p.user.ID]
		if !ok {
			want = s.phone(s.t, p.user).portrait()
			fresh[p.user.ID] = want
		}
		if got := p.portrait(); got != want {
			s.t.Errorf("phone %d shows\n%swant\n%s", i, got, want)
		}
		st := p.state()
		if st.Waiting != 0 || st.Incidents != 0 || st.Lost != 0 {
			s.t.Errorf("phone %d: %+v", i, st)
		}
		if slots, named, err := p.Slots(); slots != named || err != nil {
			s.t.Errorf("phone %d: %d slots, of which %d are in use, %v", i, slots, named, err)
		}
	}
	if len(s.wrote) < 50 {
		s.t.Errorf("only %d ops were written", len(s.wrote))
	}
}
