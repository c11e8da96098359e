package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"alongside/internal/admin"
	"alongside/internal/auth"
	deltasync "alongside/sync"
)

// Guide says what there is to look at.
type Guide struct {
	Teams, Workers, Coordinators, Admins, People, Records int

	Worker, Colleague, Coordinator Invited    // the three know one person; for the command line
	Field                          [2]Invited // that worker again, for a browser and a second one
	Desk                           Invited    // that coordinator again, for a browser
	Person                         string     // whom they know
	PersonID                       deltasync.RecordID
	Disagree                       string // what of that person the two workers wrote differently
	Page                           string // link of somebody else, who is reminded of something: another of that worker's people
}

// Invited is somebody who may sign in, once.
type Invited struct {
	User string // id
	Name string
	Team string
	admin.Invitation
}

// Fill writes the partnership of a day into an empty store. Its time zone is where the partnership is.
func Fill(ctx context.Context, o *admin.Office, day time.Time) (Guide, error) {
	f := &filler{office: o, plan: makePlan(day), phones: map[int]*phone{}}
	if err := f.hire(ctx); err != nil {
		return Guide{}, fmt.Errorf("demo: %w", err)
	}
	for _, t := range f.plan.turns {
		if err := f.take(ctx, t); err != nil {
			return Guide{}, fmt.Errorf("demo: %s: %w", f.plan.staff[t.by].name, err)
		}
	}
	return f.guide(ctx)
}

type filler struct {
	office *admin.Office
	plan   *plan
	users  []string // ids, in the order of plan.staff
	phones map[int]*phone
}

func (f *filler) hire(ctx context.Context) error {
	var ids []string
	for _, name := range teamNames {
		team, err := f.office.AddTeam(ctx, name)
		if err != nil {
			return err
		}
		ids = append(ids, team)
	}
	for _, m := range f.plan.staff {
		user, err := f.office.AddUser(ctx, admin.NewUser{Name: m.name, Role: auth.Role(m.role), Team: ids[m.team]})
		if err != nil {
			return err
		}
		f.users = append(f.users, user)
	}
	return nil
}

// phoneOf enrols the phone of somebody who writes for the first time.
func (f *filler) phoneOf(ctx context.Context, by int) (*phone, error) {
	if p, ok := f.phones[by]; ok {
		return p, nil
	}
	in, err := f.office.Enrol(ctx, f.users[by])
	if err != nil {
		return nil, err
	}
	t, err := f.office.Auth.Enrol(ctx, in.Code, auth.Device{ID: string(id("device", by)), Name: "Made-up phone", Platform: "demo"})
	if err != nil {
		return nil, err
	}
	f.phones[by] = &phone{engine: f.office.Engine, versions: map[deltasync.RecordID]deltasync.Version{},
		first: map[deltasync.Scope]deltasync.RecordID{}, me: deltasync.Client{
			ID: deltasync.ClientID(t.Client.ID), User: deltasync.UserID(t.User.ID), Role: deltasync.Role(t.User.Role),
			Team: deltasync.TeamID(t.User.Team), Since: deltasync.Version(t.User.Since)}}
	return f.phones[by], nil
}

func (f *filler) take(ctx context.Context, t turn) error {
	p, err := f.phoneOf(ctx, t.by)
	if err != nil {
		return err
	}
	if t.pull {
		if err := p.pull(ctx); err != nil {
			return err
		}
	}
	ops := make([]json.RawMessage, len(t.edits))
	for i, e := range t.edits {
		if ops[i], err = f.op(p, t.by, e); err != nil {
			return err
		}
	}
	return p.push(ctx, ops)
}

// op gives an edit its number and writes it as a phone would.
func (f *filler) op(p *phone, by int, e edit) (json.RawMessage, error) {
	p.n++
	scope, record := deltasync.PersonOf(e.person.id), e.record
	if record == firstAssignment {
		record = p.first[scope]
	}
	for name, v := range e.set {
		if w, ok := v.(worker); ok {
			e.set[name] = f.users[w]
		}
	}
	return json.Marshal(struct {
		N      uint64              `json:"n"`
		ID     deltasync.RecordID  `json:"id"`
		At     string              `json:"at"`
		Scope  deltasync.Scope     `json:"scope"`
		Kind   string              `json:"kind"`
		Record deltasync.RecordID  `json:"record"`
		Base   deltasync.Version   `json:"base"`
		Set    map[string]any      `json:"set,omitempty"`
		Add    map[string][]string `json:"add,omitempty"`
	}{p.n, id(fmt.Sprintf("op of %d", by), int(p.n)), e.at.UTC().Format(deltasync.TimeFormat), scope, e.kind, record,
		p.versions[record], e.set, e.add})
}

// guide makes fresh codes for three people who know one person, two of them twice.
func (f *filler) guide(ctx context.Context) (Guide, error) {
	g := Guide{Teams: teams, People: len(f.plan.people)}
	for _, m := range f.plan.staff {
		switch m.role {
		case deltasync.Worker:
			g.Workers++
		case deltasync.Coordinator:
			g.Coordinators++
		case deltasync.Admin:
			g.Admins++
		}
	}
	for _, p := range f.phones {
		if p.me.Role == deltasync.Coordinator {
			if err := p.pull(ctx); err != nil {
				return g, err
			}
			g.Records += p.count
		}
	}
	who := f.plan.known()
	g.Person, g.PersonID, g.Disagree = who.name, who.id, "number"
	desk := f.plan.coordinator(f.plan.staff[who.lead].team)
	for _, one := range []struct {
		by int
		in *Invited
	}{{who.lead, &g.Worker}, {who.also, &g.Colleague}, {desk, &g.Coordinator}, {who.lead, &g.Field[0]}, {who.lead, &g.Field[1]}, {desk, &g.Desk}} {
		invitation, err := f.office.Enrol(ctx, f.users[one.by])
		if err != nil {
			return g, err
		}
		m := f.plan.staff[one.by]
		*one.in = Invited{User: f.users[one.by], Name: m.name, Team: teamNames[m.team], Invitation: invitation}
	}
	if reached := f.plan.reminded(who.lead); reached != nil {
		page, err := f.office.PersonLink(ctx, string(reached.id), false)
		if err != nil {
			return g, err
		}
		g.Page = page.Link
	}
	return g, nil
}
