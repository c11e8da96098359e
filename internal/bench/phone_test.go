package bench

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"
)

const (
	opSize  = 380 // bytes of an op, about
	pageMax = 262144
)

// phone is one client of the raw protocol.
type phone struct {
	server *server
	token  string
	cursor string
	done   bool // the last page closed a run
	n      int
	people []string // of its worker
}

// load is what is sent, step by step; each step goes on from the last.
type load struct {
	size
	server *server
	phones []*phone
	others []*phone // another client of each worker
}

// push is a request that is written but for the cursor.
type push struct {
	ops    []byte // with its brackets
	last   int
	amount int
}

// timed runs a step on every phone at once and gives its measure.
func (l *load) timed(m measure, phones []*phone, do func(p *phone, i int) (traffic, error)) (measure, error) {
	before, err := l.server.cpu()
	if err != nil {
		return m, err
	}
	start := time.Now()
	t, err := together(len(phones), func(i int) (traffic, error) { return do(phones[i], i) })
	m.took = time.Since(start)
	if err != nil {
		return m, err
	}
	after, err := l.server.cpu()
	m.cpu += after - before
	m.requests, m.up, m.down = m.requests+t.requests, m.up+t.up, m.down+t.down
	return m, err
}

// traffic is what went over the wire.
type traffic struct {
	requests, records int
	up, down          int64
}

func (t *traffic) add(o traffic) {
	t.requests += o.requests
	t.records += o.records
	t.up += o.up
	t.down += o.down
}

func together(n int, do func(i int) (traffic, error)) (traffic, error) {
	var (
		wait sync.WaitGroup
		mu   sync.Mutex
		sum  traffic
		errs []error
	)
	for i := range n {
		wait.Go(func() {
			t, err := do(i)
			mu.Lock()
			defer mu.Unlock()
			sum.add(t)
			errs = append(errs, err)
		})
	}
	wait.Wait()
	return sum, errors.Join(errs...)
}

// firstPush has every client send all that its worker wrote, in batches, all clients at once.
func (l *load) firstPush() (measure, error) {
	each := l.people * l.records
	m := measure{name: fmt.Sprintf("first push, %d clients × %d, batches of %d", l.clients, each, l.batch), each: "records", times: l.clients * each}
	batches := make([][]push, len(l.phones))
	for i, p := range l.phones {
		batches[i] = p.written(l.size)
	}
	return l.timed(m, l.phones, func(p *phone, i int) (sum traffic, err error) {
		for _, b := range batches[i] {
			t, err := p.exchange(b, "gzip")
			sum.add(t)
			if err != nil {
				return sum, err
			}
		}
		return sum, nil
	})
}

// firstPull has a fresh client of each worker, one after the other, get everything.
func (l *load) firstPull(packing string) (measure, error) {
	each := l.people * l.records
	m := measure{name: fmt.Sprintf("first pull of %d, %s", each, packing), each: "records", times: l.clients * each}
	var fresh []*phone
	for _, p := range l.phones {
		other, err := p.another()
		if err != nil {
			return m, err
		}
		fresh = append(fresh, other)
	}
	l.others = fresh
	return l.timed(m, []*phone{nil}, func(*phone, int) (sum traffic, err error) {
		for _, p := range fresh {
			t, err := p.pull(packing)
			sum.add(t)
			if err == nil && t.records < each {
				err = fmt.Errorf("%d records came, of %d", t.records, each)
			}
			if err != nil {
				return sum, err
			}
		}
		return sum, nil
	})
}

// nothingNew has many connections sync when there is nothing to send and nothing to get.
func (l *load) nothingNew() (measure, error) {
	m := measure{name: fmt.Sprintf("nothing new, %d connections", l.connections), each: "syncs", times: l.connections * l.idle}
	var idle []*phone
	for i := range l.connections {
		p, err := l.phones[i%len(l.phones)].another()
		if err == nil {
			_, err = p.pull("gzip")
		}
		if err != nil {
			return m, err
		}
		idle = append(idle, p)
	}
	return l.timed(m, idle, func(p *phone, _ int) (sum traffic, err error) {
		for range l.idle {
			t, err := p.exchange(push{}, "gzip")
			sum.add(t)
			if err != nil {
				return sum, err
			}
		}
		return sum, nil
	})
}

// littleByLittle has each client push 3 and get the 15 that another client of its worker has just written, and its own
// 3, in one round trip.
func (l *load) littleByLittle() (measure, error) {
	m := measure{name: "push 3, pull 15 of another's and the own 3", each: "round trips", times: l.clients * l.rounds}
	for _, p := range l.phones {
		if _, err := p.pull("gzip"); err != nil {
			return m, err
		}
	}
	var took time.Duration
	for range l.rounds {
		mine := make([]push, len(l.phones))
		_, err := together(len(l.phones), func(i int) (traffic, error) {
			l.others[i].people = l.phones[i].people
			mine[i] = l.phones[i].supports(3)
			return l.others[i].exchange(l.others[i].supports(15), "gzip")
		})
		if err != nil {
			return m, err
		}
		m, err = l.timed(m, l.phones, func(p *phone, i int) (traffic, error) {
			t, err := p.exchange(mine[i], "gzip")
			if err == nil && t.records != 18 {
				err = fmt.Errorf("%d records came, not 18", t.records)
			}
			return t, err
		})
		if err != nil {
			return m, err
		}
		took += m.took
	}
	m.took = took
	return m, nil
}

