package reminder

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"alongside/internal/casework"
	"alongside/internal/push"
	deltasync "alongside/sync"
)

// openFor is how long after a message a text from its number is taken as an answer to it.
const openFor = 7 * 24 * time.Hour

// Text is a text message that came in.
type Text struct {
	ID    string // the provider's; the same one again changes nothing
	From  string // a number
	Words string
}

// Text takes a text message. The person it is from is known by the number alone, which several may share, so it is read restrictively: STOP holds for
// all who have the number; an answer is taken only where one person alone has been written to lately; and of what nobody can tell whose
// it is, the words are not kept, but somebody is told to ask.
func (s *Service) Text(ctx context.Context, t Text) error {
	if t.ID == "" {
		return errors.New("a text without an id")
	}
	said := words(t.Words)
	if long := []rune(said); len(long) > MaxWords {
		said = string(long[:MaxWords])
	}
	return s.Store.Write(ctx, func(tx WriteTx) error {
		people, err := havingNumber(tx, t.From)
		if err != nil || len(people) == 0 {
			return err
		}
		if fresh, err := s.firstTime(tx, t.ID, people[0].Scope); err != nil || !fresh {
			return err
		}
		word := strings.ToLower(strings.Trim(said, " \n.!\"'"))
		switch {
		case isStop(word):
			return s.stopAll(tx, people)
		case word == "start":
			if len(people) == 1 {
				return s.begin(tx, people[0].Scope, "By text message")
			}
			return s.askWho(tx, t.ID, people)
		}
		asked, about, err := s.askedLately(tx, people)
		switch {
		case err != nil:
			return err
		case asked != nil:
			return s.textAnswer(tx, t.ID, asked.Scope, about, word, said)
		case len(people) == 1:
			return s.task(tx, t.ID, people[0].Scope, sentText+said)
		}
		return s.askWho(tx, t.ID, people)
	})
}

// firstTime notes that a text was taken, and reports whether it was not before. The note is of one of the people who have the number.
func (s *Service) firstTime(tx WriteTx, id string, of deltasync.Scope) (bool, error) {
	key := append([]byte("text "), mac(tx, "text", id)...)
	former, err := tx.Derived(tableNumbers, key)
	if err != nil || former != nil {
		return false, err
	}
	return true, tx.PutDerived(tableNumbers, key, of, []byte{1})
}

// textAnswer answers the appointments of the latest message. What is no answer that is known is kept as a wish, so that somebody looks at it.
func (s *Service) textAnswer(tx WriteTx, id string, scope deltasync.Scope, about []deltasync.RecordID, word, said string) error {
	answer, note := readAnswer(word, said)
	taken := false
	for _, a := range about {
		err := s.answer(tx, scope, Reply{ID: deltasync.OpID(id), Appointment: a, Answer: answer, Note: note})
		switch {
		case err == nil:
			taken = true
		case !errors.Is(err, ErrNotAnswerable) && !errors.Is(err, ErrCancelled) && !errors.Is(err, ErrOver):
			return err
		}
	}
	if taken {
		return nil
	}
	return s.task(tx, id, scope, sentText+said)
}

// meant are the words for each answer, beside its number in a message.
var meant = map[Answer][]string{
	Coming:     {"1", "coming", "i'm coming", "im coming", "i am coming", "yes"},
	Cannot:     {"2", "can't", "cant", "cannot", "i can't", "i cant", "no"},
	ComeWithMe: {"3", "come with me"},
}

// readAnswer says what a text means: a number of those that the message names, or its words, or both, and nothing else. Whoever
// writes "2 would be better" wants another time, and somebody is to look at it.
func readAnswer(word, said string) (Answer, string) {
	word = strings.Join(strings.Fields(strings.ReplaceAll(word, "’", "'")), " ")
	for answer, all := range meant {
		rest := strings.TrimSpace(strings.TrimLeft(strings.TrimPrefix(word, all[0]), ".,:;)-"))
		if slices.Contains(all, word) || strings.HasPrefix(word, all[0]) && slices.Contains(all[1:], rest) {
			return answer, ""
		}
	}
	return NewTime, said
}

// askedLately gives the one person among those with a number who was written to lately about something that can still be answered, and what that was.
// Nil: nobody was, or more than one.
func (s *Service) askedLately(tx Tx, people []*deltasync.Record) (*deltasync.Record, []deltasync.RecordID, error) {
	var asked *deltasync.Record
	var about []deltasync.RecordID
	for _, p := range people {
		ids, err := s.openMessage(tx, p.Scope)
		if err != nil {
			return nil, nil, err
		}
		switch {
		case len(ids) == 0:
		case asked != nil:
			return nil, nil, nil
		default:
			asked, about = p, ids
		}
	}
	return asked, about, nil
}

