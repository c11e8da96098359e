package bench

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// overload offers three times what the server can do, by clients that ask when their time has come, nearly whatever
// became of what they asked before. They ask for the first page of a first pull, which is much work for the server and little for
// whoever asks. Since the load comes from the same processors, what counts is what the server serves in a second of its own
// processor time, beside what it serves in one when no more is asked than it can do.
func (w *world) overload() (row, error) {
	phones, err := w.crowd(3 * w.connections)
	if err != nil {
		return row{}, err
	}
	var done atomic.Int64
	idle, err := w.server.cpu()
	if err != nil {
		return row{}, err
	}
	start := time.Now()
	_, err = together(w.connections, func(i int) (traffic, error) {
		for time.Since(start) < w.lasts/2 {
			if status, _, err := phones[i].ask(); err != nil || status != http.StatusOK {
				return traffic{}, fmt.Errorf("status %d: %w", status, err)
			}
			done.Add(1)
		}
		return traffic{}, nil
	})
	if err != nil {
		return row{}, err
	}
	limit := float64(done.Load()) / time.Since(start).Seconds()
	before, err := w.server.cpu()
	if err != nil {
		return row{}, err
	}

	var (
		pause                 = time.Duration(float64(time.Second) / (3 * limit))
		served, asking        = make([]atomic.Int64, len(phones)), make([]atomic.Int64, len(phones))
		turned, unsaid, other atomic.Int64
		unasked               atomic.Int64
		failed                atomic.Pointer[error] // the first
		wait                  sync.WaitGroup
	)
	start = time.Now()
	for i, p := range phones {
		wait.Go(func() {
			for at := time.Duration(i) * pause; at < w.lasts; at += time.Duration(len(phones)) * pause {
				time.Sleep(time.Until(start.Add(at)))
				if asking[i].Add(1) > patience {
					asking[i].Add(-1)
					unasked.Add(1)
					continue
				}
				wait.Go(func() {
					defer asking[i].Add(-1)
					status, after, err := p.ask()
					switch {
					case err != nil:
						other.Add(1)
						failed.CompareAndSwap(nil, &err)
					case status == http.StatusOK:
						served[i].Add(1)
					case after == "":
						unsaid.Add(1)
					case status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable:
						turned.Add(1)
					default:
						other.Add(1)
					}
				})
			}
		})
	}
	wait.Wait()
	took := time.Since(start)
	after, err := w.server.cpu()
	if err != nil {
		return row{}, err
	}
	own, _, err := w.server.memory()
	if err != nil {
		return row{}, err
	}
	again := time.Now()
	if status, _, err := phones[0].ask(); err != nil || status != http.StatusOK {
		return row{}, fmt.Errorf("after the load: status %d: %w", status, err)
	}
	back := time.Since(again)
	if first := failed.Load(); first != nil {
		w.tb.Logf("overload: %v", *first)
	}
	var shares []float64
	sum := 0.0
	for i := range served {
		shares = append(shares, float64(served[i].Load()))
		sum += shares[i]
	}
	return row{"three times what it can do is offered", []mark{
		{"of what it serves in a second of its processor time", sum / (after - before).Seconds() / (float64(done.Load()) / (before - idle).Seconds()), 0.9, 1, times, true},
		{"the least share of a client, of the median", quantile(shares, 0) / max(1, median(shares)), 0.5, 0.8, times, true},
		{"the first request after it", millis(back), 1000, 100, inMillis, false},
	}, fmt.Sprintf("limit %.0f a second, of which %.2f on the wall beside a load that had %.2f of the processors meanwhile; %d turned away with Retry-After, %d without, %d failed otherwise, %d not asked by clients with %d under way; memory then %s", limit, sum/took.Seconds()/limit, 1-(after-before).Seconds()/took.Seconds()/float64(runtime.NumCPU()), turned.Load(), unsaid.Load(), other.Load(), unasked.Load(), patience, inBytes(float64(own)))}, nil
}

// patience is how many answers a client waits for at a time before it asks no more.
const patience = 10

// crowd is n clients that have nothing yet.
func (w *world) crowd(n int) (all []*phone, err error) {
	for i := range n {
		p, err := w.phones[i%len(w.phones)].another()
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// ask is the first request of a first pull, whose answer is read and not looked at.
func (p *phone) ask() (status int, after string, err error) {
	req, err := p.request(push{ops: []byte("[]")}, "gzip")
	if err != nil {
		return 0, "", err
	}
	resp, err := p.server.http.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, resp.Header.Get("Retry-After"), err
}
