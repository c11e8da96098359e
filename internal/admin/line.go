package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"alongside/internal/reminder"
	deltasync "alongside/sync"
)

// Line has a live server do the commands.
type Line struct{ http *http.Client }

var _ Commands = (*Line)(nil)

// Call opens a line to the server on dir.
func Call(dir string) (*Line, error) {
	conn, err := dial(dir)
	if err != nil {
		return nil, err
	}
	_ = conn.Close()
	return &Line{&http.Client{Transport: &http.Transport{
		DialContext:       func(context.Context, string, string) (net.Conn, error) { return dial(dir) },
		DisableKeepAlives: true,
	}}}, nil
}

func (l *Line) AddTeam(ctx context.Context, name string) (string, error) {
	a, err := ask[ref](ctx, l, "/team", teamName{name})
	return a.ID, err
}

func (l *Line) AddUser(ctx context.Context, u NewUser) (string, error) {
	a, err := ask[ref](ctx, l, "/user", u)
	return a.ID, err
}

func (l *Line) DisableUser(ctx context.Context, user string) ([]Device, error) {
	a, err := ask[devices](ctx, l, "/user/disable", ref{user})
	return a.Devices, err
}

func (l *Line) Enrol(ctx context.Context, user string) (Invitation, error) {
	return ask[Invitation](ctx, l, "/enrol", ref{user})
}

func (l *Line) Devices(ctx context.Context) ([]Device, error) {
	a, err := ask[devices](ctx, l, "/device/list", nothing{})
	return a.Devices, err
}

func (l *Line) Revoke(ctx context.Context, client string) ([]Device, error) {
	a, err := ask[devices](ctx, l, "/device/revoke", ref{client})
	return a.Devices, err
}

func (l *Line) Report(ctx context.Context, client string) (Report, error) {
	return ask[Report](ctx, l, "/device/report", ref{client})
}

func (l *Line) PersonLink(ctx context.Context, person string, anew bool) (Link, error) {
	return ask[Link](ctx, l, "/person/link", personLink{person, anew})
}

func (l *Line) Erase(ctx context.Context, person string) (Erasure, error) {
	return ask[Erasure](ctx, l, "/erase", ref{person})
}

func (l *Line) Retention(ctx context.Context, before time.Time) ([]Retained, error) {
	a, err := ask[retained](ctx, l, "/retention", since{before})
	return a.People, err
}

func (l *Line) Reminders(ctx context.Context, since time.Time, zone *time.Location) ([]reminder.Row, error) {
	a, err := ask[weeks](ctx, l, "/reminders", weeksSince{since, zone.String()})
	return a.Weeks, err
}

func (l *Line) Hold(ctx context.Context, person, reason string) error {
	_, err := ask[nothing](ctx, l, "/retention/hold", onHold{person, reason})
	return err
}

func (l *Line) Release(ctx context.Context, person string) error {
	_, err := ask[nothing](ctx, l, "/retention/release", ref{person})
	return err
}

// Status says that the server runs, since it has answered.
func (l *Line) Status(ctx context.Context) (Status, error) {
	s, err := ask[Status](ctx, l, "/status", nothing{})
	s.Running = err == nil
	return s, err
}

func (l *Line) BackedUp(ctx context.Context, head deltasync.Version) error {
	_, err := ask[nothing](ctx, l, "/backup/done", backedUp{head})
	return err
}

func (l *Line) Backup(ctx context.Context, w io.Writer, progress func(done, all int64)) (deltasync.Version, error) {
	r, err := l.post(ctx, "/backup", nothing{})
	if err != nil {
		return 0, err
	}
	defer r.Body.Close()
	if progress != nil {
		all, _ := strconv.ParseInt(r.Header.Get(headSize), 10, 64)
		w = &counted{w: w, all: all, progress: progress}
	}
	if _, err := io.Copy(w, r.Body); err != nil {
		return 0, err
	}
	if why := r.Trailer.Get(trailError); why != "" {
		return 0, errors.New(why)
	}
	head, err := strconv.ParseUint(r.Trailer.Get(trailHead), 10, 64)
	if err != nil {
		return 0, errors.New("the server did not finish the backup")
	}
	return deltasync.Version(head), nil
}

// counted tells how much has been written.
type counted struct {
	w         io.Writer
	done, all int64
	progress  func(done, all int64)
}

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.done += int64(n)
	c.progress(c.done, c.all)
	return n, err
}

func (l *Line) Check(ctx context.Context, report func(fault string)) error {
	r, err := l.post(ctx, "/check", nothing{})
	if err != nil {
		return err
	}
	defer r.Body.Close()
	for lines := json.NewDecoder(r.Body); ; {
		var f finding
		switch err := lines.Decode(&f); {
		case err != nil:
			return fmt.Errorf("the server did not finish the check: %w", err)
		case f.End && f.Error != "":
			return errors.New(f.Error)
		case f.End:
			return nil
		}
		report(f.Fault)
	}
}

func ask[A any](ctx context.Context, l *Line, path string, q any) (a A, err error) {
	r, err := l.post(ctx, path, q)
	if err != nil {
		return a, err
	}
	defer r.Body.Close()
	return a, json.NewDecoder(r.Body).Decode(&a)
}

// post gives the answer of a command that went well.
func (l *Line) post(ctx context.Context, path string, q any) (*http.Response, error) {
	body, err := json.Marshal(q)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://office"+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r, err := l.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("the server stopped while it was asked: %w", errors.Unwrap(err))
	}
	if r.StatusCode == http.StatusOK {
		return r, nil
	}
	defer r.Body.Close()
	var f failure
	if err := json.NewDecoder(r.Body).Decode(&f); err != nil || f.Error == "" {
		return nil, fmt.Errorf("the server answered %s; is it of another version?", r.Status)
	}
	if r.StatusCode == http.StatusUnprocessableEntity {
		return nil, &ValueError{f.Error}
	}
	return nil, errors.New(f.Error)
}
