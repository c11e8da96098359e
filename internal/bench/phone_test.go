package bench

import (
	"bytes"
	"compress/gzip"
	crand "crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
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
	user   string
	token  string
	cursor string
	done   bool // the last page closed a run
	n      int
	people []string // of its worker
}

// push is a request that is written but for the cursor.
type push struct {
	ops    []byte // with its brackets
	last   int
	amount int
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

// written is all that a worker has written before the first sync: people, each with what belongs to them.
func (p *phone) written(people, records, batch int) []push {
	var ops []string
	for range people {
		person := newID()
		p.people = append(p.people, person)
		ops = append(ops, p.op(person, person, "person", `"name":"Made-up Person","state":"open","goals":`))
		for range records - 1 {
			ops = append(ops, p.op(person, newID(), "support", `"what":"visit","at":"2026-11-20T09:00:00Z","minutes":40,"note":`))
		}
	}
	return batches(ops, batch, p.n)
}

// batches cuts ops, of which the last has number n, into requests.
func batches(ops []string, size, n int) (all []push) {
	for len(ops) > 0 {
		some := min(size, len(ops))
		all = append(all, joined(ops[:some], n-len(ops)+some))
		ops = ops[some:]
	}
	return all
}

// supports are a few more entries, each about another of the people whom the worker knows.
func (p *phone) supports(n int) push {
	ops := make([]string, n)
	for i := range ops {
		ops[i] = p.support()
	}
	return joined(ops, p.n)
}

func (p *phone) support() string {
	return p.op(p.people[p.n%len(p.people)], newID(), "support", `"what":"call","at":"2026-11-21T09:00:00Z","minutes":10,"note":`)
}

func joined(ops []string, last int) push {
	return push{ops: []byte("[" + strings.Join(ops, ",") + "]"), last: last, amount: len(ops)}
}

// op is an entry with a text that brings it to its size.
func (p *phone) op(person, record, kind, fields string) string {
	op := p.opOf(person, record, kind, fields+`"`)
	op = op[:len(op)-2]
	for len(op) < opSize-3 {
		word := words[rand.IntN(len(words))] + " "
		op += word[:min(len(word), opSize-3-len(op))]
	}
	return op + `"}}`
}

// words are what notes are made of, in no order, so that they pack about as well as notes do and not like one text over and over.
var words = strings.Fields(`a about after again all along already always am and another any are around as asked at away back bad because been before
better bit blether both bring brother bus but by calendar call came can chemist children clinic clothes cold coming cooking council counted cup day
days did doctor done door down drink each early eat else end evening ever every family feels few fine first flat food for form forms fortnight friend from
gave get glad go going good got half hard has heard help her here him his home hope hospital hour house how I if in into is it job just keep keys kitchen knew
landlord last late later left less letter library like list little long look lost lunch made make many maybe meet message met mind Monday money month more
morning most mother much music my nearly need neighbour never new next night no none not nothing now of off often old on once one only open or other our out over
own page park past phone pick place plan played quiet rain ready rent rest right room said same saw school sea see seemed shop should sister slept slow so some
son soon sorted start station stayed still stop street support sure swimming table take talked tea tell than that the their them then there they thing think
this though three through time tired to today together told tomorrow too took town train tried turn two until up us very visit wait walk want warm was water way
we week well went were what when where which while who will with without woman work worried would write year yes yesterday yet you young`)

// opOf is an entry that makes a record.
func (p *phone) opOf(person, record, kind, fields string) string {
	p.n++
	return fmt.Sprintf(`{"n":%d,"id":"%s","at":"%s","scope":"person/%s","kind":"%s","record":"%s","base":0,"set":{%s}}`,
		p.n, newID(), time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), person, kind, record, fields)
}

var cursorField = []byte(`"cursor":"`)

// request is one sync, in the making.
func (p *phone) request(b push, packing string) (*http.Request, error) {
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
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+p.token)
	req.Header.Set("Accept-Encoding", packing)
	return req, nil
}

// exchange is one round trip. Of the response it keeps the cursor, and counts records.
func (p *phone) exchange(b push, packing string) (t traffic, err error) {
	if b.ops == nil {
		b = push{ops: []byte("[]"), last: p.n}
	}
	req, err := p.request(b, packing)
	if err != nil {
		return t, err
	}
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
	return traffic{1, bytes.Count(all, []byte(`"frame":"record"`)), req.ContentLength, packed.n}, nil
}

// send sends requests one after the other.
func (p *phone) send(all []push) (sum traffic, err error) {
	for _, b := range all {
		t, err := p.exchange(b, "gzip")
		sum.add(t)
		if err != nil {
			return sum, err
		}
	}
	return sum, nil
}

// pull gets pages until there are no more.
func (p *phone) pull(packing string) (sum traffic, err error) {
	for range 10_000 {
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
	_, _ = crand.Read(id[:])
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	h := hex.EncodeToString(id[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
