package admin

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"alongside/internal/boltstore"
	"alongside/internal/reminder"
	deltasync "alongside/sync"
)

// What goes over the socket. A failure is an answer with an error; a value that cannot be used has its own status.
type (
	teamName struct {
		Name string `json:"name"`
	}
	ref struct {
		ID string `json:"id"`
	}
	personLink struct {
		ID  string `json:"id"`
		New bool   `json:"new,omitempty"`
	}
	devices struct {
		Devices []Device `json:"devices"`
	}
	since struct {
		Before time.Time `json:"before"`
	}
	retained struct {
		People []Retained `json:"people"`
	}
	weeksSince struct {
		Since time.Time `json:"since"`
		Zone  string    `json:"zone"`
	}
	weeks struct {
		Weeks []reminder.Row `json:"weeks"`
	}
	onHold struct {
		ID     string `json:"id"`
		Reason string `json:"reason"`
	}
	backedUp struct {
		Head deltasync.Version `json:"head"`
	}
	finding struct { // a line of a check; the last one says that it is
		Fault string `json:"fault,omitempty"`
		Error string `json:"error,omitempty"`
		End   bool   `json:"end,omitempty"`
	}
	failure struct {
		Error string `json:"error"`
	}
	nothing struct{}
)

const (
	trailHead  = "Alongside-Head"  // trailer of a backup: what it holds
	trailError = "Alongside-Error" // trailer of a backup: why it was cut short
	headSize   = "Alongside-Size"  // header of a backup: its bytes at most
)

// Desk lets a Line have o do the commands.
func Desk(o Commands) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /team", answer(func(ctx context.Context, q teamName) (ref, error) {
		id, err := o.AddTeam(ctx, q.Name)
		return ref{id}, err
	}))
	mux.Handle("POST /user", answer(func(ctx context.Context, q NewUser) (ref, error) {
		id, err := o.AddUser(ctx, q)
		return ref{id}, err
	}))
	mux.Handle("POST /user/disable", answer(func(ctx context.Context, q ref) (devices, error) {
		off, err := o.DisableUser(ctx, q.ID)
		return devices{off}, err
	}))
	mux.Handle("POST /enrol", answer(func(ctx context.Context, q ref) (Invitation, error) {
		return o.Enrol(ctx, q.ID)
	}))
	mux.Handle("POST /device/list", answer(func(ctx context.Context, _ nothing) (devices, error) {
		all, err := o.Devices(ctx)
		return devices{all}, err
	}))
	mux.Handle("POST /device/revoke", answer(func(ctx context.Context, q ref) (devices, error) {
		off, err := o.Revoke(ctx, q.ID)
		return devices{off}, err
	}))
	mux.Handle("POST /device/report", answer(func(ctx context.Context, q ref) (Report, error) {
		return o.Report(ctx, q.ID)
	}))
	mux.Handle("POST /person/link", answer(func(ctx context.Context, q personLink) (Link, error) {
		return o.PersonLink(ctx, q.ID, q.New)
	}))
	mux.Handle("POST /erase", answer(func(ctx context.Context, q ref) (Erasure, error) {
		return o.Erase(ctx, q.ID)
	}))
	mux.Handle("POST /retention", answer(func(ctx context.Context, q since) (retained, error) {
		people, err := o.Retention(ctx, q.Before)
		return retained{people}, err
	}))
	mux.Handle("POST /reminders", answer(func(ctx context.Context, q weeksSince) (weeks, error) {
		zone, err := time.LoadLocation(q.Zone)
		if err != nil {
			return weeks{}, &ValueError{"the server does not know the time zone " + strconv.Quote(q.Zone)}
		}
		rows, err := o.Reminders(ctx, q.Since, zone)
		return weeks{rows}, err
	}))
	mux.Handle("POST /retention/hold", answer(func(ctx context.Context, q onHold) (nothing, error) {
		return nothing{}, o.Hold(ctx, q.ID, q.Reason)
	}))
	mux.Handle("POST /retention/release", answer(func(ctx context.Context, q ref) (nothing, error) {
		return nothing{}, o.Release(ctx, q.ID)
	}))
	mux.Handle("POST /status", answer(func(ctx context.Context, _ nothing) (Status, error) {
		return o.Status(ctx)
	}))
	mux.Handle("POST /backup/done", answer(func(ctx context.Context, q backedUp) (nothing, error) {
		return nothing{}, o.BackedUp(ctx, q.Head)
	}))
	mux.HandleFunc("POST /backup", func(w http.ResponseWriter, r *http.Request) { stream(o, w, r) })
	mux.HandleFunc("POST /check", func(w http.ResponseWriter, r *http.Request) { check(o, w, r) })
	return mux
}

// answer is one command as a route.
func answer[Q, A any](do func(context.Context, Q) (A, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q Q
		err := json.NewDecoder(io.LimitReader(r.Body, 1<<20)).Decode(&q)
		var a A
		if err == nil {
			a, err = do(r.Context(), q)
		}
		w.Header().Set("Content-Type", "application/json")
		if err != nil {
			w.WriteHeader(status(err))
			_ = json.NewEncoder(w).Encode(failure{err.Error()})
			return
		}
		_ = json.NewEncoder(w).Encode(a)
	})
}

func status(err error) int {
	var value *ValueError
	switch {
	case errors.As(err, &value):
		return http.StatusUnprocessableEntity
	case errors.Is(err, boltstore.ErrDamaged), errors.Is(err, boltstore.ErrSuspect):
		return http.StatusServiceUnavailable
	}
	return http.StatusConflict
}

// stream sends a backup. What it holds goes after it, so that the reader can tell a whole one.
func stream(o Commands, w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Trailer", trailHead+", "+trailError)
	w.Header().Set("Content-Type", "application/octet-stream")
	sized := false
	head, err := o.Backup(r.Context(), w, func(_, all int64) {
		if !sized {
			sized = true
			w.Header().Set(headSize, strconv.FormatInt(all, 10))
		}
	})
	if err != nil {
		w.Header().Set(trailError, err.Error())
		return
	}
	w.Header().Set(trailHead, strconv.FormatUint(uint64(head), 10))
}

func check(o Commands, w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/x-ndjson")
	lines := json.NewEncoder(w)
	err := o.Check(r.Context(), func(fault string) { _ = lines.Encode(finding{Fault: fault}) })
	last := finding{End: true}
	if err != nil {
		last.Error = err.Error()
	}
	_ = lines.Encode(last)
}
