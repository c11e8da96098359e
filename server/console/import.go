package console

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"alongside/internal/auth"
	"alongside/internal/boltstore"
	mobileapi "alongside/mobile-api"
	deltasync "alongside/sync"
)

const importRows = 5000

// importKind is what a table may hold: its columns by the fields that they fill, and what names a row where it has no external_id.
type importKind struct {
	kind   string
	fields []string
	needs  []string
	names  []string
}

var importKinds = map[string]importKind{
	"people": {kind: "person", needs: []string{"name"}, names: []string{"name", "date"},
		fields: []string{"name", "preferred_name", "phone", "safe_words", "language", "goals", "safety_note"}},
	"contacts": {kind: "contact", needs: []string{"person", "name"}, names: []string{"person", "name", "relation"},
		fields: []string{"name", "relation", "organisation", "phone"}},
	"appointments": {kind: "appointment", needs: []string{"person", "title", "starts_at"}, names: []string{"person", "title", "starts_at"},
		fields: []string{"title", "starts_at", "ends_at", "place", "with", "service", "status", "travel"}},
}

// importedRow says what became of a line, or would become.
type importedRow struct {
	Line   int                        `json:"line"`
	Status string                     `json:"status"` // new, there, bad; once written what Exchange said: applied, conflict, held, rejected
	Reason string                     `json:"reason,omitempty"`
	Record deltasync.RecordID         `json:"record,omitempty"`
	Person deltasync.RecordID         `json:"person,omitempty"`
	Worker string                     `json:"worker,omitempty"`
	Fields map[string]json.RawMessage `json:"fields,omitempty"`

	ops []*deltasync.Op
}

// importCSV reads a table, says what each row would come to, and unless it is a dry run writes those that can be. Twice the same changes
// nothing: ids follow from the team and what names the row.
func (s *Console) importCSV(c echo.Context) error {
	var req struct {
		CSV    string `json:"csv"`
		Kind   string `json:"kind"`
		DryRun bool   `json:"dry_run"`
	}
	if err := mobileapi.Decode(c, deltasync.MaxBody, &req); err != nil {
		return err
	}
	if mobileapi.ClientOf(c).Role != deltasync.Coordinator {
		return errRole
	}
	kind, ok := importKinds[req.Kind]
	if !ok {
		return &mobileapi.Refusal{Status: http.StatusBadRequest, Code: "malformed", Detail: "kind is to be people, contacts or appointments."}
	}
	table, err := readTable(req.CSV, kind)
	if err != nil {
		return err
	}
	s.importing.Lock()
	defer s.importing.Unlock()
	var rows []*importedRow
	err = s.read(c, "", func(tx *boltstore.Tx, who deltasync.Client) error {
		rows, err = kind.plan(tx, who, table)
		return err
	})
	if err != nil {
		return err
	}
	if !req.DryRun {
		if err := s.write(c.Request().Context(), mobileapi.ClientOf(c), rows); err != nil {
			return err
		}
	}
	counts := map[string]int{}
	for _, r := range rows {
		counts[r.Status]++
	}
	return c.JSON(http.StatusOK, map[string]any{"rows": rows, "counts": counts, "dry_run": req.DryRun})
}

// readTable reads the lines as maps by column. Excel's mark and semicolons are taken.
func readTable(text string, kind importKind) ([]map[string]string, error) {
	refuse := func(detail string) error {
		return &mobileapi.Refusal{Status: http.StatusUnprocessableEntity, Code: "table_refused", Detail: detail}
	}
	text = strings.TrimPrefix(text, "\ufeff")
	r := csv.NewReader(strings.NewReader(text))
	first, _, _ := strings.Cut(text, "\n")
	if strings.Count(first, ";") > strings.Count(first, ",") {
		r.Comma = ';'
	}
	r.FieldsPerRecord, r.TrimLeadingSpace = -1, true
	head, err := r.Read()
	if err != nil {
		return nil, refuse("The table has no first line with the names of its columns.")
	}
	for i := range head {
		head[i] = strings.ToLower(strings.TrimSpace(head[i]))
	}
	for _, need := range kind.needs {
		if !slices.Contains(head, need) {
			return nil, refuse("The first line lacks the column " + need + ".")
		}
	}
	var all []map[string]string
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, refuse("A line has quotes that do not end. Save the table as CSV in UTF-8 again.")
		}
		if len(all) == importRows {
			return nil, refuse("A table takes at most 5,000 rows. Split it.")
		}
		row := map[string]string{}
		for i, cell := range cells {
			if i < len(head) {
				row[head[i]] = strings.TrimSpace(cell)
			}
		}
		all = append(all, row)
	}
}

