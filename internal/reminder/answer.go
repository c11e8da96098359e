package reminder

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"alongside/internal/casework"
	deltasync "alongside/sync"
)

// Answer is what a person says to an appointment: appointment.reply.
type Answer string

const (
	Coming     Answer = "coming"
	Cannot     Answer = "cannot"
	NewTime    Answer = "new_time"
	ComeWithMe Answer = "come_with_me"
)

func (a Answer) valid() bool {
	return slices.Contains([]Answer{Coming, Cannot, NewTime, ComeWithMe}, a)
}

// MaxWords is how many characters a person may write in one answer.
const MaxWords = 2000

// Why an answer is not taken. Each stands for words that tell the person what to do.
var (
	ErrNotAnswerable = errors.New("there is no such appointment to answer") // also one of somebody else
	ErrCancelled     = errors.New("the appointment is not taking place")
	ErrOver          = errors.New("the appointment is over")
	ErrNotAnAnswer   = errors.New("that is none of the answers")
	ErrTooLong       = errors.New("that is too long")
)

// Reply is one answer, from the page or by text.
type Reply struct {
	ID          deltasync.OpID // the form's own: sent again it changes nothing
	Appointment deltasync.RecordID
	Answer      Answer
	Note        string
	Time        time.Time // of NewTime, where one that was offered was picked
}

// Reply takes an answer from the page of a token, as the person's own act. It is what the worker's phone hears of by the log, and what is planned
// anew. The same one again changes nothing.
func (s *Service) Reply(ctx context.Context, token string, r Reply) error {
	if err := r.check(s.now()); err != nil {
		return err
	}
	return s.Store.Write(ctx, func(tx WriteTx) error {
		person, err := open(tx, token)
		if err != nil {
			return err
		}
		return s.answer(tx, person.Scope, r)
	})
}

// check brings the answer into its form.
func (r *Reply) check(now time.Time) error {
	r.Note = words(r.Note)
	switch {
	case !r.Answer.valid(), r.Answer != NewTime && !r.Time.IsZero():
		return ErrNotAnAnswer
	case !r.Time.IsZero() && (r.Time.Before(now) || r.Time.After(now.AddDate(0, 6, 0))):
		return ErrNotAnAnswer
	case utf8.RuneCountInString(r.Note) > MaxWords:
		return ErrTooLong
	}
	return nil
}

// answer writes an answer of the person whose scope it is.
func (s *Service) answer(tx WriteTx, scope deltasync.Scope, r Reply) error {
	rec, err := tx.Record(r.Appointment)
	if err != nil {
		return err
	}
	if rec == nil || rec.Scope != scope || rec.Kind != casework.KindAppointment || rec.Gone {
		return ErrNotAnswerable
	}
	if done, err := s.done(tx, scope, r.op()); err != nil || done {
		return err
	}
	if err := answerable(rec, r.Answer, s.now()); err != nil {
		return err
	}
	now := s.now()
	set := texts("reply", string(r.Answer), "reply_note", r.Note, "reply_at", stamp(now), "reply_time", "", "reply_dealt_at", "")
	if !r.Time.IsZero() {
		set["reply_time"] = deltasync.AppendString(nil, stamp(r.Time))
	}
	err = s.Engine.Write(tx, deltasync.UserID(scope), &deltasync.Op{ID: r.op(), Scope: scope, Kind: casework.KindAppointment, Record: rec.ID,
		Base: rec.Version, Set: set})
	if err != nil {
		return err
	}
	return s.answered(tx, scope, rec.ID, now)
}

// op is the id of what is written: of the form's id and of all that was said, so that one page on which somebody changes their mind says both.
func (r *Reply) op() deltasync.OpID {
	at := ""
	if !r.Time.IsZero() {
		at = stamp(r.Time)
	}
	return deltasync.OpID(deltasync.NamedID("reply", string(r.ID), string(r.Appointment), string(r.Answer), r.Note, at))
}