// written is all that a worker has written before the first sync: people, each with what belongs to them.
func (p *phone) written(s size) []push {
	var ops []string
	for range s.people {
		person := newID()
		p.people = append(p.people, person)
		ops = append(ops, p.op(person, person, "person", `"name":"Made-up Person","state":"open","goals":`))
		for range s.records - 1 {
			ops = append(ops, p.op(person, newID(), "support", `"what":"visit","at":"2026-11-20T09:00:00Z","minutes":40,"note":`))
		}
	}
	var batches []push
	for len(ops) > 0 {
		n := min(s.batch, len(ops))
		batches = append(batches, joined(ops[:n], p.n-len(ops)+n))
		ops = ops[n:]
	}
	return batches
}

// supports are a few more entries about people that are known.
func (p *phone) supports(n int) push {
	var ops []string
	for i := range n {
		person := p.people[i%len(p.people)]
		ops = append(ops, p.op(person, newID(), "support", `"what":"call","at":"2026-11-21T09:00:00Z","minutes":10,"note":`))
	}
	return joined(ops, p.n)
}

func joined(ops []string, last int) push {
	return push{ops: []byte("[" + strings.Join(ops, ",") + "]"), last: last, amount: len(ops)}
}

// op is an entry with a text that brings it to its size.
func (p *phone) op(person, record, kind, fields string) string {
	p.n++
	op := fmt.Sprintf(`{"n":%d,"id":"%s","at":"%s","scope":"person/%s","kind":"%s","record":"%s","base":0,"set":{%s"`,
		p.n, newID(), time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), person, kind, record, fields)
	const words = "Tea and a blether, then the forms. Sorted the calendar for the next fortnight. Two better days than last week. "
	for len(op) < opSize-3 {
		op += words[:min(len(words), opSize-3-len(op))]
	}
	return op + `"}}`
}

var cursorField = []byte(`"cursor":"`)

// exchange is one round trip. Of the response it keeps the cursor, and counts records.
func (p *phone) exchange(b push, packing string) (t traffic, err error) {
	if b.ops == nil {
		b = push{ops: []byte("[]"), last: p.n}
	}
	body := make([]byte, 0, len(b.ops)+len(p.cursor)+200)
	body = append(body, `{"schema":1,"cursor":"`...)
	body = append(body, p.cursor...)
	body = append(body, `","last_n":`...)
	body = strconv.AppendInt(body, int64(b.last), 10)
	body = append(body, `,"sent_at":"`...)
	body = time.Now().UTC().AppendFormat(body, "2006-01-02T15:04:05.000Z")
	body = append(body, `","max_bytes":`+strconv.Itoa(pageMax)+`,"ops":`...)
	body = append(append(body, b.ops...), '}')

	req, err := http.NewRequest(http.MethodPost, p.server.url+"/v1/sync", bytes.NewReader(body))
	if err != nil {
		return t, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+p.token)
	req.Header.Set("Accept-Encoding", packing)
	resp, err := p.server.http.Do(req)
	if err != nil {
		return t, err
	}
	defer resp.Body.Close()
	packed := &counter{r: resp.Body}
	all, err := unpacked(packed, resp.Header.Get("Content-Encoding"))
	if err != nil {
		return t, err
	}
	if resp.StatusCode != http.StatusOK {
		return t, fmt.Errorf("%s: %s", resp.Status, all)
	}
	if n := bytes.Count(all, []byte(`"status":"applied"`)); n != b.amount {
		return t, fmt.Errorf("%d of %d entries were applied: %.500s", n, b.amount, all)
	}
	at := bytes.LastIndex(all, cursorField)
	if at < 0 {
		return t, errors.New("the response was cut")
	}
	rest := all[at+len(cursorField):]
	end := bytes.IndexByte(rest, '"')
	if end < 0 {
		return t, errors.New("the response was cut")
	}
	p.cursor = string(rest[:end])
	p.done = bytes.Contains(rest, []byte(`"complete":true`))
	return traffic{1, bytes.Count(all, []byte(`"frame":"record"`)), int64(len(body)), packed.n}, nil
}

// pull gets pages until there are no more.
func (p *phone) pull(packing string) (sum traffic, err error) {
	for range 1000 {
		t, err := p.exchange(push{}, packing)
		sum.add(t)
		if err != nil || p.done {
			return sum, err
		}
	}
	return sum, errors.New("there was no end of pages")
}

func unpacked(r io.Reader, packing string) ([]byte, error) {
	switch packing {
	case "gzip":
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, err
		}
		return io.ReadAll(z)
	case "zstd":
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		defer z.Close()
		return io.ReadAll(z)
	}
	return io.ReadAll(r)
}

// counter counts what is read.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += int64(n)
	return n, err
}

func newID() string {
	var id [16]byte
	_, _ = rand.Read(id[:])
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	h := hex.EncodeToString(id[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
