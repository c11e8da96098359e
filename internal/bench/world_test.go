package bench

import (
	"fmt"
	"strconv"
	"testing"
)

// world is one server with the people who use it.
type world struct {
	size
	tb      testing.TB
	server  *server
	limits  limits
	team    string
	phones  []*phone // one of each worker
	records int      // written so far
}

// tokens is what a device gets on coming in.
type tokens struct {
	Access string `json:"access_token"`
}

func newWorld(tb testing.TB, s size, l limits) (*world, error) {
	srv, err := start(tb)
	if err != nil {
		return nil, err
	}
	w := &world{size: s, tb: tb, server: srv, limits: l}
	if w.team, err = srv.newTeam("Bench"); err == nil {
		w.phones, err = srv.workers(w.team, "Worker", s.clients)
	}
	if err != nil {
		srv.stop()
		return nil, err
	}
	return w, nil
}

func (s *server) newTeam(name string) (string, error) {
	var team struct {
		ID string `json:"team_id"`
	}
	err := s.command(&team, "team", "add", name)
	return team.ID, err
}

// workers makes some, and a phone for each.
func (s *server) workers(team, name string, n int) ([]*phone, error) {
	var phones []*phone
	for i := range n {
		p, err := s.enrolled(team, name+" "+strconv.Itoa(i), "worker")
		if err != nil {
			return nil, err
		}
		phones = append(phones, p)
	}
	return phones, nil
}

// enrolled makes a user, and a phone for them.
func (s *server) enrolled(team, name, role string) (*phone, error) {
	var user struct {
		ID string `json:"user_id"`
	}
	if err := s.command(&user, "user", "add", "--name", name, "--role", role, "--team", team); err != nil {
		return nil, err
	}
	var in struct {
		Code string `json:"code"`
	}
	if err := s.command(&in, "enrol", user.ID); err != nil {
		return nil, err
	}
	var t tokens
	err := s.post("/v1/enrol", "", fmt.Sprintf(`{"code":%q,"device":{"name":"bench","platform":"bench"}}`, in.Code), &t)
	return &phone{server: s, user: user.ID, token: t.Access}, err
}

// another is a fresh client of the same worker, who knows the same people.
func (p *phone) another() (*phone, error) {
	var t tokens
	err := p.server.post("/v1/client", p.token, "{}", &t)
	return &phone{server: p.server, user: p.user, token: t.Access, people: p.people}, err
}

// others is n fresh clients of workers, in turn, each brought up to the head.
func others(of []*phone, n int) ([]*phone, error) {
	var all []*phone
	for i := range n {
		p, err := of[i%len(of)].another()
		if err == nil {
			_, err = p.pull("gzip")
		}
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}
