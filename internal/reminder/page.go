package reminder

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"alongside/internal/casework"
	deltasync "alongside/sync"
)

// tokenBytes of chance make a page's token: 128 bits, as nobody guesses, in 22 characters, as a text message has room for.
const tokenBytes = 16

var (
	// ErrNoPage says that a token leads nowhere: nobody has it, its page was ended, or its person is not written to any more. Which of these it is,
	// nobody is told.
	ErrNoPage = errors.New("no such page")
	// ErrNoPerson says that there is nobody by that id who could have a page.
	ErrNoPerson = errors.New("there is no such person, or their support has ended")
)

// PagePath is where a page is, below the server's address.
func PagePath(token string) string { return "/r/" + token }

// Link gives the address of a person's page, and makes the page where there is none. anew ends the one that there is first, so that whoever has
// its address gets nowhere.
func (s *Service) Link(ctx context.Context, person deltasync.RecordID, anew bool) (string, error) {
	var token string
	err := s.Store.Write(ctx, func(tx WriteTx) error {
		rec, err := personIn(tx, person)
		if err != nil {
			return err
		}
		if rec == nil {
			return ErrNoPerson
		}
		if anew {
			if err := s.endPage(tx, rec.Scope); err != nil {
				return err
			}
		}
		token, err = s.ensurePage(tx, person)
		return err
	})
	if err != nil {
		return "", err
	}
	return s.URL + PagePath(token), nil
}

// ensurePage gives the token of a person's page, and makes the page where there is none that stands. It is of the transaction: a message that is
// claimed in it and the page that it leads to are durable together.
func (s *Service) ensurePage(tx WriteTx, person deltasync.RecordID) (string, error) {
	scope := deltasync.PersonOf(person)
	rec, err := livePage(tx, scope)
	if err != nil {
		return "", err
	}
	if rec != nil {
		return rec.Text("token"), nil
	}
	if err := s.forgetBrowsers(tx, scope); err != nil {
		return "", err
	}
	b := make([]byte, tokenBytes)
	if err := s.random(b); err != nil {
		return "", err
	}
	token := base64.RawURLEncoding.EncodeToString(b)
	id, err := s.newID()
	if err != nil {
		return "", err
	}
	err = s.Engine.Write(tx, writer, &deltasync.Op{ID: deltasync.OpID(id), Scope: scope, Kind: casework.KindPage, Record: deltasync.RecordID(id),
		Set: texts("token", token, "made_at", stamp(s.now()))})
	if err != nil {
		return "", err
	}
	if rec, err = tx.Record(deltasync.RecordID(id)); err != nil {
		return "", err
	}
	return token, notePage(tx, rec)
}

// forgetBrowsers lets go of the browsers that were switched on on a page before: one that was ended was in somebody else's hands.
func (s *Service) forgetBrowsers(tx WriteTx, scope deltasync.Scope) error {
	return eachOf(tx, scope, casework.KindWay, func(w *deltasync.Record) error {
		if w.Text("kind") != "webpush" {
			return nil
		}
		return s.forgetWay(tx, w)
	})
}

// endPage ends the page of a person that stands, if there is one.
func (s *Service) endPage(tx WriteTx, scope deltasync.Scope) error {
	rec, err := livePage(tx, scope)
	if err != nil || rec == nil {
		return err
	}
	id, err := s.newID()
	if err != nil {
		return err
	}
	return s.Engine.Write(tx, writer, &deltasync.Op{ID: deltasync.OpID(id), Scope: scope, Kind: casework.KindPage, Record: rec.ID, Base: rec.Version,
		Set: texts("ended_at", stamp(s.now()))})
}