// openMessage gives the appointments of the latest message that went to somebody, if that was lately.
func (s *Service) openMessage(tx Tx, scope deltasync.Scope) ([]deltasync.RecordID, error) {
	var last *deltasync.Record
	err := eachOf(tx, scope, casework.KindMessage, func(m *deltasync.Record) error {
		if went(m) && s.now().Sub(claimed(m)) < openFor && (last == nil || claimed(m).After(claimed(last))) {
			last = m
		}
		return nil
	})
	if err != nil || last == nil {
		return nil, err
	}
	var ids []deltasync.RecordID
	for _, id := range last.Elements("appointments") {
		ids = append(ids, deltasync.RecordID(id))
	}
	return ids, nil
}

// isStop reports whether a text asks for no more of them: STOP, and what people put in its place. Where one may be meant, it is.
func isStop(word string) bool {
	first, rest, _ := strings.Cut(word, " ")
	switch strings.Trim(first, ".,!") {
	case "stop", "stopall", "unsubscribe":
	default:
		return false
	}
	return rest == "" || slices.ContainsFunc(strings.Fields(rest), func(w string) bool {
		return slices.Contains([]string{"all", "it", "me", "message", "messages", "messaging", "now", "please", "sending", "text", "texts", "texting", "these", "this"}, strings.Trim(w, ".,!"))
	})
}

func (s *Service) stopAll(tx WriteTx, people []*deltasync.Record) error {
	for _, p := range people {
		if err := s.stop(tx, p.Scope); err != nil {
			return err
		}
	}
	return nil
}

// askWho has a worker of each find out whose a text was. What it said goes to nobody: it may be another's.
func (s *Service) askWho(tx WriteTx, id string, people []*deltasync.Record) error {
	for _, p := range people {
		if err := s.task(tx, id, p.Scope, "A text came from the number that they share with somebody. Ask whether it was theirs."); err != nil {
			return err
		}
	}
	return nil
}

// task puts something on the list of whoever works with a person.
func (s *Service) task(tx WriteTx, id string, scope deltasync.Scope, about string) error {
	named := deltasync.NamedID("text", id, string(scope))
	return s.Engine.Write(tx, writer, &deltasync.Op{ID: deltasync.OpID(named), Scope: scope, Kind: casework.KindFollowUp, Record: deltasync.RecordID(named),
		Set: texts("about", about, "due", s.today())})
}

// havingNumber are the people, written to or not, whose number a text came from.
func havingNumber(tx Tx, number string) ([]*deltasync.Record, error) {
	canonical := Number(number)
	if canonical == "" { // a provider leaves out the + of other countries
		canonical = Number("+" + number)
	}
	if canonical == "" {
		return nil, nil
	}
	var scopes []deltasync.Scope
	prefix := append([]byte("of "), mac(tx, "number", canonical)...)
	err := tx.EachDerived(tableNumbers, prefix, func(_ []byte, of deltasync.Scope, _ []byte) (bool, error) {
		scopes = append(scopes, of)
		return len(scopes) < 50, nil
	})
	if err != nil {
		return nil, err
	}
	var people []*deltasync.Record
	for _, scope := range scopes {
		rec, err := personIn(tx, deltasync.RecordID(scope.ID()))
		if err != nil {
			return nil, err
		}
		if rec != nil {
			people = append(people, rec)
		}
	}
	return people, nil
}

// noteNumbers keeps tableNumbers in step with a person's record as it stands now: every number that stands in it. Twice changes nothing.
func noteNumbers(tx WriteTx, person *deltasync.Record) error {
	if person == nil || person.Kind != casework.KindPerson {
		return nil
	}
	var now [][]byte
	for _, raw := range person.Values("phone") {
		var text string
		if json.Unmarshal(raw, &text) == nil && Number(text) != "" {
			key := append([]byte("of "), mac(tx, "number", Number(text))...)
			now = append(now, append(key, person.Scope...))
		}
	}
	listed := []byte("by " + person.Scope)
	former, err := tx.Derived(tableNumbers, listed)
	if err != nil {
		return err
	}
	var was [][]byte
	if former != nil && json.Unmarshal(former, &was) != nil {
		was = nil
	}
	has := func(all [][]byte, one []byte) bool {
		return slices.ContainsFunc(all, func(k []byte) bool { return string(k) == string(one) })
	}
	for _, key := range was {
		if !has(now, key) {
			if err := tx.DropDerived(tableNumbers, key); err != nil {
				return err
			}
		}
	}
	for _, key := range now {
		if err := putChanged(tx, tableNumbers, key, person.Scope, []byte{1}); err != nil {
			return err
		}
	}
	if len(now) == 0 {
		return tx.DropDerived(tableNumbers, listed)
	}
	list, err := json.Marshal(now)
	if err != nil {
		return err
	}
	return putChanged(tx, tableNumbers, listed, person.Scope, list)
}

// Number brings a number into one form, digits with the country in front; empty: it is none that could be sent to. Without a country it is of the
// United Kingdom.
func Number(text string) string {
	n, err := push.Number(text)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(n, "+")
}

// mac hides a number or an id in the key of a row: who has the file and not its secret cannot try them all.
func mac(tx Tx, what, text string) []byte {
	h := hmac.New(sha256.New, tx.Secret())
	h.Write([]byte("alongside reminder " + what + " 1\x00" + text))
	return h.Sum(nil)
}
