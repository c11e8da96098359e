package simulate

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"alongside/internal/auth"
	"alongside/internal/boltstore"
	"alongside/internal/casework"
	"alongside/mobile-api/client"
	deltasync "alongside/sync"
	"alongside/sync/storetest"
)

// Story is one run: a world in which lines are told, and come true.
type Story struct {
	*storetest.World
	Told []string // what has happened so far

	seed   uint64
	office *office
	phones []*phone
	down   bool
	start  time.Time
	mu     sync.Mutex // guards what follows
	ahead  time.Duration
	acked  map[ackKey]acked
	faults []error
	world  int  // how often the store was put in another place: what was acknowledged before may have to be offered again
	kept   bool // there is a backup
	copied bool // there is a copy of the folder
	parted bool // since it was made, the store was restored without the archive
	turned bool // the whole folder was put back: nothing in it says so, and phones find out
	people []string
	backed map[ackKey]bool // let go of by their phone, since a backup held them
}

type ackKey struct {
	user deltasync.UserID
	id   deltasync.OpID
}

// acked is an op that somebody was told of.
type acked struct {
	status string
	raw    []byte
	world  int
	by     *phone
	let    bool // its phone was put back to before it, and keeps it no more
}

// kept reports whether somebody has it who would offer it again.
func (a acked) kept() bool { return !a.by.gone && !a.let }

// ErrLine says that a line cannot be understood.
var ErrLine = errors.New("a line that means nothing here")

// tomorrow is a kind that the server does not know before "upgrade".
const tomorrow = "diary"

// Open begins a story in a folder of its own.
func Open(seed uint64, dir string) (*Story, error) {
	s := &Story{seed: seed, start: time.Now(), acked: map[ackKey]acked{}, backed: map[ackKey]bool{}}
	s.office = &office{dir: dir, now: s.now, rand: newDice(seed, "server"), kinds: casework.Kinds()}
	if err := s.office.open(); err != nil {
		return nil, err
	}
	s.World = storetest.NewWorld(s.office.kinds, func(func() time.Time) storetest.Book { return s.office })
	s.Engine.Now = s.now
	return s, nil
}

// Close ends everything, and leaves the folder.
func (s *Story) Close() error {
	var errs []error
	for _, p := range s.phones {
		errs = append(errs, p.close())
	}
	return errors.Join(append(errs, s.office.close())...)
}

// now is the server's clock.
func (s *Story) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC).Add(time.Since(s.start) + s.ahead)
}

func (s *Story) phone(name string) (*phone, error) {
	for _, p := range s.phones {
		if p.name == name {
			return p, nil
		}
	}
	return nil, fmt.Errorf("%w: there is no phone %s", ErrLine, name)
}

// fail remembers something that must not be.
func (s *Story) fail(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, fmt.Errorf(format, args...))
}

// Err is what has gone wrong so far.
func (s *Story) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(s.faults...)
}

// Tell makes lines come true, until one cannot be understood or something is wrong.
func (s *Story) Tell(lines ...string) error {
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		group := groupOf(line)
		together := []string{line}
		for group != "" && i+1 < len(lines) && groupOf(lines[i+1]) == group {
			i++
			together = append(together, lines[i])
		}
		s.Told = append(s.Told, together...)
		if err := s.do(together); err != nil {
			return fmt.Errorf("%s: %w", line, err)
		}
		if err := s.Err(); err != nil {
			return fmt.Errorf("%s: %w", line, err)
		}
	}
	return nil
}

func groupOf(line string) string {
	if _, g, ok := strings.Cut(line, " group="); ok {
		g, _, _ = strings.Cut(g, " ")
		return g
	}
	return ""
}

// do is one line, or those of a group.
func (s *Story) do(lines []string) error {
	words := storetest.Split(lines[0])
	switch words[0] {
	case "user":
		return s.AddUser(words[1], deltasync.Role(words[2]), words[3])
	case "clock":
		d, err := time.ParseDuration(strings.TrimPrefix(words[1], "+"))
		s.mu.Lock()
		s.ahead += d
		s.mu.Unlock()
		time.Sleep(2 * time.Second) // for the calendar to look
		return err
	case "erase":
		_, err := s.office.server.Office().Erase(context.Background(), s.ID(words[1]))
		return s.refused(err)
	case "phone":
		return s.addPhone(words)
	case "backup", "restore", "restore-archive", "copy-folder", "put-back", "put-back-all", "restart", "upgrade":
		return s.place(words[0])
	case "disk":
		return s.disk(words[1])
	case "together":
		return s.together(words[1:])
	}
	p, err := s.phone(words[1])
	if err != nil {
		return err
	}
	switch words[0] {
	case "person", "edit":
		return s.write(p, lines)
	case "sync":
		return s.sync(p, words[2:])
	case "settle":
		return s.settle(p, words[2], words[3])
	case "jump":
		d, err := time.ParseDuration(words[2])
		p.skew.Add(int64(d))
		return err
	case "slow":
		p.link.speed, err = strconv.Atoi(words[2])
		return err
	case "copy":
		_, err := p.copyAs(words[2])
		return err
	case "reopen":
		return errors.Join(p.close(), p.open())
	case "keep-phone":
		return p.keep()
	case "put-back-phone":
		return s.putBackPhone(p)
	case "arrives":
		s.arrives(p)
		return nil
	case "again":
		return s.again(p, words[2])
	case "revoke":
		return s.revoke(p)
	}
	return errors.New("no such command")
}

