package mobileapi

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"sync"

	"alongside/internal/follow"
	deltasync "alongside/sync"
)

// Run tells live connections what the log brings, until ctx ends; then it ends them, so that a server can stop. It is to
// run once at a time. An error means that the log could not be read; live connections have ended then too.
func (a *API) Run(ctx context.Context) error {
	a.hub.open()
	defer a.hub.close()
	head, err := follow.Head(ctx, a.Log)
	if err == nil {
		a.hub.tell(audiences{everyone: {}}, head) // whoever was there before knows nothing of what came in between
		err = follow.Follow(ctx, a.Log, head, a.hint)
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// hint tells those who may see something of what the entries changed that there is something.
func (a *API) hint(ctx context.Context, entries []deltasync.Entry) error {
	if a.hub.empty() {
		return nil
	}
	var who audiences
	err := a.Log.View(ctx, func(tx deltasync.Tx) error {
		who = audiences{}
		for _, e := range entries {
			if err := who.of(tx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	a.hub.tell(who, entries[len(entries)-1].Version)
	return nil
}

// event is one hint, encoded once for all who get it. It holds where the log stands and nothing else.
type event struct {
	seq   deltasync.Version
	bytes []byte
}

func newEvent(seq deltasync.Version) *event {
	b := append([]byte("event: head\ndata: {\"seq\":"), strconv.FormatUint(uint64(seq), 10)...)
	return &event{seq, append(b, "}\n\n"...)}
}

// listener is one live connection.
type listener struct {
	client    deltasync.ClientID
	audiences []audience
	next      chan *event   // the hint that waits, if one does; a later one takes its place
	done      chan struct{} // closed when the hub wants it to end
}

// hub knows the live connections by what they are told about. Nothing that it does waits for any of them. Its zero value
// takes connections.
type hub struct {
	mu        sync.Mutex
	listeners map[audience]map[*listener]struct{}
	clients   map[deltasync.ClientID][]*listener // oldest first
	count     int
	closed    bool
}

func (h *hub) open() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = false
}

func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for _, ls := range h.clients {
		for _, l := range slices.Clone(ls) {
			h.remove(l)
		}
	}
}

func (h *hub) empty() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.count == 0
}

// join takes a connection in. One too many of its client ends that client's oldest; one too many of all is refused.
func (h *hub) join(c deltasync.Client, limits Limits) (*listener, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if mine := h.clients[c.ID]; len(mine) >= cmp.Or(limits.Live, 4) && !h.closed {
		h.remove(mine[0])
	}
	if h.closed || h.count >= cmp.Or(limits.AllLive, 20_000) {
		return nil, &unavailable
	}
	l := &listener{client: c.ID, audiences: audiencesOf(c), next: make(chan *event, 1), done: make(chan struct{})}
	if h.listeners == nil {
		h.listeners, h.clients = map[audience]map[*listener]struct{}{}, map[deltasync.ClientID][]*listener{}
	}
	for _, at := range l.audiences {
		if h.listeners[at] == nil {
			h.listeners[at] = map[*listener]struct{}{}
		}
		h.listeners[at][l] = struct{}{}
	}
	h.clients[c.ID] = append(h.clients[c.ID], l)
	h.count++
	return l, nil
}

func (h *hub) leave(l *listener) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.remove(l)
}

// remove is for whoever holds mu. It happens once.
func (h *hub) remove(l *listener) {
	at := slices.Index(h.clients[l.client], l)
	if at < 0 {
		return
	}
	if h.clients[l.client] = slices.Delete(h.clients[l.client], at, at+1); len(h.clients[l.client]) == 0 {
		delete(h.clients, l.client)
	}
	for _, at := range l.audiences {
		if delete(h.listeners[at], l); len(h.listeners[at]) == 0 {
			delete(h.listeners, at)
		}
	}
	h.count--
	close(l.done)
}

// tell puts a hint before everyone of these audiences, in place of one that waits.
func (h *hub) tell(who audiences, seq deltasync.Version) {
	e := newEvent(seq)
	h.mu.Lock()
	defer h.mu.Unlock()
	for at := range who {
		for l := range h.listeners[at] {
			select {
			case <-l.next:
			default:
			}
			l.next <- e // there is room: only the holder of mu puts
		}
	}
}
