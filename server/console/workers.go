package console

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"alongside/internal/admin"
	"alongside/internal/auth"
	"alongside/internal/boltstore"
	mobileapi "alongside/mobile-api"
	deltasync "alongside/sync"
)

type (
	worker struct {
		ID       string       `json:"id"`
		Name     string       `json:"name"`
		Role     string       `json:"role"`
		Team     string       `json:"team"`
		Disabled bool         `json:"disabled,omitempty"`
		People   int          `json:"people"`
		Held     int          `json:"held"`
		Rejected int          `json:"rejected"`
		Devices  []deviceSeen `json:"devices"`
	}
	deviceSeen struct {
		Client   string     `json:"client_id"`
		Name     string     `json:"name"`
		Platform string     `json:"platform"`
		Created  time.Time  `json:"created"`
		LastSeen time.Time  `json:"last_seen"`
		Build    string     `json:"build,omitempty"`
		Revoked  *time.Time `json:"revoked,omitempty"`
		Expires  *time.Time `json:"expires,omitempty"`
		Through  uint64     `json:"through"` // the last entry of it that is here
		Pulled   *time.Time `json:"last_pull_at"`
	}
)

// keeps reports whether somebody at a desk may change what a user may do: an admin everybody's, a coordinator that of the team's workers.
func keeps(who deltasync.Client, u auth.User) bool {
	return who.Role == deltasync.Admin || who.Role == deltasync.Coordinator && u.Team == string(who.Team) && u.Role == auth.Worker
}

// looks reports whether they may know of a user's devices: those of the team, and their own.
func looks(who deltasync.Client, u auth.User) bool {
	return who.Role == deltasync.Admin || u.Team == string(who.Team)
}

// workers are the team's people who work, each with their devices; for an admin those of all teams.
func (s *Console) workers(c echo.Context) error {
	var all []worker
	err := s.read(c, "", func(tx *boltstore.Tx, who deltasync.Client) error {
		all = []worker{}
		open, err := waiting(tx, who)
		if err != nil {
			return err
		}
		byUser, err := devicesByUser(tx, s.API)
		if err != nil {
			return err
		}
		return tx.Auth().Users(func(u auth.User) error {
			if !looks(who, u) {
				return nil
			}
			w := worker{ID: u.ID, Name: u.Name, Role: string(u.Role), Team: u.Team, Disabled: u.Disabled, Held: open[u.ID].held, Rejected: open[u.ID].rejected,
				Devices: byUser[u.ID]}
			if w.Devices == nil {
				w.Devices = []deviceSeen{}
			}
			if u.Role == auth.Worker {
				for _, p := range (deltasync.Client{User: deltasync.UserID(u.ID), Role: deltasync.Worker}).Principals() {
					if err := tx.Granted(p, func(deltasync.Scope, deltasync.Version) bool { w.People++; return true }); err != nil {
						return err
					}
				}
			}
			all = append(all, w)
			return nil
		})
	})
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b worker) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return c.JSON(http.StatusOK, map[string]any{"workers": all})
}

type openCount struct{ held, rejected int }

// waiting counts what of each user's work waits for a decision, as the team's coordinators see it.
func waiting(tx *boltstore.Tx, who deltasync.Client) (map[string]openCount, error) {
	open := map[string]openCount{}
	if who.Role != deltasync.Coordinator {
		return open, nil
	}
	var ids []deltasync.RecordID
	err := tx.Changes(deltasync.CoordinationOf(who.Team), 0, func(ch deltasync.Change) bool {
		if ch.Kind == deltasync.KindHeld && !ch.Gone {
			ids = append(ids, ch.ID)
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		rec, err := tx.Record(id)
		if err != nil {
			return nil, err
		}
		if rec == nil || rec.Text("settled") != "" {
			continue
		}
		n := open[rec.Text("user")]
		if rec.Text("status") == string(deltasync.Rejected) {
			n.rejected++
		} else {
			n.held++
		}
		open[rec.Text("user")] = n
	}
	return open, nil
}

func devicesByUser(tx *boltstore.Tx, api *mobileapi.API) (map[string][]deviceSeen, error) {
	by := map[string][]deviceSeen{}
	err := tx.Auth().Clients(func(cl auth.Client) error {
		if cl.Session != "" { // a desk, which keeps nothing
			return nil
		}
		d := deviceSeen{Client: cl.ID, Name: cl.Device.Name, Platform: cl.Device.Platform, Created: cl.Created, LastSeen: cl.Created,
			Build: api.Build(deltasync.ClientID(cl.ID)), Revoked: cl.Revoked, Expires: cl.Expires}
		f, ok, err := tx.Auth().Family(cl.Family)
		if err != nil {
			return err
		}
		if ok && f.Issued.After(d.LastSeen) {
			d.LastSeen = f.Issued
		}
		n, err := tx.Counter(deltasync.ClientID(cl.ID))
		if err != nil {
			return err
		}
		stand, _, err := tx.Stand(deltasync.ClientID(cl.ID))
		if err != nil {
			return err
		}
		if d.Through, d.Pulled = n.Through, stand.Time(); d.Pulled != nil && d.Pulled.After(d.LastSeen) {
			d.LastSeen = *d.Pulled
		}
		by[cl.User] = append(by[cl.User], d)
		return nil
	})
	for _, some := range by {
		slices.SortFunc(some, func(a, b deviceSeen) int {
			return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.Client, b.Client))
		})
	}
	return by, err
}

