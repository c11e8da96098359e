package console

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"alongside/internal/auth"
	"alongside/internal/boltstore"
	mobileapi "alongside/mobile-api"
	deltasync "alongside/sync"
)

const (
	auditMost = 500
	auditScan = 50_000 // entries that one page looks at
)

// event is one entry of the log, without what was written.
type event struct {
	Version deltasync.Version  `json:"version"`
	At      time.Time          `json:"at"`
	What    string             `json:"what"` // access_begun, access_ended, change, sign_in, sign_out, device_enrolled, device_cut_off, account, passkey
	User    string             `json:"user,omitempty"`
	Name    string             `json:"user_name,omitempty"`
	Device  string             `json:"device,omitempty"`
	Person  string             `json:"person,omitempty"`
	Kind    string             `json:"kind,omitempty"`
	Record  deltasync.RecordID `json:"record,omitempty"`
	Fields  []string           `json:"fields,omitempty"`
	Status  deltasync.Status   `json:"status,omitempty"`
}

type pulled struct {
	Client string     `json:"client_id"`
	User   string     `json:"user"`
	Name   string     `json:"user_name"`
	Device string     `json:"device"`
	At     *time.Time `json:"last_pull_at"`
}

// chain remembers the log's sum, so that only what came since is read. The zero value is ready.
type chain struct {
	mu    sync.Mutex
	epoch string
	at    boltstore.LogHash
}

// head brings the sum up to the log's end, some entries a transaction.
func (h *chain) head(ctx context.Context, db *boltstore.DB) (sum boltstore.LogHash, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for done := false; !done && err == nil; {
		err = db.Read(ctx, func(tx *boltstore.Tx) error {
			if id := tx.Epoch().ID; h.epoch != id {
				h.epoch, h.at = id, boltstore.LogHash{}
			}
			next, err := h.at.Extend(tx, auditScan)
			if err == nil {
				h.at, done = next, next.Head == tx.Head()
			}
			return err
		})
	}
	return h.at, err
}

// auditor tells events that whoever asks may know of.
type auditor struct {
	tx           *boltstore.Tx
	who          deltasync.Client
	names        names
	seen         map[deltasync.Scope]bool
	person, user string
}

// audit is the log from an entry on: who could see whom, and who changed what.
func (s *Console) audit(c echo.Context) error {
	export := c.QueryParam("export") == "csv"
	if export {
		if err := s.fresh(c); err != nil {
			return err
		}
	}
	after, err := number(c.QueryParam("after"))
	limit, err2 := number(c.QueryParam("limit"))
	if err != nil || err2 != nil {
		return &mobileapi.Refusal{Status: http.StatusBadRequest, Code: "malformed", Detail: "after and limit are to be whole numbers."}
	}
	if limit == 0 || limit > auditMost {
		limit = auditMost
	}
	person := c.QueryParam("person")
	var told struct {
		Events   []event           `json:"events"`
		Pulls    []pulled          `json:"pulls"`
		Next     deltasync.Version `json:"next"` // after which to ask again
		Complete bool              `json:"complete"`
		Head     deltasync.Version `json:"head"`
		HeadHash string            `json:"head_hash"`
	}
	err = s.read(c, person, func(tx *boltstore.Tx, who deltasync.Client) error {
		told.Events, told.Complete, told.Next = []event{}, true, deltasync.Version(after)
		a := &auditor{tx: tx, who: who, names: names{tx: tx}, seen: map[deltasync.Scope]bool{}, person: person, user: c.QueryParam("user")}
		var some []deltasync.Entry
		err := tx.Entries(deltasync.Version(after), func(e deltasync.Entry) bool {
			some = append(some, e)
			return len(some) < auditScan
		})
		if err != nil {
			return err
		}
		for _, e := range some {
			if len(told.Events) == int(limit) {
				told.Complete = false
				break
			}
			told.Next = e.Version
			if one, ok, err := a.event(e); err != nil {
				return err
			} else if ok {
				told.Events = append(told.Events, one)
			}
		}
		told.Complete = told.Complete && len(some) < auditScan
		told.Pulls, err = a.pulls()
		return err
	})
	if err != nil {
		return err
	}
	if export {
		rows := [][]string{{"version", "at", "what", "user", "name", "device", "person", "kind", "record", "fields", "status"}}
		for _, e := range told.Events {
			rows = append(rows, []string{strconv.FormatUint(uint64(e.Version), 10), e.At.Format(time.RFC3339), e.What, e.User, e.Name, e.Device, e.Person,
				e.Kind, string(e.Record), strings.Join(e.Fields, " "), string(e.Status)})
		}
		return sendCSV(c, "audit", rows)
	}
	sum, err := s.log.head(c.Request().Context(), s.Office.DB)
	if err != nil {
		return err
	}
	told.Head, told.HeadHash = sum.Head, sum.String()
	return c.JSON(http.StatusOK, told)
}

func number(text string) (uint64, error) {
	if text == "" {
		return 0, nil
	}
	return strconv.ParseUint(text, 10, 53)
}

