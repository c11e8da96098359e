package client_test

import (
	"maps"
	"reflect"
	"slices"
	"testing"

	"alongside/mobile-api/client"
	deltasync "alongside/sync"
)

// fields are those of a record as the phone shows it, as they stand in JSON.
func (p *handset) fields(id deltasync.RecordID) map[string]string {
	p.t.Helper()
	r, ok := p.record(id)
	if !ok {
		return nil
	}
	out := map[string]string{}
	for name, raw := range r.Fields {
		out[name] = string(raw)
	}
	return out
}

func TestOwnEditsAreLaidOverWhatTheServerSent(t *testing.T) {
	h := open(t)
	p := h.worker(t)
	scope := p.person("Ines")
	person := deltasync.RecordID(scope.ID())
	visit := p.set(scope, "appointment", "", map[string]any{"title": "Visit", "starts_at": "2026-11-23T10:00:00Z", "status": "missed", "missed_reason": "no bus"})
	p.edit(client.Edit{Scope: scope, Kind: "person", Record: person, Set: map[string]any{"goals": "a garden"}, Add: map[string][]string{"needs": {"transport", "company"}}})
	p.sync()

	for _, c := range []struct {
		name   string
		edit   client.Edit
		id     deltasync.RecordID
		gone   []string
		want   map[string]string
		unsent []string
	}{
		{"a group is written whole", client.Edit{Kind: "appointment", Set: map[string]any{"status": "attended"}}, visit,
			[]string{"missed_reason"}, map[string]string{"status": `"attended"`}, []string{"missed_reason", "status"}},
		{"null clears", client.Edit{Kind: "person", Set: map[string]any{"goals": nil}}, person,
			[]string{"goals"}, nil, []string{"goals"}},
		{"sets stay sorted", client.Edit{Kind: "person", Remove: map[string][]string{"needs": {"company", "absent"}}, Add: map[string][]string{"needs": {"a bed", "transport"}}}, person,
			nil, map[string]string{"needs": `["a bed","transport"]`}, []string{"goals", "needs"}},
		{"an empty set is absent", client.Edit{Kind: "person", Remove: map[string][]string{"needs": {"a bed", "transport"}}}, person,
			[]string{"needs"}, nil, []string{"goals", "needs"}},
	} {
		want := p.fields(c.id)
		for _, f := range c.gone {
			delete(want, f)
		}
		maps.Copy(want, c.want)
		c.edit.Scope, c.edit.Record = scope, c.id
		p.edit(c.edit)
		if got := p.fields(c.id); !maps.Equal(got, want) {
			t.Errorf("%s: shows %v, want %v", c.name, got, want)
		}
		if r, _ := p.record(c.id); !slices.Equal(r.Unsent, c.unsent) || r.Version == 0 {
			t.Errorf("%s: unsent %v, want %v", c.name, r.Unsent, c.unsent)
		}
	}
	laid := []map[string]string{p.fields(visit), p.fields(person)}
	p.sync()
	if got := []map[string]string{p.fields(visit), p.fields(person)}; !reflect.DeepEqual(got, laid) {
		t.Errorf("the server makes of it %v, want %v", got, laid)
	}

	p.edit(client.Edit{Scope: scope, Kind: "appointment", Record: visit, Delete: true})
	if got := p.fields(visit); got != nil {
		t.Errorf("deleted, it shows %v", got)
	}
	p.set(scope, "appointment", visit, map[string]any{"place": "the café"})
	if got := p.fields(visit); got["place"] != `"the café"` || got["title"] != `"Visit"` {
		t.Errorf("revived, it shows %v", got)
	}
	p.edit(client.Edit{Scope: scope, Kind: "appointment", Record: visit, Delete: true})
	p.sync()
	if got := p.fields(visit); got != nil {
		t.Errorf("deleted on the server, it shows %v", got)
	}
}

func TestSentIsNotYetBack(t *testing.T) {
	h := open(t)
	p := h.worker(t)
	scope := p.person("Ines")
	p.sync()
	id := p.followUp(scope, "call")
	r, _ := p.record(id)
	if !slices.Equal(r.Unsent, []string{"about", "due"}) || r.Sent != nil || r.Raw != nil {
		t.Errorf("written: %+v", r)
	}
	p.road.meet(plain(cutAfterAck))
	p.road.meet(repeat(noSignal, 30)...)
	_, _ = p.Sync(t.Context())
	if r, _ := p.record(id); r.Unsent != nil || !slices.Equal(r.Sent, []string{"about", "due"}) || r.Text("about") != "call" {
		t.Errorf("acknowledged: %+v", r)
	}
	p.road.faults = nil
	p.sync()
	if r, _ := p.record(id); r.Unsent != nil || r.Sent != nil || r.Raw == nil {
		t.Errorf("back: %+v", r)
	}
}

func TestPeopleWrittenHereAreShownBeforeTheyAreSent(t *testing.T) {
	h := open(t)
	p := h.worker(t)
	scope := p.person("Ines")
	people := must2(p.People())
	if len(people) != 1 || people[0].Scope != scope || people[0].Text("name") != "Ines" || !slices.Contains(must2(p.Scopes()), scope) {
		t.Errorf("shows %v", people)
	}
	if view := must2(p.View(scope)); len(view) != 1 || !slices.Equal(ids(view), []deltasync.RecordID{deltasync.RecordID(scope.ID())}) {
		t.Errorf("its view is %v", view)
	}
}