// subject gives a user, if whoever asks may do with them as allowed says; else errUnseen, as of one that does not exist.
func (s *Console) subject(c echo.Context, user string, allowed func(deltasync.Client, auth.User) bool) (u auth.User, err error) {
	err = s.read(c, "", func(tx *boltstore.Tx, who deltasync.Client) error {
		var ok bool
		if u, ok, err = tx.Auth().User(user); err == nil && (!ok || !allowed(who, u)) {
			err = errUnseen
		}
		return err
	})
	return u, err
}

func (s *Console) ownerOf(c echo.Context, client string, allowed func(deltasync.Client, auth.User) bool) error {
	owner := ""
	err := s.read(c, "", func(tx *boltstore.Tx, _ deltasync.Client) error {
		cl, _, err := tx.Auth().Client(client)
		owner = cl.User
		return err
	})
	if err != nil {
		return err
	}
	_, err = s.subject(c, owner, allowed)
	return err
}

// report says whose data a device may hold. Of people whom whoever asks may not see, it gives the number.
func (s *Console) report(c echo.Context) error {
	if err := s.ownerOf(c, c.Param("id"), looks); err != nil {
		return err
	}
	r, err := s.Office.Report(c.Request().Context(), c.Param("id"))
	if err != nil {
		return err
	}
	told := struct {
		admin.Report
		Others int `json:"others"`
	}{Report: r}
	err = s.read(c, "", func(tx *boltstore.Tx, who deltasync.Client) error {
		told.Others = 0
		only := func(ids []deltasync.RecordID) ([]deltasync.RecordID, error) {
			mine := []deltasync.RecordID{}
			for _, id := range ids {
				ok, err := sees(tx, who, deltasync.PersonOf(id))
				if err != nil {
					return nil, err
				}
				if ok {
					mine = append(mine, id)
				} else {
					told.Others++
				}
			}
			return mine, nil
		}
		if told.People, err = only(r.People); err != nil {
			return err
		}
		more := told.Others
		told.Dropped, err = only(r.Dropped)
		told.Others = more
		return err
	})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, told)
}

func (s *Console) revoke(c echo.Context) error {
	if err := s.ownerOf(c, c.Param("id"), keeps); err != nil {
		return err
	}
	off, err := s.Office.Revoke(c.Request().Context(), c.Param("id"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]any{"devices": off})
}

// invite makes a code. One that opens a desk could also confirm who somebody is, so it needs that itself.
func (s *Console) invite(c echo.Context) error {
	u, err := s.subject(c, c.Param("id"), keeps)
	if err != nil {
		return err
	}
	if u.Role != auth.Worker {
		if err := s.fresh(c); err != nil {
			return err
		}
	}
	i, err := s.Office.Enrol(c.Request().Context(), u.ID)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, i)
}

func (s *Console) disable(c echo.Context) error {
	u, err := s.subject(c, c.Param("id"), keeps)
	if err != nil {
		return err
	}
	if u.ID == deskOf(c).User.ID {
		return &mobileapi.Refusal{Status: http.StatusConflict, Code: "own_account", Detail: "Nobody closes their own account. Ask another admin."}
	}
	off, err := s.Office.DisableUser(c.Request().Context(), u.ID)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]any{"devices": off})
}

func (s *Console) addUser(c echo.Context) error {
	var req admin.NewUser
	if err := mobileapi.Decode(c, small, &req); err != nil {
		return err
	}
	who := mobileapi.ClientOf(c)
	if req.Team == "" {
		req.Team = string(who.Team)
	}
	if req.Role == "" {
		req.Role = auth.Worker
	}
	if !keeps(who, auth.User{Role: req.Role, Team: req.Team}) {
		return errRole
	}
	id, err := s.Office.AddUser(c.Request().Context(), req)
	if err != nil {
		return valued(err)
	}
	return c.JSON(http.StatusCreated, map[string]string{"user_id": id})
}

func (s *Console) addTeam(c echo.Context) error {
	var req struct {
		Name string `json:"name"`
	}
	if err := mobileapi.Decode(c, small, &req); err != nil {
		return err
	}
	if mobileapi.ClientOf(c).Role != deltasync.Admin {
		return errRole
	}
	id, err := s.Office.AddTeam(c.Request().Context(), req.Name)
	if err != nil {
		return valued(err)
	}
	return c.JSON(http.StatusCreated, map[string]string{"team_id": id})
}

// valued tells what is wrong with a value, in words that hold nothing of it.
func valued(err error) error {
	var value *admin.ValueError
	if errors.As(err, &value) || errors.Is(err, admin.ErrNoTeam) {
		return &mobileapi.Refusal{Status: http.StatusUnprocessableEntity, Code: "value_refused",
			Detail: "A name is one line of 1 to 200 characters, the role is worker, coordinator or admin, and the team exists."}
	}
	return err
}

// backup says when the last one was made.
func (s *Console) backup(c echo.Context) error {
	var told struct {
		At  *time.Time `json:"last_at"`
		Age *int64     `json:"age_seconds"`
	}
	if b := s.Office.DB.Stats().Backup; !b.At.IsZero() {
		age := int64(s.now().Sub(b.At).Seconds())
		told.At, told.Age = &b.At, &age
	}
	return c.JSON(http.StatusOK, told)
}