func (a *auditor) maySee(sc deltasync.Scope) (bool, error) {
	if sc.Family() != deltasync.PersonScope {
		own := sc == deltasync.TeamOf(a.who.Team) || sc == deltasync.UserOf(a.who.User) || sc == deltasync.CoordinationOf(a.who.Team) && a.who.Role == deltasync.Coordinator
		return own, nil
	}
	may, known := a.seen[sc]
	if known {
		return may, nil
	}
	may, err := sees(a.tx, a.who, sc)
	a.seen[sc] = may
	return may, err
}

// event tells of an entry; not ok: it is none of theirs, or not asked for.
func (a *auditor) event(e deltasync.Entry) (event, bool, error) {
	one := event{Version: e.Version, At: e.At}
	switch {
	case e.Op != nil:
		return a.change(one, e)
	case e.Grant != nil:
		one.What = "access_begun"
		if e.Grant.End {
			one.What = "access_ended"
		}
		one.Person = e.Grant.Scope.ID()
		one.User, _ = strings.CutPrefix(string(e.Grant.Principal), "u:")
		may, err := a.maySee(e.Grant.Scope)
		if err != nil || !may || !a.asked(one) {
			return one, false, err
		}
		one.Name, err = a.names.user(one.User)
		return one, true, err
	}
	return a.account(one, e)
}

func (a *auditor) asked(one event) bool {
	return (a.person == "" || one.Person == a.person) && (a.user == "" || one.User == a.user)
}

func (a *auditor) change(one event, e deltasync.Entry) (event, bool, error) {
	one.What, one.User, one.Kind, one.Record, one.Status = "change", string(e.Op.User), e.Op.Kind, e.Op.Record, e.Op.Status
	if e.Op.Scope.Family() == deltasync.PersonScope {
		one.Person = e.Op.Scope.ID()
	}
	may, err := a.maySee(e.Op.Scope)
	if err != nil || !may || !a.asked(one) {
		return one, false, err
	}
	if op, err := deltasync.ParseOp(e.Op.Payload()); err == nil {
		one.Fields = slices.Concat(slices.Sorted(maps.Keys(op.Set)), slices.Sorted(maps.Keys(op.Add)), slices.Sorted(maps.Keys(op.Remove)))
		if op.Delete {
			one.Fields = append(one.Fields, "deleted")
		}
	}
	if one.Name, err = a.names.user(one.User); err == nil {
		one.Device, err = a.names.device(string(e.Op.Client))
	}
	return one, err == nil, err
}

// account tells of sign-ins, devices and accounts, of which no secret stands in what it says.
func (a *auditor) account(one event, e deltasync.Entry) (event, bool, error) {
	var row struct {
		ID        string     `json:"id"`
		User      string     `json:"user"`
		Client    string     `json:"client"`
		Created   time.Time  `json:"created"`
		Seen      time.Time  `json:"seen"`
		SteppedUp time.Time  `json:"stepped_up"`
		Ended     *time.Time `json:"ended"`
		Revoked   *time.Time `json:"revoked"`
		Used      time.Time  `json:"used"`
		By        string     `json:"by"`
	}
	switch e.Type {
	case "session", "client", "user", "passkey":
		if json.Unmarshal(e.Fact, &row) != nil {
			return one, false, nil
		}
	default:
		return one, false, nil
	}
	one.User = row.User
	switch {
	case e.Type == "user":
		one.What, one.User = "account", row.ID
	case e.Type == "passkey" && row.Used.Equal(row.Created):
		one.What = "passkey"
	case e.Type == "session" && row.By == feedKind:
		one.What = "calendar"
	case e.Type == "session" && row.Ended != nil:
		one.What = "sign_out"
	case e.Type == "session" && row.Seen.Equal(row.Created) && row.SteppedUp.Equal(row.Created):
		one.What = "sign_in"
	case e.Type == "session" && row.SteppedUp.After(row.Seen):
		one.What = "step_up"
	case e.Type == "client" && row.Revoked != nil:
		one.What = "device_cut_off"
	case e.Type == "client":
		one.What = "device_enrolled"
	default:
		return one, false, nil
	}
	u, ok, err := a.tx.Auth().User(one.User)
	if err != nil || !ok || !looks(a.who, u) || !a.asked(one) {
		return one, false, err
	}
	one.Name = u.Name
	device := row.Client
	if e.Type == "client" {
		device = row.ID
	}
	one.Device, err = a.names.device(device)
	return one, err == nil, err
}

func (a *auditor) pulls() ([]pulled, error) {
	all := []pulled{}
	err := a.tx.Auth().Clients(func(cl auth.Client) error {
		u, ok, err := a.tx.Auth().User(cl.User)
		if err != nil || !ok || !looks(a.who, u) || cl.Session != "" || a.user != "" && a.user != u.ID {
			return err
		}
		stand, _, err := a.tx.Stand(deltasync.ClientID(cl.ID))
		all = append(all, pulled{cl.ID, u.ID, u.Name, cl.Device.Name, stand.Time()})
		return err
	})
	return all, err
}
