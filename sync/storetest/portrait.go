package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	deltasync "alongside/sync"
)

// cast is who and what a test's transactions are about: the arguments with which a portrait asks each method.
type cast struct {
	from     deltasync.Version // where the test's part of the log begins
	records  []deltasync.RecordID
	scopes   []deltasync.Scope
	clients  []deltasync.ClientID
	users    []deltasync.UserID
	ops      []deltasync.OpID
	groups   []string
	numbers  uint64 // the highest op number
	grantees []deltasync.Principal
}

// portrait writes down what every method of a transaction says, a line an answer, so that two stores, or one store at
// two moments, can be compared.
func (c *cast) portrait(tx deltasync.Tx) ([]string, error) {
	p := &painter{}
	p.line("head %d, epoch from %d", tx.Head(), tx.Epoch().First)
	c.paintRecords(p, tx)
	c.paintOps(p, tx)
	c.paintLog(p, tx)
	c.paintAccess(p, tx)
	return p.lines, errors.Join(p.errs...)
}

type painter struct {
	lines []string
	errs  []error
}

func (p *painter) line(format string, args ...any) {
	p.lines = append(p.lines, fmt.Sprintf(format, args...))
}

func (p *painter) check(err error) {
	if err != nil {
		p.errs = append(p.errs, err)
	}
}

func (c *cast) paintRecords(p *painter, tx deltasync.Tx) {
	for _, id := range c.records {
		r, err := tx.Record(id)
		p.check(err)
		p.line("record %s: %s", id, recordText(r))
	}
	for _, s := range c.scopes {
		h, err := tx.ScopeHead(s)
		p.check(err)
		p.line("scope %s: latest %d, %d records, sum %016x", s, h.Latest, h.Sum.Count, h.Sum.Sum)
		after := []deltasync.Version{0}
		p.check(tx.Changes(s, 0, func(ch deltasync.Change) bool {
			p.line("  %d %s/%s gone %t {%s}", ch.Version, ch.Kind, ch.ID, ch.Gone, ch.Body)
			after = append(after, ch.Version-1, ch.Version)
			return true
		}))
		for _, v := range after {
			var seen []deltasync.Version
			p.check(tx.Changes(s, v, func(ch deltasync.Change) bool {
				seen = append(seen, ch.Version)
				return len(seen) < 2
			}))
			p.line("  after %d two: %v", v, seen)
		}
	}
}

func (c *cast) paintOps(p *painter, tx deltasync.Tx) {
	for _, client := range c.clients {
		n, err := tx.Counter(client)
		p.check(err)
		p.line("client %s: through %d, safe %d", client, n.Through, n.Safe)
		for n := range c.numbers + 2 {
			v, err := tx.OpByNumber(client, n)
			p.check(err)
			p.line("  op %d: %d", n, v)
		}
	}
	for _, u := range c.users {
		for _, id := range c.ops {
			v, err := tx.OpByID(u, id)
			p.check(err)
			p.line("user %s, op %s: %d", u, id, v)
		}
		for _, g := range c.groups {
			used, err := tx.GroupUsed(u, g)
			p.check(err)
			p.line("user %s, group %s: used %t", u, g, used)
		}
		who, ok, err := tx.User(u)
		p.check(err)
		p.line("user %s: %t %s %s of %s", u, ok, who.User, who.Role, who.Team)
	}
	for _, s := range c.scopes {
		var held []string
		var of []deltasync.RecordID
		p.check(tx.HeldOps(s, func(h deltasync.HeldOp) bool {
			held = append(held, fmt.Sprintf("held in %+v", h))
			of = append(of, h.Record)
			return true
		}))
		slices.Sort(held)
		p.lines = append(p.lines, held...)
		some := 0
		p.check(tx.HeldOps(s, func(deltasync.HeldOp) bool { some++; return false }))
		var each []string
		for _, id := range of {
			p.check(tx.HeldOf(s, id, func(h deltasync.HeldOp) bool {
				each = append(each, fmt.Sprintf("held of %s in %s: %s %d", id, s, h.Client, h.N))
				return true
			}))
		}
		slices.Sort(each)
		p.lines = append(p.lines, each...)
		p.line("held in %s, asked for one: %d", s, some)
	}
}

func (c *cast) paintLog(p *painter, tx deltasync.Tx) {
	var all []deltasync.Version
	p.check(tx.Entries(c.from-1, func(e deltasync.Entry) bool {
		p.line("entry %s", entryText(e))
		all = append(all, e.Version)
		return true
	}))
	for _, v := range all {
		e, err := tx.Entry(v)
		p.check(err)
		p.line("entry %s", entryText(e))
		var seen []deltasync.Version
		p.check(tx.Entries(v, func(e deltasync.Entry) bool {
			seen = append(seen, e.Version)
			return len(seen) < 2
		}))
		p.line("  two after: %v", seen)
	}
	_, err := tx.Entry(tx.Head() + 1)
	p.line("entry above the head: none %t", errors.Is(err, deltasync.ErrNoEntry))
}

