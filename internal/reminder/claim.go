package reminder

import (
	"cmp"
	"slices"
	"time"

	"alongside/internal/casework"
	"alongside/internal/push"
	deltasync "alongside/sync"
)

// claim writes down that a message is to go, before it does.
func (d *desk) claim(s *sending) (*job, error) {
	way, err := d.way(s)
	if err != nil {
		return nil, err
	}
	id := messageID(d.ids, s.Dues, way.via)
	j, err := d.job(id, way, s.Dues, s.Until)
	if err != nil {
		return nil, err
	}
	set := map[string]any{"status": "claimed", "claimed_at": d.now, "way": string(way.via)}
	if d.a.Messages[id] != nil {
		set["why"] = nil // it was stopped once
	}
	if err := d.s.message(d.tx, d.ids, id, s.Dues, set); err != nil {
		return nil, err
	}
	put(&d.a.Messages, id, &message{Run: d.s.run})
	return j, nil
}

// route is one way, with where it leads.
type route struct {
	via push.Kind // whose sender takes it
	to  push.Target
}

// way is the best by which none of these has failed.
func (d *desk) way(s *sending) (route, error) {
	failed := map[string]bool{}
	for _, m := range d.a.Messages {
		if m.Status == "failed" && slices.ContainsFunc(s.Dues, func(x due) bool { return slices.Contains(m.Keys, x.Key) }) {
			failed[m.Way] = true
		}
	}
	routes, err := d.routes()
	if err != nil {
		return route{}, err
	}
	for _, r := range routes {
		if !failed[string(r.via)] {
			return r, nil
		}
	}
	if len(routes) > 0 {
		return routes[len(routes)-1], nil // each is new to one of them
	}
	return route{}, errNoWay
}

// routes are all ways that lead to the person, in the order of planner.ways.
func (d *desk) routes() (all []route, err error) {
	p := planner{set: d.s.Settings, ids: d.ids, a: d.a, has: d.s.has}
	if p.a.Person.Number != "" && p.a.Person.Texts && p.fails() == 0 {
		rec, err := d.tx.Record(deltasync.RecordID(d.ids.scope.ID()))
		if err != nil {
			return nil, err
		}
		all = append(all, route{p.by(push.SMS), push.Target{Kind: push.SMS, Value: rec.Text("phone")}})
	}
	for id, w := range d.a.Ways {
		if w.Kind == "sms" || w.Failing != 0 {
			continue
		}
		rec, err := d.tx.Record(id)
		if err != nil {
			return nil, err
		}
		if rec == nil || rec.Gone {
			continue
		}
		all = append(all, route{p.by(push.Kind(w.Kind)), push.Target{Kind: push.Kind(w.Kind), Value: rec.Text("value")}})
	}
	all = slices.DeleteFunc(all, func(r route) bool { return r.via == "" })
	since := func(r route) (v deltasync.Version) {
		for _, w := range d.a.Ways {
			if w.Kind == string(r.to.Kind) {
				v = max(v, w.Since)
			}
		}
		return v
	}
	slices.SortFunc(all, func(a, b route) int {
		return cmp.Or(cmp.Compare(rank(a.via), rank(b.via)), cmp.Compare(rank(a.to.Kind), rank(b.to.Kind)), cmp.Compare(since(b), since(a)),
			cmp.Compare(a.to.Value, b.to.Value))
	})
	return all, nil
}

// job makes what is sent, from the records as they stand.
func (d *desk) job(id deltasync.RecordID, way route, dues []due, until time.Time) (*job, error) {
	person := deltasync.RecordID(d.ids.scope.ID())
	token, err := d.s.ensurePage(d.tx, person)
	if err != nil {
		return nil, err
	}
	m := push.Message{ID: string(id), To: way.to, Link: d.s.URL + "/r/" + token, Alert: true, Until: until,
		Collapse: d.ids.short(22, "collapse", string(dues[0].Appointment))}
	if way.via == push.SMS || way.via == push.Log {
		rec, err := d.tx.Record(person)
		if err != nil {
			return nil, err
		}
		if dues[0].About == "missed" {
			m.Words = d.s.Settings.missed(rec.Text("message_words"), m.Link)
		} else {
			m.Words = d.s.Settings.coming(rec.Text("message_words"), dues[0].Start, distinct(dues)-1, m.Link)
		}
	}
	return &job{ids: d.ids, id: id, msg: m, via: way.via}, nil
}

func distinct(dues []due) int {
	all := map[deltasync.RecordID]bool{}
	for _, d := range dues {
		all[d.Appointment] = true
	}
	return len(all)
}

// drop writes down what goes unsaid.
func (d *desk) drop(x drop) error {
	for len(x.dues) > 0 {
		some := x.dues[:min(len(x.dues), mostKeys)]
		x.dues = x.dues[len(some):]
		about := some[0].About
		of := slices.DeleteFunc(slices.Clone(some), func(d due) bool { return d.About != about })
		x.dues = append(slices.DeleteFunc(slices.Clone(some), func(d due) bool { return d.About == about }), x.dues...)
		set := map[string]any{"status": "dropped", "claimed_at": d.now, "why": x.why}
		if err := d.s.message(d.tx, d.ids, messageID(d.ids, of, "dropped"), of, set); err != nil {
			return err
		}
	}
	return nil
}

// again does what was decided of a message that was claimed before.
func (d *desk) again(g again, room int) (jobs []job, full bool, err error) {
	m := d.a.Messages[g.ID]
	ended := func(status, why string) error {
		return d.s.write(d.tx, d.ids, edit{kind: casework.KindMessage, record: g.ID, set: map[string]any{"status": status, "why": why}})
	}
	switch g.What {
	case dropped:
		why := "late"
		if len(g.Dues) == 0 {
			why = stoppedThen
		}
		return nil, false, ended("dropped", why)
	case unsure:
		return nil, false, ended("unknown", "no_answer")
	}
	if room <= 0 {
		return nil, true, nil
	}
	routes, err := d.routes()
	if err != nil {
		return nil, false, err
	}
	at := slices.IndexFunc(routes, func(r route) bool { return string(r.via) == m.Way })
	if g.What == ask {
		m.Run, m.Again, m.Doubt = d.s.run, time.Time{}, true
		j := job{ids: d.ids, id: g.ID, ask: true, via: push.Kind(m.Way), how: m.Tries}
		if at >= 0 {
			j.msg.To = routes[at].to
		}
		return []job{j}, false, nil
	}
	switch {
	case at < 0 && m.Doubt:
		return nil, false, ended("unknown", "no_way")
	case at < 0:
		return nil, false, ended("failed", "no_way")
	}
	slices.SortFunc(g.Dues, func(a, b due) int { return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Key, b.Key)) })
	until := g.Dues[0].Until
	for _, x := range g.Dues {
		if x.Until.Before(until) {
			until = x.Until
		}
	}
	j, err := d.job(g.ID, routes[at], g.Dues, until)
	if err != nil {
		return nil, false, err
	}
	j.how = m.Tries
	m.Run, m.Again = d.s.run, time.Time{}
	return []job{*j}, false, nil
}
