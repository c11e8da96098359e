package reminder

import (
	"encoding/json"
	"strconv"
	"time"

	"alongside/internal/casework"
	"alongside/internal/push"
	deltasync "alongside/sync"
)

// edit is one op of the reminders'.
type edit struct {
	kind   string
	record deltasync.RecordID
	set    map[string]any // strings, times; nil clears
	add    map[string][]string
}

// write makes an edit of what stands. The same edit of the same version is one op.
func (s *Service) write(tx WriteTx, ids names, e edit) error {
	rec, err := tx.Record(e.record)
	if err != nil {
		return err
	}
	op := &deltasync.Op{Scope: ids.scope, Kind: e.kind, Record: e.record, Add: e.add, Set: map[string]json.RawMessage{}}
	if rec != nil {
		op.Base = rec.Version
	}
	op.ID = deltasync.OpID(ids.id("op", string(e.record), strconv.FormatUint(uint64(op.Base), 10)))
	for name, value := range e.set {
		switch v := value.(type) {
		case string:
			op.Set[name] = deltasync.AppendString(nil, v)
		case time.Time:
			op.Set[name] = deltasync.AppendTime(nil, v)
		default:
			op.Set[name] = json.RawMessage("null")
		}
	}
	return s.Engine.Write(tx, writer, op)
}

// openStep writes a follow-up, or opens one again that had ended.
func (s *Service) openStep(tx WriteTx, ids names, n newStep) error {
	set := map[string]any{"about": s.Settings.task(n.Step, n.Start), "due": n.Due, "step": n.Step, "appointment": string(n.Appointment)}
	if rec, err := tx.Record(n.ID); err != nil {
		return err
	} else if rec != nil {
		set["ended"], set["done_at"], set["outcome"] = nil, nil, nil
	}
	return s.write(tx, ids, edit{kind: casework.KindFollowUp, record: n.ID, set: set})
}

func (s *Service) endStep(tx WriteTx, ids names, e endStep) error {
	set := map[string]any{"ended": e.How, "outcome": e.Words}
	if e.How == "done" {
		set["done_at"] = s.now()
	}
	return s.write(tx, ids, edit{kind: casework.KindFollowUp, record: e.ID, set: set})
}

// openCheck asks a worker to look at how somebody is reached.
func (s *Service) openCheck(tx WriteTx, ids names, what string, now time.Time) error {
	return s.write(tx, ids, edit{kind: casework.KindFollowUp, record: ids.check(what), set: map[string]any{
		"about": checking(what), "due": now.In(s.Settings.Zone).Format(time.DateOnly), "step": casework.StepCheckNumber}})
}

// message writes one that is claimed or dropped.
func (s *Service) message(tx WriteTx, ids names, id deltasync.RecordID, dues []due, set map[string]any) error {
	var keys, appointments []string
	for _, d := range dues {
		keys, appointments = append(keys, d.Key), append(appointments, string(d.Appointment))
	}
	if lead := dues[0].Lead; lead != "" {
		set["lead"] = lead
	}
	set["about"] = dues[0].About
	return s.write(tx, ids, edit{kind: casework.KindMessage, record: id, set: set,
		add: map[string][]string{"keys": keys, "appointments": appointments}})
}

// messageID names the message that stands for these, by one way.
func messageID(ids names, dues []due, way push.Kind) deltasync.RecordID {
	parts := []string{"message", string(way)}
	for _, d := range dues {
		parts = append(parts, d.Key)
	}
	return deltasync.RecordID(ids.id(parts...))
}
