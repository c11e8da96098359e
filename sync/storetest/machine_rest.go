package storetest

import (
	"bytes"
	"context"
	"strings"

	deltasync "alongside/sync"
)

// rest lets everybody sync until nobody has anything to say, and checks what is left.
func (m *machine) rest() {
	for range 4 {
		for _, p := range m.phones {
			p.Audit = true
			m.sync(p, Cut{})
		}
	}
	m.handInAgain()
	for _, p := range m.phones {
		m.sync(p, Cut{})
	}
	ctx := context.Background()
	err := m.Book.View(ctx, func(tx deltasync.Tx) error {
		for _, p := range m.phones {
			if len(p.Out) > 0 {
				m.fail("%s still holds %d ops", p.Name, len(p.Out))
			}
			for _, person := range m.people {
				m.same(tx, p, m.Scope(person))
			}
		}
		for _, person := range People {
			if acc, _ := tx.Access(m.Scope(person)); acc.Erased {
				m.gone(tx, m.Scope(person))
			}
		}
		for key := range m.acked {
			user, id, _ := strings.Cut(key, " ")
			v, err := tx.OpByID(deltasync.UserID(user), deltasync.OpID(id))
			if err != nil || v == 0 {
				m.fail("an acknowledged op of %s is nowhere: %s", m.Name(user), m.Name(id))
			}
			m.stands(tx, v)
		}
		return nil
	})
	if err != nil {
		m.fail("%v", err)
	}
	if err := m.Replayed(ctx); err != nil {
		m.fail("%v", err)
	}
}

// same holds a phone's scope against the store's records, byte for byte.
func (m *machine) same(tx deltasync.Tx, p *Phone, s deltasync.Scope) {
	has, sees := p.Scopes[s], m.MaySee(p.Client, s)
	if !sees {
		if len(has) > 0 {
			m.fail("%s still has %s", p.Name, s)
		}
		return
	}
	live := 0
	err := tx.Changes(s, 0, func(c deltasync.Change) bool {
		if c.Gone {
			return true
		}
		live++
		if f := has[c.ID]; !bytes.Equal(f.Change.Body, c.Body) || f.Change.Version != c.Version {
			m.fail("%s differs in a %s: %s, %s", p.Name, c.Kind, f.Change.Body, c.Body)
		}
		return true
	})
	if err != nil || live != len(has) {
		m.fail("%s has %d records of %s, not %d: %v", p.Name, len(has), s, live, err)
	}
}

// gone holds that nothing in the store says what was written about somebody who was erased.
func (m *machine) gone(tx deltasync.Tx, s deltasync.Scope) {
	c, err := castOf(tx)
	if err != nil {
		m.fail("%v", err)
	}
	lines, err := c.portrait(tx)
	if err != nil {
		m.fail("%v", err)
	}
	for _, line := range lines {
		if strings.Contains(line, Canary(s)) {
			m.fail("%s was erased, and the store says %s", s, line)
		}
	}
}

// stands is Stands for an op that the machine saw acknowledged.
func (m *machine) stands(tx deltasync.Tx, v deltasync.Version) {
	if err := NewStanding(tx).Stands(v); err != nil {
		m.fail("%v", err)
	}
}
