package deltasync_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	deltasync "alongside/sync"
	"alongside/sync/storetest"
)

// The matrix of who may do what to whose: every role, every verb, on a person of one's own, of one's team but not one's
// own, of another team, and of nobody's. The rule is written here anew, in a few lines.
func TestEveryRoleMayDoWhatTheRuleSaysAndNoMore(t *testing.T) {
	type subject struct {
		name string
		role deltasync.Role
	}
	subjects := []subject{{"wanda", deltasync.Worker}, {"will", deltasync.Worker}, {"cora", deltasync.Coordinator},
		{"sam", deltasync.Coordinator}, {"ada", deltasync.Admin}}
	// ben is wanda's, and north's; sue is nobody's of north, made and coordinated by south; ghost does not exist.
	persons := map[string]struct{ worker, team string }{"ben": {"wanda", "north"}, "sue": {"walt", "south"}, "ghost": {}}
	teams := map[string]string{"wanda": "north", "will": "north", "cora": "north", "sam": "south", "ada": "north"}

	sees := func(s subject, person string) bool {
		p := persons[person]
		return s.role == deltasync.Worker && s.name == p.worker || s.role == deltasync.Coordinator && teams[s.name] == p.team
	}
	coordinates := func(s subject, person string) bool { return s.role == deltasync.Coordinator && sees(s, person) }
	verbs := map[string]struct {
		do  func(w *storetest.World, p *storetest.Phone, person string)
		may func(s subject, person string) bool
	}{
		"record a support": {func(w *storetest.World, p *storetest.Phone, person string) {
			w.Edit(p, "support", person+"/by "+p.Name, map[string]any{"set": map[string]any{"what": "call", "at": "2026-03-01T10:00:00Z"}})
		}, sees},
		"edit the person": {func(w *storetest.World, p *storetest.Phone, person string) {
			w.Edit(p, "person", person, map[string]any{"base": 1, "set": map[string]any{"goals": "a garden"}})
		}, sees},
		"edit another's record": {func(w *storetest.World, p *storetest.Phone, person string) {
			w.Edit(p, "support", person+"/first", map[string]any{"base": 1, "set": map[string]any{"note": "read"}})
		}, sees},
		"delete another's record": {func(w *storetest.World, p *storetest.Phone, person string) {
			w.Edit(p, "contact", person+"/aunt", map[string]any{"base": deltasync.MaxInteger, "delete": true})
		}, sees},
		"assign oneself": {func(w *storetest.World, p *storetest.Phone, person string) {
			w.Edit(p, "assignment", person+"/grab by "+p.Name, map[string]any{"set": map[string]any{"worker": w.ID("will")}})
		}, coordinates},
		"end an assignment": {func(w *storetest.World, p *storetest.Phone, person string) {
			w.Edit(p, "assignment", person+"/first-of-"+persons[person].worker, map[string]any{"base": 1, "set": map[string]any{"part": "cover"}})
		}, coordinates},
		"move to a team": {func(w *storetest.World, p *storetest.Phone, person string) {
			w.Edit(p, "person", person, map[string]any{"base": 1, "set": map[string]any{"team": w.ID(teams[p.Name])}})
		}, coordinates},
		"make a person anew": {func(w *storetest.World, p *storetest.Phone, person string) {
			w.Edit(p, "person", person, map[string]any{"base": 0, "set": map[string]any{"name": "Mine"}})
		}, func(s subject, person string) bool {
			return person == "ghost" && s.role != deltasync.Admin || person == "ben" && s.name == "wanda"
		}},
		"write a member": {func(w *storetest.World, p *storetest.Phone, person string) {
			w.Edit(p, "member", person, map[string]any{"scope": string(deltasync.TeamOf(p.Client.Team)), "record": w.ID("m" + p.Name + person), "set": map[string]any{"name": "Boss"}})
		}, func(subject, string) bool { return false }},
		"write a held op": {func(w *storetest.World, p *storetest.Phone, person string) {
			w.Edit(p, "held", person, map[string]any{"scope": string(deltasync.CoordinationOf(p.Client.Team)), "record": w.ID("h" + p.Name + person), "set": map[string]any{"settled": "accepted"}})
		}, func(subject, string) bool { return false }},
		"write a notice": {func(w *storetest.World, p *storetest.Phone, person string) {
			w.Edit(p, "notice", person, map[string]any{"scope": string(deltasync.UserOf(p.Client.User)), "record": w.ID("n" + p.Name + person), "set": map[string]any{"about": "x"}})
		}, func(subject, string) bool { return false }},
		"write to another team": {func(w *storetest.World, p *storetest.Phone, person string) {
			w.Edit(p, "team", person, map[string]any{"scope": string(deltasync.TeamOf(deltasync.TeamID(w.ID("south")))), "record": w.ID("t" + p.Name + person), "set": map[string]any{"name": "x"}})
		}, func(subject, string) bool { return false }},
	}
	for what, verb := range verbs {
		for _, s := range subjects {
			for person := range persons {
				t.Run(fmt.Sprintf("%s, %s, %s", what, s.name, person), func(t *testing.T) {
					w := newWorld()
					play(t, w, "user wanda worker north", "user will worker north", "user cora coordinator north", "user ada admin north",
						"user walt worker south", "user sam coordinator south")
					for _, user := range []string{"wanda", "will", "cora", "sam", "ada", "walt"} {
						w.AddPhone(user, user, 0)
					}
					for who, whose := range map[string]string{"ben": "wanda", "sue": "walt"} {
						play(t, w, "person "+whose+" "+who+" name=x", "edit "+whose+" "+who+"/first support what=call at=2026-03-01T10:00:00Z",
							"edit "+whose+" "+who+"/aunt contact name=Aunt", "sync "+whose)
					}
					p := w.Phones[s.name]
					verb.do(w, p, person)
					if err := p.Sync(context.Background(), storetest.Cut{}); err != nil {
						t.Fatal(err)
					}
					r := p.Results[p.N]
					if got, want := r.Status.Took(), verb.may(s, person); got != want {
						t.Errorf("it is %s (%s); the rule says it may: %v", r.Status, r.Code, want)
					}
					if !r.Status.Took() && (r.Status != deltasync.Held || r.Code != "not_permitted" || r.Detail != heldWords) {
						t.Errorf("it is %s %s, %q; want held, worded the same for all", r.Status, r.Code, r.Detail)
					}
					for _, other := range []string{"ben", "sue"} {
						has := len(p.Scopes[w.Scope(other)]) > 0
						if want := sees(s, other); has != want && !(what == "move to a team" && r.Status.Took()) {
							t.Errorf("it pulled %s: %v, want %v", other, has, want)
						}
						_, err := w.Engine.History(context.Background(), p.Client, w.Record(other+"/first"))
						if read := !errors.Is(err, deltasync.ErrNotSeen); read != has {
							t.Errorf("it may read the history of %s: %v, want %v", other, read, has)
						}
					}
				})
			}
		}
	}
}

const heldWords = "This is not in your hands now. It is kept, and a coordinator decides."