// plan says what each row comes to, and with which ops.
func (k importKind) plan(tx *boltstore.Tx, who deltasync.Client, table []map[string]string) ([]*importedRow, error) {
	workers, err := workersOf(tx, who)
	if err != nil {
		return nil, err
	}
	rows, taken := []*importedRow{}, map[deltasync.RecordID]bool{}
	for i, cells := range table {
		row := &importedRow{Line: i + 2, Status: "new"}
		rows = append(rows, row)
		if row.Reason = k.read(tx, who, row, cells, workers); row.Reason != "" {
			row.Status = "bad"
			continue
		}
		if taken[row.Record] {
			row.Status, row.Reason = "bad", "The same row stands above."
			continue
		}
		taken[row.Record] = true
		rec, err := tx.Record(row.Record)
		if err != nil {
			return nil, err
		}
		if rec != nil {
			row.Status, row.ops = "there", nil
			continue
		}
		if row.Person == row.Record {
			continue
		}
		ok, err := sees(tx, who, deltasync.PersonOf(row.Person))
		if err != nil {
			return nil, err
		}
		if !ok {
			row.Status, row.Reason = "bad", "There is no such person in your team. Import people first, with the same external_id."
		}
	}
	return rows, nil
}

// workersOf are the team's workers by id and by name; one of two who share a name is found by id only.
func workersOf(tx *boltstore.Tx, who deltasync.Client) (map[string]string, error) {
	all, shared := map[string]string{}, map[string]bool{}
	err := tx.Auth().Users(func(u auth.User) error {
		if u.Team == string(who.Team) && u.Role == auth.Worker && !u.Disabled {
			name := strings.ToLower(u.Name)
			shared[name] = shared[name] || all[name] != ""
			all[u.ID], all[name] = u.ID, u.ID
		}
		return nil
	})
	for name, twice := range shared {
		if twice {
			delete(all, name)
		}
	}
	return all, err
}

// importID is the id of what a row names, which nobody without the store's secret can foretell.
func importID(tx *boltstore.Tx, team deltasync.TeamID, names ...string) string {
	mac := hmac.New(sha256.New, tx.Secret())
	mac.Write([]byte("alongside import 1"))
	return deltasync.NamedID(append([]string{hex.EncodeToString(mac.Sum(nil)), string(team)}, names...)...)
}

// read makes a row's ops, or says what is wrong, in words without what was in it.
func (k importKind) read(tx *boltstore.Tx, who deltasync.Client, row *importedRow, cells map[string]string, workers map[string]string) string {
	for name, cell := range cells {
		if !utf8.ValidString(cell) {
			return "A cell is not UTF-8 text. Save the table as CSV in UTF-8."
		}
		if strings.HasSuffix(name, "_at") && cell != "" {
			at, err := time.Parse(time.RFC3339, cell)
			if err != nil {
				return name + " is to be a time with its zone, such as 2026-11-30T10:00:00Z."
			}
			cells[name] = at.UTC().Format(deltasync.TimeFormat)
		}
	}
	for _, need := range k.needs {
		if cells[need] == "" {
			return need + " is empty."
		}
	}
	row.Fields = map[string]json.RawMessage{}
	for _, f := range k.fields {
		if cells[f] != "" {
			row.Fields[f] = deltasync.AppendString(nil, cells[f])
		}
	}
	if k.kind == "appointment" && cells["status"] == "" {
		row.Fields["status"] = deltasync.AppendString(nil, "planned")
	}
	key := []string{k.kind}
	if id := cells["external_id"]; id != "" {
		key = append(key, "id", id)
	} else {
		for _, n := range k.names {
			key = append(key, cells[n])
		}
	}
	row.Record = deltasync.RecordID(importID(tx, who.Team, key...))
	row.Person = row.Record
	if k.kind != "person" {
		row.Person = deltasync.RecordID(cells["person"])
		if !deltasync.ValidUUID(cells["person"]) {
			row.Person = deltasync.RecordID(importID(tx, who.Team, "person", "id", cells["person"]))
		}
	}
	row.add(k.kind, row.Record, row.Fields)
	if cells["worker"] == "" || k.kind != "person" {
		return ""
	}
	if row.Worker = workers[cells["worker"]]; row.Worker == "" {
		row.Worker = workers[strings.ToLower(cells["worker"])]
	}
	if row.Worker == "" {
		return "There is no worker of that name or id in your team, or more than one."
	}
	row.add(deltasync.KindAssignment, deltasync.RecordID(importID(tx, who.Team, "assignment", string(row.Record), row.Worker)),
		map[string]json.RawMessage{"worker": deltasync.AppendString(nil, row.Worker), "part": deltasync.AppendString(nil, "lead")})
	return ""
}