// notePage keeps tablePages in step with a page's record as it stands now. Twice changes nothing.
//
// The table has two kinds of rows: by the SHA-256 of a token, which page it is; and by a person's scope, which of their pages stands.
func notePage(tx WriteTx, rec *deltasync.Record) error {
	if rec == nil || rec.Kind != casework.KindPage {
		return nil
	}
	if token := rec.Text("token"); token != "" {
		sum := sha256.Sum256([]byte(token))
		if err := putChanged(tx, tablePages, sum[:], rec.Scope, []byte(rec.ID)); err != nil {
			return err
		}
	}
	stands, err := livePage(tx, rec.Scope)
	switch {
	case err != nil:
		return err
	case ended(rec) && stands == nil:
		return tx.DropDerived(tablePages, []byte(rec.Scope))
	case ended(rec) || stands != nil && stands.ID != rec.ID: // two, from a store put back: both open, the first is given out
		return nil
	}
	return putChanged(tx, tablePages, []byte(rec.Scope), rec.Scope, []byte(rec.ID))
}

// putChanged writes a row unless it stands already.
func putChanged(tx WriteTx, table string, key []byte, of deltasync.Scope, value []byte) error {
	former, err := tx.Derived(table, key)
	if err != nil || former != nil && bytes.Equal(former, value) {
		return err
	}
	return tx.PutDerived(table, key, of, value)
}

// livePage is the page of a person that stands; nil: none does.
func livePage(tx Tx, scope deltasync.Scope) (*deltasync.Record, error) {
	id, err := tx.Derived(tablePages, []byte(scope))
	if err != nil || id == nil {
		return nil, err
	}
	rec, err := tx.Record(deltasync.RecordID(id))
	if err != nil || ended(rec) || rec.Scope != scope {
		return nil, err
	}
	return rec, nil
}

// ended reports whether a page does not open any more: any ended_at that stands ends it, whatever was written beside it.
func ended(rec *deltasync.Record) bool {
	if rec == nil || rec.Gone || rec.Kind != casework.KindPage || rec.Text("token") == "" || len(rec.Deletes) > 0 {
		return true
	}
	return stands(rec, "ended_at")
}

// open finds whose page a token leads to. All that leads nowhere is ErrNoPage.
func open(tx Tx, token string) (person *deltasync.Record, err error) {
	sum := sha256.Sum256([]byte(token)) // also of what is no token, so that it takes as long
	id, err := tx.Derived(tablePages, sum[:])
	if err != nil {
		return nil, err
	}
	if id == nil {
		return nil, ErrNoPage
	}
	page, err := tx.Record(deltasync.RecordID(id))
	if err != nil {
		return nil, err
	}
	if ended(page) || subtle.ConstantTimeCompare([]byte(page.Text("token")), []byte(token)) != 1 {
		return nil, ErrNoPage
	}
	person, err = personIn(tx, deltasync.RecordID(page.Scope.ID()))
	if err == nil && person == nil {
		err = ErrNoPage
	}
	return person, err
}

// personIn gives a person who may have a page; nil: there is nobody, or their support has ended, or they were erased.
func personIn(tx Tx, id deltasync.RecordID) (*deltasync.Record, error) {
	if !deltasync.ValidUUID(string(id)) {
		return nil, nil
	}
	rec, err := tx.Record(id)
	if err != nil || rec == nil || rec.Kind != casework.KindPerson || casework.Stopped(rec) {
		return nil, err
	}
	acc, err := tx.Access(rec.Scope)
	if err != nil || acc.Erased {
		return nil, err
	}
	return rec, nil
}

func (s *Service) random(b []byte) error {
	from := s.Rand
	if from == nil {
		from = rand.Reader
	}
	if _, err := io.ReadFull(from, b); err != nil {
		return fmt.Errorf("random bytes: %w", err)
	}
	return nil
}

// newID makes a random UUID (RFC 9562 §5.4).
func (s *Service) newID() (string, error) {
	var id [16]byte
	if err := s.random(id[:]); err != nil {
		return "", err
	}
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	h := hex.EncodeToString(id[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:], nil
}

func stamp(t time.Time) string { return t.UTC().Format(deltasync.TimeFormat) }

// texts are names of fields and texts in turn; an empty text clears its field.
func texts(pairs ...string) map[string]json.RawMessage {
	set := map[string]json.RawMessage{}
	for i := 0; i < len(pairs); i += 2 {
		set[pairs[i]] = json.RawMessage("null")
		if pairs[i+1] != "" {
			set[pairs[i]] = deltasync.AppendString(nil, pairs[i+1])
		}
	}
	return set
}
