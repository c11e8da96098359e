package bench

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"
)

// perClient is how many live connections a client may have.
const perClient = 4

// live opens connections that wait for hints, of which each worker has the same part, and has one of them write.
func (w *world) live() (row, error) {
	w.server.stop() // what came before leaves memory that nobody can tell from theirs
	if err := w.server.serve(); err != nil {
		return row{}, err
	}
	time.Sleep(w.settles)
	before, _, err := w.server.memory()
	if err != nil {
		return row{}, err
	}
	groups := w.liveConnections / w.reached
	workers, err := w.server.workers(w.team, "Listener", groups)
	if err != nil {
		return row{}, err
	}
	var listeners []*phone
	for _, p := range workers {
		if _, err := p.send(p.written(1, 1, 1)); err != nil {
			return row{}, err
		}
		w.records++
		for range w.reached / perClient {
			other, err := p.another()
			if err != nil {
				return row{}, err
			}
			for range perClient {
				listeners = append(listeners, other)
			}
		}
	}
	h := hearing{heard: make(chan time.Time, w.liveConnections)}
	defer h.end()
	for _, p := range listeners {
		if err := h.listen(p); err != nil {
			return row{}, fmt.Errorf("connection %d of %d: %w", len(h.conns), len(listeners), err)
		}
	}
	time.Sleep(w.settles)
	after, _, err := w.server.memory()
	if err != nil {
		return row{}, err
	}
	var took []time.Duration
	for i := range 9 {
		p := workers[i%len(workers)]
		b := p.supports(1)
		w.records++
		start := time.Now()
		if _, err := p.exchange(b, "gzip"); err != nil {
			return row{}, err
		}
		last, err := h.wait(w.reached / perClient * perClient)
		if err != nil {
			return row{}, err
		}
		took = append(took, last.Sub(start))
		time.Sleep(50 * time.Millisecond)
	}
	return row{fmt.Sprintf("%d live connections, one edit reaching %d of them", len(listeners), w.reached),
		[]mark{{"each", float64(after-before) / float64(len(listeners)), 40 * 1024, 28 * 1024, inKiB, false},
			{"until the last has heard", millis(median(took)), 100, 20, inMillis, false}},
		fmt.Sprintf("from before the edit is sent; slowest of %d %s", len(took), inMillis(millis(quantile(took, 1))))}, nil
}

// hearing is many connections that listen.
type hearing struct {
	conns   []net.Conn
	heard   chan time.Time
	reading sync.WaitGroup
}

// listen opens one, and waits for its first hint, which says where the log stands.
func (h *hearing) listen(p *phone) error {
	address := strings.TrimPrefix(p.server.url, "http://")
	c, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	h.conns = append(h.conns, c)
	if _, err := fmt.Fprintf(c, "GET /v1/live HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n", address, p.token); err != nil {
		return err
	}
	_ = c.SetReadDeadline(time.Now().Add(30 * time.Second))
	r := bufio.NewReaderSize(c, 512)
	if err := hint(r); err != nil {
		return err
	}
	_ = c.SetReadDeadline(time.Time{})
	h.reading.Go(func() {
		for hint(r) == nil {
			h.heard <- time.Now()
		}
	})
	return nil
}

// hint reads on until one has come.
func hint(r *bufio.Reader) error {
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return err
		}
		if strings.HasPrefix(line, "data:") {
			return nil
		}
		if strings.HasPrefix(line, "HTTP/1.1 ") && !strings.HasPrefix(line, "HTTP/1.1 200") {
			return fmt.Errorf("%s", strings.TrimSpace(line))
		}
	}
}

// wait is until so many have heard; it gives when the last did.
func (h *hearing) wait(n int) (last time.Time, err error) {
	late := time.After(30 * time.Second)
	for range n {
		select {
		case at := <-h.heard:
			if at.After(last) {
				last = at
			}
		case <-late:
			return last, fmt.Errorf("not all of %d connections heard of an edit", n)
		}
	}
	return last, nil
}

func (h *hearing) end() {
	for _, c := range h.conns {
		_ = c.Close()
	}
	h.reading.Wait()
}