// done reports whether the person has written this already.
func (s *Service) done(tx Tx, scope deltasync.Scope, id deltasync.OpID) (bool, error) {
	v, err := tx.OpByID(deltasync.UserID(scope), id)
	return v != 0, err
}

// answerable says why an appointment cannot be answered so; nil: it can be.
func answerable(rec *deltasync.Record, a Answer, now time.Time) error {
	start, end := times(rec)
	status := Status(rec)
	switch {
	case casework.Stopped(rec) || status == "moved":
		return ErrCancelled
	case status == "attended" || start.IsZero() || now.Sub(end) > lately, a == Coming && (status == "missed" || now.After(end)):
		return ErrOver
	}
	return nil
}

// lately is for how long after an appointment that was missed a person is offered another time for it.
const lately = 14 * 24 * time.Hour

// Status is the shown status of an appointment.
func Status(rec *deltasync.Record) string { return rec.Text("status") }

// usual is how long an appointment takes that does not say when it ends.
const usual = time.Hour

// times are when an appointment starts and ends, as it is shown; zero: it does not say.
func times(rec *deltasync.Record) (start, end time.Time) {
	start = timeOf(rec, "starts_at")
	if end = timeOf(rec, "ends_at"); !end.After(start) {
		end = start.Add(usual)
	}
	return start, end
}

func timeOf(rec *deltasync.Record, field string) time.Time {
	t, err := time.Parse(time.RFC3339, rec.Text(field))
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// answered notes on the latest message about an appointment that it was answered.
func (s *Service) answered(tx WriteTx, scope deltasync.Scope, appointment deltasync.RecordID, now time.Time) error {
	var last *deltasync.Record
	var sent time.Time
	err := eachOf(tx, scope, casework.KindMessage, func(m *deltasync.Record) error {
		at := claimed(m)
		if went(m) && !at.Before(sent) && slices.Contains(m.Elements("appointments"), string(appointment)) {
			last, sent = m, at
		}
		return nil
	})
	if err != nil || last == nil || last.Text("answered_at") != "" {
		return err
	}
	return s.Engine.Write(tx, writer, &deltasync.Op{ID: deltasync.OpID(deltasync.NamedID("answered", string(last.ID))), Scope: scope,
		Kind: casework.KindMessage, Record: last.ID, Base: last.Version, Set: texts("answered_at", stamp(now))})
}

// went reports whether a message that can be answered may have reached somebody.
func went(m *deltasync.Record) bool {
	return m.Text("about") != "answer" && m.Text("status") != "dropped" && m.Text("status") != "failed"
}

// claimed is when a message was taken on to be sent.
func claimed(m *deltasync.Record) time.Time {
	if at := timeOf(m, "sent_at"); !at.IsZero() {
		return at
	}
	return timeOf(m, "claimed_at")
}

// eachOf calls fn for the live records of one kind in a scope, as they stand, and may write in it.
func eachOf(tx Tx, scope deltasync.Scope, kind string, fn func(*deltasync.Record) error) error {
	var ids []deltasync.RecordID
	err := tx.Changes(scope, 0, func(c deltasync.Change) bool {
		if c.Kind == kind && !c.Gone {
			ids = append(ids, c.ID)
		}
		return true
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		rec, err := tx.Record(id)
		if err != nil {
			return err
		}
		if rec == nil || rec.Gone {
			continue
		}
		if err := fn(rec); err != nil {
			return err
		}
	}
	return nil
}

// words are what somebody has typed, without what no screen shows.
func words(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == utf8.RuneError || unicode.IsPrint(r):
			return r
		case unicode.IsSpace(r):
			return ' '
		}
		return -1
	}, strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\r\n", "\n"))
	return strings.TrimSpace(text)
}

// stands reports whether any value of a field is one.
func stands(rec *deltasync.Record, field string) bool {
	return slices.ContainsFunc(rec.Values(field), func(raw json.RawMessage) bool { return raw != nil })
}