// add puts an op into the row, whose ops take effect together.
func (r *importedRow) add(kind string, id deltasync.RecordID, set map[string]json.RawMessage) {
	names := []string{"import op", string(id)} // and what is written: a row that was put right is another op
	for _, f := range slices.Sorted(maps.Keys(set)) {
		names = append(names, f, string(set[f]))
	}
	for _, first := range r.ops {
		names = append(names, string(first.ID))
	}
	op := &deltasync.Op{ID: deltasync.OpID(deltasync.NamedID(names...)), Scope: deltasync.PersonOf(r.Person), Kind: kind, Record: id, Set: set}
	if len(r.ops) > 0 {
		op.Group = deltasync.NamedID("import group", string(r.ops[0].ID), string(op.ID))
		r.ops[0].Group = op.Group
	}
	r.ops = append(r.ops, op)
}

// write brings the rows in through Exchange, as whoever imports, some hundred ops at a time.
func (s *Console) write(ctx context.Context, who deltasync.Client, rows []*importedRow) error {
	var some []*importedRow
	ops, size := 0, 0
	flush := func() error {
		err := s.push(ctx, who, some)
		some, ops, size = nil, 0, 0
		return err
	}
	for _, r := range rows {
		if r.Status != "new" {
			continue
		}
		bytes := 0
		for _, v := range r.Fields {
			bytes += len(v) + 64
		}
		if ops+len(r.ops) > 400 || size+bytes > deltasync.MaxBody/2 {
			if err := flush(); err != nil {
				return err
			}
		}
		some, ops, size = append(some, r), ops+len(r.ops), size+bytes
	}
	return flush()
}

func (s *Console) push(ctx context.Context, who deltasync.Client, rows []*importedRow) error {
	if len(rows) == 0 {
		return nil
	}
	var n uint64
	err := s.Office.DB.Read(ctx, func(tx *boltstore.Tx) error {
		at, err := tx.Counter(who.ID)
		n = at.Through
		return err
	})
	if err != nil {
		return err
	}
	at := string(deltasync.AppendTime(nil, s.now()))
	req := &deltasync.Request{Schema: deltasync.Supported[0], MaxBytes: deltasync.MinPage}
	whose := map[uint64]*importedRow{}
	for _, r := range rows {
		for _, op := range r.ops {
			n++
			raw, err := json.Marshal(map[string]any{"n": n, "id": op.ID, "at": json.RawMessage(at), "scope": op.Scope, "kind": op.Kind,
				"record": op.Record, "base": 0, "set": op.Set, "group": op.Group})
			if err != nil {
				return err
			}
			if op.Group == "" {
				raw = []byte(strings.Replace(string(raw), `"group":"",`, "", 1))
			}
			req.Ops, whose[n] = append(req.Ops, raw), r
		}
	}
	req.LastN = n
	var acks acks
	if err := s.Office.Engine.Exchange(ctx, who, req, &acks); err != nil {
		return err
	}
	for _, result := range acks.results {
		r := whose[result.N]
		if r.Status == "new" || result.Status == deltasync.Rejected || result.Status == deltasync.Held {
			r.Status, r.Reason = string(result.Status), result.Detail
		}
	}
	return nil
}

// acks is a Sink of whoever wants to know what became of what was sent, and nothing else.
type acks struct{ results []deltasync.Result }

func (a *acks) Ack(_ uint64, results []deltasync.Result)                    { a.results = slices.Clone(results) }
func (a *acks) Scope(deltasync.Scope, deltasync.Version, deltasync.Mark)    {}
func (a *acks) Record(deltasync.Scope, deltasync.Version, deltasync.Change) {}
func (a *acks) Gone(deltasync.Scope, deltasync.Version, deltasync.Change)   {}
func (a *acks) Drop(deltasync.Scope, deltasync.Version)                     {}
func (a *acks) Page(deltasync.Page)                                         {}
func (a *acks) Size() int                                                   { return deltasync.MaxPage } // one record, and the page ends