// refused lets pass what an operator is told, and can do again later.
func (s *Story) refused(err error) error {
	if errors.Is(err, deltasync.ErrNoPerson) || errors.Is(err, boltstore.ErrFull) || errors.Is(err, boltstore.ErrSuspect) || errors.Is(err, boltstore.ErrClosed) {
		return nil
	}
	return err
}

func (s *Story) addPhone(words []string) error {
	var skew time.Duration
	for _, o := range words[3:] {
		d, err := time.ParseDuration(strings.TrimPrefix(o, "clock="))
		if err != nil {
			return err
		}
		skew = d
	}
	p, err := s.newPhone(words[1], words[2], skew)
	if err != nil {
		return err
	}
	code, err := s.office.enrol(s.Users[p.user].User)
	if err != nil {
		return err
	}
	return p.Enrol(context.Background(), address, code, "phone", "test")
}

// place does what an operator does to the server and its folder.
func (s *Story) place(what string) error {
	anew := func(err error) error {
		s.world++
		return err
	}
	if what != "backup" && what != "restart" {
		s.office.faults.set(false, nil) // who moves a store about has seen to the disk
	}
	switch what {
	case "backup":
		err := s.office.backup()
		if err != nil {
			return s.refused(err)
		}
		s.kept = true
		return s.View(func(e deltasync.Entry) {
			if e.Op != nil {
				s.backed[ackKey{e.Op.User, e.Op.ID}] = true
			}
		})
	case "copy-folder":
		s.copied, s.parted = true, false
		return s.office.keep()
	case "restart":
		return errors.Join(s.office.close(), s.office.open())
	case "upgrade":
		s.office.kinds = laterKinds(s.office.kinds)
		s.Engine.Kinds = s.office.kinds
		return errors.Join(s.office.close(), s.office.open())
	case "restore":
		if s.kept {
			s.kept, s.parted = false, true // the next one has to be newer: what a phone let go of is to stand in it
			s.forget(func(_ ackKey, a acked) bool { return !a.kept() })
			return anew(s.office.restore(false))
		}
	case "restore-archive":
		if s.kept {
			return anew(s.office.restore(true))
		}
	case "put-back", "put-back-all":
		if s.copied {
			s.copied = false
			all := what == "put-back-all"
			if s.turned = s.turned || all; all || s.parted { // phones may have let go of what a later backup holds, which nobody has restored
				s.forget(func(k ackKey, a acked) bool { return s.backed[k] || !a.kept() })
			}
			return anew(s.office.putBack(all))
		}
	}
	return nil
}

// View shows the log.
func (s *Story) View(fn func(deltasync.Entry)) error {
	return s.office.View(context.Background(), func(tx deltasync.Tx) error {
		return tx.Entries(0, func(e deltasync.Entry) bool { fn(e); return true })
	})
}

// forget lets go of what a store without its archive may have lost for good: what no phone keeps any more.
func (s *Story) forget(lost func(ackKey, acked) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.acked, lost)
}

// putBackPhone puts a phone back to what it was when its memory was kept. What it was told of since it offers no more.
func (s *Story) putBackPhone(p *phone) error {
	if err := p.putBack(); err != nil {
		return err
	}
	for range 5 {
		if s.office.View(context.Background(), func(deltasync.Tx) error { return nil }) == nil {
			break
		}
		time.Sleep(time.Minute) // the server opens its store anew
	}
	return s.office.View(context.Background(), func(tx deltasync.Tx) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		for key, a := range s.acked {
			if a.by != p || keeps(p, key.id) {
				continue
			}
			v, err := tx.OpByID(key.user, key.id)
			if err != nil {
				return err
			}
			if a.let = true; v == 0 {
				delete(s.acked, key) // the store was undone before, and nobody is left who knows of it
			} else {
				s.acked[key] = a
			}
		}
		return nil
	})
}

// laterKinds are those that the next version knows.
func laterKinds(kinds deltasync.Kinds) deltasync.Kinds {
	more := deltasync.Kinds{}
	for name, k := range kinds {
		more[name] = k
	}
	more[tomorrow] = &deltasync.Kind{Name: tomorrow, In: deltasync.PersonScope, Fields: []deltasync.Field{{Name: "words", Type: deltasync.Text}}}
	return more
}

