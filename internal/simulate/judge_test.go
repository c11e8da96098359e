package simulate

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"

	"alongside/internal/admin"
	"alongside/internal/archive"
	"alongside/internal/boltstore"
	"alongside/mobile-api/client"
	deltasync "alongside/sync"
	"alongside/sync/storetest"
)

func faultf(format string, args ...any) error { return fmt.Errorf(format, args...) }

// Rest ends all faults, lets everybody sync until nobody has anything to say, and holds what is left against what has to
// be.
func (s *Story) Rest() error {
	s.Told = append(s.Told, "# rest")
	s.down = false
	if err := s.disk("free"); err != nil {
		return err
	}
	for round, busy := 0, true; busy; round++ {
		if round == 10 {
			return errors.New("phones never come to rest")
		}
		busy = round == 0
		for _, p := range s.phones {
			if p.link = (link{}); p.gone {
				continue
			}
			did, err := p.run(cut{})
			if err := s.excused(p, err); err != nil {
				return fmt.Errorf("%s at rest: %w", p.name, err)
			}
			busy = busy || err != nil || did.Pushed+did.Records > 0 || did.NewClient || did.Reoffered
		}
	}
	if err := s.Err(); err != nil {
		return err
	}
	return errors.Join(s.phonesAgree(), s.ackedStand(), s.silent(), s.sound(), s.Replayed(context.Background()))
}

// phonesAgree holds each phone against the records, byte for byte.
func (s *Story) phonesAgree() error {
	return s.office.View(context.Background(), func(tx deltasync.Tx) error {
		for _, p := range s.phones {
			if err := s.agrees(tx, p); err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
		}
		return nil
	})
}

func (s *Story) agrees(tx deltasync.Tx, p *phone) error {
	st, err := p.State()
	if err != nil {
		return err
	}
	if p.gone {
		if scopes, err := p.Scopes(); err != nil || len(scopes) > 0 || st.Waiting > 0 {
			return fmt.Errorf("it was cut off, and still holds %v, %d unsent, %v", scopes, st.Waiting, err)
		}
		return nil
	}
	if st.Waiting > 0 || st.Differs || st.SignedOut {
		return fmt.Errorf("at rest %d are unsent, it differs: %t, it is signed out: %t", st.Waiting, st.Differs, st.SignedOut)
	}
	if st.Incidents > 0 && !s.turned {
		return fmt.Errorf("it found %d differences on its way", st.Incidents)
	}
	scopes, err := p.Scopes()
	if err != nil {
		return err
	}
	now := s.now()
	for _, person := range s.people {
		scope := s.Scope(person)
		if sees := s.MaySeeAt(s.Users[p.user], scope, now); sees != slices.Contains(scopes, scope) {
			return fmt.Errorf("it may see %s: %t, and it shows them: %t", person, sees, !sees)
		}
	}
	for _, scope := range scopes {
		if err := s.same(tx, p, scope); err != nil {
			return fmt.Errorf("%s: %w", scope, err)
		}
	}
	return nil
}

func (s *Story) same(tx deltasync.Tx, p *phone, scope deltasync.Scope) error {
	records, err := p.View(scope)
	if err != nil {
		return err
	}
	shown := map[deltasync.RecordID][]byte{}
	for _, r := range records {
		_, body, _ := bytes.Cut(r.Raw, []byte(`"user":`))
		shown[r.ID] = body
	}
	var wrong error
	err = tx.Changes(scope, 0, func(c deltasync.Change) bool {
		if c.Gone {
			return true
		}
		want := bytes.TrimPrefix(append(bytes.Clone(c.Body), '}'), []byte(`"user":`))
		if got, ok := shown[c.ID]; !ok || !bytes.Equal(got, want) {
			wrong = fmt.Errorf("a %s is shown as %s, and is %s", c.Kind, got, want)
		}
		delete(shown, c.ID)
		return wrong == nil
	})
	if wrong == nil && len(shown) > 0 {
		wrong = fmt.Errorf("it shows %d records that are not there", len(shown))
	}
	return errors.Join(err, wrong)
}

