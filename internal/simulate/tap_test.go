package simulate

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"

	deltasync "alongside/sync"
)

// maySee says whom a phone's user may see at this moment, worked out from the records themselves.
func (s *Story) maySee(p *phone) map[string]bool {
	sees := map[string]bool{}
	s.mu.Lock()
	people := slices.Clone(s.people)
	s.mu.Unlock()
	now := s.now()
	for _, person := range people {
		sees[person] = s.MaySeeAt(s.Users[p.user], s.Scope(person), now)
	}
	return sees
}

// frame is a line of an answer, as far as it is looked at here.
type frame struct {
	Frame   string          `json:"frame"`
	Scope   deltasync.Scope `json:"scope"`
	Epoch   string          `json:"epoch"`
	Head    uint64          `json:"head"`
	Through uint64          `json:"through"`
	Done    bool            `json:"complete"`
	Results []struct {
		N      uint64         `json:"n"`
		ID     deltasync.OpID `json:"id"`
		Status string         `json:"status"`
	} `json:"results"`
}

// tap looks at an answer before its phone does, of which so many bytes arrive there. SawBefore is whom the phone might see when it asked.
func (s *Story) tap(p *phone, req *http.Request, body []byte, res *http.Response, raw []byte, arrives int, sawBefore map[string]bool) {
	if req.Header.Get("Content-Encoding") == "gzip" {
		if z, err := gzip.NewReader(bytes.NewReader(body)); err == nil {
			body, _ = io.ReadAll(z) // a torn one does not get here
		}
	}
	s.looks(p, res.StatusCode, raw, sawBefore)
	ops := opsIn(body)
	st, _ := p.State() // one that is being closed says nothing, and asks no more
	s.mu.Lock()
	defer s.mu.Unlock()
	if st.Client != p.client { // one that comes in anew has seen nothing yet
		p.client, p.epoch, p.head = st.Client, "", 0
	}
	end := 0
	for _, line := range bytes.Split(raw, []byte{'\n'}) {
		end += len(line) + 1
		var f frame
		if json.Unmarshal(line, &f) == nil && end <= arrives {
			s.hears(p, f, ops)
		}
	}
	if res.StatusCode == http.StatusOK && strings.HasSuffix(req.URL.Path, "/sync") && len(ops) > 0 && len(p.sent) < 8 {
		p.sent = append(p.sent, sent{token: req.Header.Get("Authorization"), body: body, status: res.StatusCode, ack: firstLine(raw), world: s.world})
	}
}

// looks holds that an answer has nothing of whom its phone might see neither when it asked nor now.
func (s *Story) looks(p *phone, status int, raw []byte, sawBefore map[string]bool) {
	sawAfter := s.maySee(p)
	s.mu.Lock()
	defer s.mu.Unlock()
	coordinator := s.Users[p.user].Role == deltasync.Coordinator
	for _, line := range bytes.Split(raw, []byte{'\n'}) {
		var f frame
		_ = json.Unmarshal(line, &f) // what has another form is looked at too
		for _, person := range s.people {
			if sawBefore[person] || sawAfter[person] || !bytes.Contains(line, []byte(canary(person))) {
				continue
			}
			if coordinator && f.Scope.Family() == deltasync.CoordinationScope {
				continue // what waits for the team is for its coordinators to see
			}
			s.faults = append(s.faults, faultf("%s got what is %s's, whom it may not see: %d %s", p.name, person, status, line))
		}
	}
}

// hears keeps what a phone was told, and holds that the log never goes back under it.
func (s *Story) hears(p *phone, f frame, ops []opIn) {
	switch f.Frame {
	case "ack":
		for _, r := range f.Results {
			for _, op := range ops {
				if op.ID == r.ID && op.N == r.N && r.ID != "" {
					s.acked[ackKey{s.Users[p.user].User, r.ID}] = acked{status: r.Status, raw: op.Raw, world: s.world, by: p}
				}
			}
		}
	case "page":
		switch {
		case f.Epoch == p.epoch && f.Head < p.head:
			s.faults = append(s.faults, faultf("%s was at %d of epoch %s, and is told of %d", p.name, p.head, f.Epoch, f.Head))
		case f.Epoch != p.epoch && f.Head < p.head && p.epoch != "":
			s.faults = append(s.faults, faultf("%s was at %d, and a later epoch is at %d", p.name, p.head, f.Head))
		}
		p.epoch, p.head = f.Epoch, f.Head
	}
}

// again sends a request once more that was answered long ago: nothing changes, and who still may is told the same.
func (s *Story) again(p *phone, which string) error {
	i := int(which[0]-'0') % 8
	if i >= len(p.sent) || p.gone || s.down {
		return nil
	}
	time0, head := s.now(), s.head()
	status, raw, err := p.again(p.sent[i])
	if err != nil {
		return nil // the connection ends where the server does
	}
	old, ack := p.sent[i], firstLine(raw)
	if old.world != s.world || s.now().Sub(time0) > 0 {
		return nil
	}
	if status == http.StatusOK && !sameResults(ack, old.ack) {
		s.fail("%s sent the same again, and is told %s, not %s", p.name, ack, old.ack)
	}
	if after := s.head(); status == http.StatusOK && after != head && !s.calendar(head) {
		s.fail("%s sent the same again, and the log went on from %d to %d", p.name, head, after)
	}
	return nil
}

// arrives delivers a request that was on its way for long, after others that were sent later. Nobody hears the answer.
func (s *Story) arrives(p *phone) {
	if p.late == nil || s.down {
		return
	}
	_, _, _ = p.again(*p.late) // it may be refused, or the server ends meanwhile
	p.late = nil
}

// sameResults leaves out the words, which an erasure takes away.
func sameResults(a, b []byte) bool {
	type result struct {
		N            uint64
		ID           deltasync.OpID
		Status, Code string
		Version      deltasync.Version
	}
	var x, y struct{ Results []result }
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && slices.Equal(x.Results, y.Results)
}

func (s *Story) head() (head deltasync.Version) {
	_ = s.office.View(context.Background(), func(tx deltasync.Tx) error { head = tx.Head(); return nil })
	return head
}

// calendar reports whether all that the log says after a version is that access began or ended, or a signing key.
func (s *Story) calendar(after deltasync.Version) bool {
	only := true
	_ = s.office.View(context.Background(), func(tx deltasync.Tx) error {
		return tx.Entries(after, func(e deltasync.Entry) bool {
			only = only && e.Type != deltasync.EntryOp
			return true
		})
	})
	return only
}

// canary stands in every field that is written about a person.
func canary(person string) string { return "canary-" + person }