func (s *Story) disk(what string) error {
	switch what {
	case "full":
		s.office.faults.set(true, nil)
	case "free":
		s.office.faults.set(false, nil)
		time.Sleep(time.Minute) // the server looks now and then
	case "fails":
		s.office.faults.set(false, errors.New("the disk failed"))
	default:
		return errors.New("no such disk")
	}
	return nil
}

func (s *Story) write(p *phone, lines []string) error {
	if p.gone {
		return nil
	}
	var edits []client.Edit
	for _, line := range lines {
		e, err := s.edit(storetest.Split(line))
		if err != nil {
			return err
		}
		if e.Record == "" {
			return nil // its id follows from the store, which cannot be read now
		}
		edits = append(edits, e)
	}
	var err error
	if groupOf(lines[0]) == "" {
		_, err = p.Edit(edits[0])
	} else {
		_, err = p.EditTogether(edits...)
	}
	if errors.Is(err, client.ErrNotEnrolled) {
		err = nil // it was signed out
	}
	return err
}

// edit reads a line of the scripts: person a ben name=Ben, edit a ben/visit support what=call.
func (s *Story) edit(words []string) (client.Edit, error) {
	record, kind, fields := words[2], "person", words[3:]
	if words[0] == "edit" {
		kind, fields = words[3], words[4:]
	}
	if person, _, _ := strings.Cut(record, "/"); !slices.Contains(s.people, person) {
		s.people = append(s.people, person)
	}
	e := client.Edit{Scope: s.Scope(record), Kind: kind, Record: s.Record(record)}
	change, err := s.World.Change(kind, fields)
	if err != nil {
		return e, err
	}
	delete(change, "group")
	e.Set, _ = change["set"].(map[string]any)
	e.Add, _ = change["add"].(map[string][]string)
	e.Remove, _ = change["remove"].(map[string][]string)
	e.Delete, _ = change["delete"].(bool)
	return e, nil
}

func (s *Story) sync(p *phone, words []string) error {
	var c cut
	for _, word := range words {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "drop-request":
			c.before = true
		case "tear-request":
			c.inside = true
		case "late":
			c.late = true
		case "drop-reply":
			c.reply = true
		case "cut":
			c.reply = true
			c.lines, _ = strconv.Atoi(value)
		case "stubborn":
			c.goes = true
		default:
			return fmt.Errorf("no such way to sync: %s", word)
		}
	}
	_, err := p.run(c)
	return s.excused(p, err)
}

// excused lets pass what may happen to a phone's sync.
func (s *Story) excused(p *phone, err error) error {
	switch {
	case err == nil, errors.Is(err, client.ErrUnavailable), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded),
		errors.Is(err, client.ErrRevoked), errors.Is(err, client.ErrNotEnrolled), errors.Is(err, os.ErrDeadlineExceeded):
		return nil
	case errors.Is(err, client.ErrSignedOut): // its client was undone, or somebody used its token: the same user comes in anew
		code, err := s.office.enrol(s.Users[p.user].User)
		if err != nil {
			return nil // the disk is full
		}
		ctx, stop := context.WithTimeout(context.Background(), 3*time.Hour)
		defer stop()
		if err := p.Enrol(ctx, address, code, "phone", "test"); err != nil && !errors.Is(err, client.ErrUnavailable) {
			return err
		}
		return nil
	}
	return err
}

// together has phones sync at the same time.
func (s *Story) together(names []string) error {
	var wg sync.WaitGroup
	errs := make([]error, len(names))
	for i, name := range names {
		p, err := s.phone(name)
		if err != nil {
			return err
		}
		wg.Go(func() {
			time.Sleep(time.Duration(i+1) * time.Nanosecond)
			_, err := p.run(cut{})
			errs[i] = s.excused(p, err)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (s *Story) settle(p *phone, number, verb string) error {
	n, err := strconv.Atoi(number)
	if err != nil || p.gone {
		return err
	}
	var waiting []client.Record
	people, err := p.Scopes()
	if err != nil {
		return err
	}
	for _, scope := range people {
		if scope.Family() != deltasync.CoordinationScope {
			continue
		}
		records, err := p.View(scope)
		if err != nil {
			return err
		}
		for _, r := range records {
			if r.Kind == deltasync.KindHeld && r.Fields["settled"] == nil {
				waiting = append(waiting, r)
			}
		}
	}
	if n < 1 || n > len(waiting) {
		return nil
	}
	r := waiting[n-1]
	_, err = p.Edit(client.Edit{Scope: r.Scope, Kind: r.Kind, Record: r.ID, Set: map[string]any{"settled": verb}})
	if errors.Is(err, client.ErrNotEnrolled) {
		err = nil
	}
	return err
}

func (s *Story) revoke(p *phone) error {
	st, err := p.State()
	if err != nil || st.Client == "" {
		return err
	}
	_, err = s.office.server.Office().Revoke(context.Background(), string(st.Client))
	if errors.Is(err, auth.ErrUnknownClient) {
		err = nil // a restore has undone it
	}
	return s.refused(err)
}