// ackedStand holds that nothing is lost that anybody was told to be there.
func (s *Story) ackedStand() error {
	return s.office.View(context.Background(), func(tx deltasync.Tx) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		standing := storetest.NewStanding(tx)
		for _, key := range slices.SortedFunc(maps.Keys(s.acked), func(a, b ackKey) int { return bytes.Compare([]byte(a.id), []byte(b.id)) }) {
			if err := s.ackStands(tx, standing, key, s.acked[key]); err != nil {
				return fmt.Errorf("op %s of %s: %w", key.id, s.Name(string(key.user)), err)
			}
		}
		return nil
	})
}

func (s *Story) ackStands(tx deltasync.Tx, standing *storetest.Standing, key ackKey, a acked) error {
	v, err := tx.OpByID(key.user, key.id)
	if err != nil {
		return err
	}
	if v == 0 && s.turned && keeps(a.by, key.id) {
		return nil // nobody can tell what a whole folder that was put back lacks, unless its phone has seen beyond: the phone keeps it
	}
	if v == 0 {
		return fmt.Errorf("it was acknowledged as %s, and is nowhere", a.status)
	}
	e, err := tx.Entry(v)
	if err != nil || e.Op.Erased {
		return err
	}
	if a.status == string(deltasync.Rejected) && e.Op.Raw != nil && !deltasync.SameOp(e.Op.Raw, a.raw) {
		return nil // another op by the same id was rejected, as a phone offers one of which an erasure has left it the id alone
	}
	if a.world == s.world && string(e.Op.Status) != a.status {
		return fmt.Errorf("it was acknowledged as %s, and is %s", a.status, e.Op.Status)
	}
	if e.Op.Raw != nil && !deltasync.SameOp(e.Op.Raw, a.raw) {
		return fmt.Errorf("it says %s, and was written as %s", e.Op.Raw, a.raw)
	}
	return standing.Stands(v)
}

// keeps reports whether a phone still keeps an op that was acknowledged.
func keeps(p *phone, id deltasync.OpID) bool {
	_, sent, err := p.Outbox()
	return err == nil && slices.ContainsFunc(sent, func(e client.Entry) bool { return e.ID == id })
}

// silent holds that the server's log names nobody.
func (s *Story) silent() error {
	for _, person := range s.people {
		if s.office.log.contains(canary(person)) {
			return fmt.Errorf("the server's log says something of %s", person)
		}
	}
	return nil
}

// sound checks the store, and the archive against it.
func (s *Story) sound() error {
	var found error
	err := s.office.db().Check(context.Background(), func(f boltstore.Fault) {
		if found == nil {
			found = fmt.Errorf("check: %s", f)
		}
	})
	if err != nil || found != nil {
		return errors.Join(err, found)
	}
	keeps := s.office.server.Office().Archive
	if err := errors.Join(keeps.CatchUp(context.Background()), keeps.Settle()); err != nil {
		return err
	}
	err = archive.Check(s.office.kept("data/"+admin.ArchiveName), func(fault string) {
		if found == nil {
			found = errors.New(fault)
		}
	})
	if head := s.head(); err == nil && found == nil && keeps.Head() != head {
		found = fmt.Errorf("the archive ends at %d, and the log at %d", keeps.Head(), head)
	}
	return errors.Join(err, found)
}

// digest is one of all that the log says, to tell two runs of a seed apart.
func (s *Story) digest() string {
	h := sha256.New()
	_ = s.office.db().Read(context.Background(), func(tx *boltstore.Tx) error {
		return tx.Rows(0, func(r boltstore.Row) bool {
			fmt.Fprintln(h, r.Version)
			h.Write(r.Data)
			return true
		})
	})
	return hex.EncodeToString(h.Sum(nil)[:8])
}
