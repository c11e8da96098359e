package reminder

import (
	"context"

	"alongside/internal/casework"
	deltasync "alongside/sync"
)

// Receipt is what a provider reports of a message that it took.
type Receipt struct {
	ID   string // the message's own
	To   string // the number that it went to, if the provider says so
	Done bool   // it has reached the phone
	Gone bool   // there is no such phone
	Why  string // a code, where it has not
}

// Receipt writes down what became of a message. The same one again, one of a message that is none of ours and one that comes after the last word on it
// change nothing.
func (s *Service) Receipt(ctx context.Context, r Receipt) error {
	if !deltasync.ValidUUID(r.ID) {
		return nil
	}
	return s.Store.Write(ctx, func(tx WriteTx) error {
		m, err := tx.Record(deltasync.RecordID(r.ID))
		if err != nil || m == nil || m.Gone || m.Kind != casework.KindMessage {
			return err
		}
		switch m.Text("status") {
		case "delivered", "failed", "dropped":
			return nil
		}
		set := map[string]any{"status": "delivered", "delivered_at": s.now(), "why": nil}
		if !r.Done {
			set = map[string]any{"status": "failed", "why": r.Why}
		}
		if stamp := m.Text("sent_at"); stamp == "" {
			set["sent_at"] = s.now() // the receipt was faster than the answer to what was sent
		}
		if err := s.write(tx, namesOf(tx.Secret(), m.Scope), edit{kind: casework.KindMessage, record: m.ID, set: set}); err != nil {
			return err
		}
		if r.Done || !r.Gone {
			return nil
		}
		person, err := personIn(tx, deltasync.RecordID(m.Scope.ID()))
		if err != nil || person == nil {
			return err
		}
		number := person.Text("phone")
		if r.To != "" && Number(r.To) != Number(number) {
			number = r.To // they have another one by now
		}
		if Number(number) == "" {
			return nil
		}
		return s.NumberFails(tx, person.ID, number, r.Why)
	})
}
