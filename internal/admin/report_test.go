package admin

import (
	"slices"
	"testing"

	"alongside/internal/auth"
	"alongside/internal/boltstore"
	deltasync "alongside/sync"
)

func TestReportNamesWhomADeviceMayHold(t *testing.T) {
	everywhere(t, func(t *testing.T, c Commands, o *Office, _ string) {
		north := team(t, c)
		desk := device(t, c, o, user(t, c, auth.Coordinator, north))
		ann := user(t, c, auth.Worker, north)
		coordinator := deltasync.Client{ID: deltasync.ClientID(desk.Client.ID), User: deltasync.UserID(desk.User.ID),
			Role: deltasync.Coordinator, Team: deltasync.TeamID(north)}
		var n uint64
		do := func(op *deltasync.Op) {
			n++
			write(t, o, coordinator, n, op)
		}
		person := func() (id deltasync.RecordID) {
			id = deltasync.RecordID(newID())
			do(newPerson(string(id)))
			return id
		}
		assignment := func(id deltasync.RecordID) *deltasync.Op {
			return &deltasync.Op{Scope: deltasync.PersonOf(id), Kind: "assignment", Record: deltasync.RecordID(newID()), Set: fields("worker", ann)}
		}
		ends := func(op *deltasync.Op) *deltasync.Op {
			return &deltasync.Op{Scope: op.Scope, Kind: op.Kind, Record: op.Record, Base: o.DB.Stats().Head, Set: fields("until", "2020-01-01T00:00:00Z")}
		}
		before, now, moved, elsewhere, after, earlier, unseen := person(), person(), person(), person(), person(), person(), person()
		early := assignment(before)
		do(early)
		do(ends(early)) // before the device was enrolled: it never held this one
		phone := device(t, c, o, ann)
		pulls := func(id string, confirmed deltasync.Version) deltasync.Version {
			o.DB.Pulled(deltasync.ClientID(id), confirmed, o.DB.Stats().Head)
			return o.DB.Stats().Head
		}
		dropped := assignment(earlier)
		do(dropped)
		do(assignment(now))
		handover := assignment(moved)
		do(handover)
		pulls(phone.Client.ID, 0)
		do(ends(dropped))
		pulls(phone.Client.ID, pulls(phone.Client.ID, 0))
		do(ends(handover)) // it never came back to hear of this
		do(assignment(unseen))
		pulls(desk.Client.ID, 0)
		if _, err := c.Revoke(ctx, phone.Client.ID); err != nil {
			t.Fatal(err)
		}
		do(assignment(after))

		r, err := c.Report(ctx, phone.Client.ID)
		if err != nil {
			t.Fatal(err)
		}
		want := []deltasync.RecordID{now, moved}
		slices.Sort(want)
		if !slices.Equal(r.People, want) || !slices.Equal(r.Dropped, []deltasync.RecordID{earlier}) {
			t.Errorf("the phone is said to hold %v and to have dropped %v, want %v and %v (elsewhere %s, before %s, after %s, unseen %s)",
				r.People, r.Dropped, want, earlier, elsewhere, before, after, unseen)
		}
		if r.Client != phone.Client.ID || r.User != ann || r.Revoked == nil || r.LastSeen.IsZero() {
			t.Errorf("the report is on %+v", r.Device)
		}
		if r, err = c.Report(ctx, desk.Client.ID); err != nil || len(r.People) != 7 {
			t.Errorf("the coordinator's desk is said to hold %d people, %v, want 7", len(r.People), err)
		}
	})
}

func TestWhatIsConfirmedAsDroppedIsNotHeld(t *testing.T) {
	at := noon
	spans := []span{
		{person: "dropped", start: 10, end: 20, from: at, to: at},
		{person: "lost later", start: 10, end: 40, from: at, to: at},
		{person: "lasting", start: 12, from: at},
		{person: "back again", start: 10, end: 20, from: at, to: at},
		{person: "back again", start: 25, from: at},
		{person: "never sent", start: 50, from: at},
	}
	people, dropped := held(spans, auth.Client{Created: at}, boltstore.Stand{Confirmed: 30, Served: 45})
	if want := []deltasync.RecordID{"back again", "lasting", "lost later"}; !slices.Equal(people, want) {
		t.Errorf("people %v, want %v", people, want)
	}
	if want := []deltasync.RecordID{"dropped"}; !slices.Equal(dropped, want) {
		t.Errorf("dropped %v, want %v", dropped, want)
	}
}