func (c *cast) paintAccess(p *painter, tx deltasync.Tx) {
	for _, s := range c.scopes {
		a, err := tx.Access(s)
		p.check(err)
		p.line("access to %s: %s", s, accessText(a))
	}
	for _, who := range c.grantees {
		asked := 0
		p.check(tx.Granted(who, func(s deltasync.Scope, gen deltasync.Version) bool {
			p.line("granted to %s: %s since %d", who, s, gen)
			return true
		}))
		p.check(tx.Granted(who, func(deltasync.Scope, deltasync.Version) bool { asked++; return false }))
		p.line("granted to %s, asked for one: %d", who, asked)
		after := []deltasync.Version{0}
		p.check(tx.Grants(who, 0, func(g deltasync.Grant) bool {
			p.line("grant %+v", g)
			after = append(after, g.Version-1, g.Version)
			return true
		}))
		for _, v := range after {
			var seen []deltasync.Version
			p.check(tx.Grants(who, v, func(g deltasync.Grant) bool {
				seen = append(seen, g.Version)
				return len(seen) < 2
			}))
			p.line("  after %d two: %v", v, seen)
		}
	}
	at, s, err := tx.NextDue()
	p.check(err)
	a, err := tx.Access(s)
	p.check(err)
	p.line("next due %s, as its scope says %t", moment(at), at.IsZero() || a.Next.Equal(at))
}

// recordText says all that a record holds. A cleared value is nil, and must come back as nil; trailing ones may be
// absent.
func recordText(r *deltasync.Record) string {
	if r == nil {
		return "none"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s/%s in %s at %d, log %d, made %s, user %s, at %s, gone %t",
		r.Kind, r.ID, r.Scope, r.Version, r.Log, r.Made, r.User, moment(r.At), r.Gone)
	for _, g := range r.Registers {
		fmt.Fprintf(&b, "\n    %v:", g.Fields)
		for _, v := range g.Values {
			fmt.Fprintf(&b, " (%s", originText(v.Origin))
			for i := range g.Fields {
				if i < len(v.Parts) && v.Parts[i] != nil {
					fmt.Fprintf(&b, " <%s>", v.Parts[i])
				} else {
					b.WriteString(" -")
				}
			}
			b.WriteString(")")
		}
	}
	for _, s := range r.Sets {
		fmt.Fprintf(&b, "\n    %s:", s.Name)
		for _, e := range s.Elements {
			fmt.Fprintf(&b, " %q", e.Text)
			for _, d := range e.Dots {
				fmt.Fprintf(&b, " (%s)", originText(d))
			}
		}
	}
	for _, d := range r.Deletes {
		fmt.Fprintf(&b, "\n    deleted (%s)", originText(d))
	}
	return b.String()
}

func originText(o deltasync.Origin) string {
	return fmt.Sprintf("%d %s#%d %s %s", o.Version, o.Client, o.N, o.User, moment(o.At))
}

// entryText says all that an entry holds. What an epoch says of itself is the store's own.
func entryText(e deltasync.Entry) string {
	text := fmt.Sprintf("%d %s", e.Version, e.Type)
	switch {
	case e.Type == deltasync.EntryEpoch:
	case e.Op != nil:
		op := *e.Op
		op.At, op.Raw = time.Time{}, nil
		text += fmt.Sprintf(" %s, made %s, %+v, as sent %q", moment(e.At), moment(e.Op.At), op, e.Op.Raw)
	case e.Grant != nil:
		text += fmt.Sprintf(" %s, %+v", moment(e.At), *e.Grant)
	default:
		text += fmt.Sprintf(" %s, %s", moment(e.At), e.Fact)
	}
	return text
}

func accessText(a deltasync.Access) string {
	text := fmt.Sprintf("exists %t, team %s, grants %v, next %s, erased %t, hold %q", a.Exists, a.Team, a.Grants, moment(a.Next), a.Erased, a.Hold)
	for _, as := range a.Assignments {
		text += fmt.Sprintf(", (%s to %s, %s to %s, ended %t)", as.ID, as.Worker, moment(as.From), moment(as.Until), as.Ended)
	}
	return text
}

// moment is the same for the same moment, whatever its zone.
func moment(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format(time.RFC3339Nano)
}
