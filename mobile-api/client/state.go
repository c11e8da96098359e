package client

import (
	"encoding/json"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	deltasync "alongside/sync"
)

var (
	metaBucket    = []byte("meta")    // "state"
	opsBucket     = []byte("ops")     // number → entry
	keptBucket    = []byte("kept")    // op id → entry that was held or rejected
	scopesBucket  = []byte("scopes")  // scope → mark: what the view shows
	stagingBucket = []byte("staging") // scope → mark: what the run under way has brought
	slotsBucket   = []byte("slots")   // slot → record id → version and frame

	stateKey = []byte("state")
)

// User is whose phone it is.
type User struct {
	ID   deltasync.UserID `json:"id"`
	Name string           `json:"name"`
	Role deltasync.Role   `json:"role"`
	Team deltasync.TeamID `json:"team"`
}

// state is all that a phone keeps once.
type state struct {
	Device    string             `json:"device,omitempty"` // its own id, kept so that an enrolment can be repeated
	Server    string             `json:"server,omitempty"`
	Client    deltasync.ClientID `json:"client,omitempty"`
	User      User               `json:"user,omitzero"`
	Access    string             `json:"access,omitempty"`
	Expires   time.Time          `json:"expires,omitzero"` // of Access, by the device's clock
	Refresh   string             `json:"refresh,omitempty"`
	SignedOut bool               `json:"signed_out,omitempty"`

	LastN   uint64 `json:"last_n"`  // the highest number given out
	Offered uint64 `json:"offered"` // entries up to here are answered
	Through uint64 `json:"through"` // the highest number that the server holds, as it last said
	Safe    uint64 `json:"safe"`

	Cursor string            `json:"cursor,omitempty"` // of the last completed run
	Epoch  string            `json:"epoch,omitempty"`
	Head   deltasync.Version `json:"head,omitempty"`
	Run    pullRun           `json:"run,omitzero"`

	Synced     time.Time `json:"synced,omitzero"`
	Everything time.Time `json:"everything,omitzero"`
	Shown      bool      `json:"shown,omitempty"` // a run has been completed: the view is that
	Differs    bool      `json:"differs,omitempty"`
	Incidents  int       `json:"incidents,omitempty"`
	Lost       uint64    `json:"lost,omitempty"`
}

// pullRun is a run under way.
type pullRun struct {
	Cursor string `json:"cursor,omitempty"` // of its last whole page; empty: none came yet
	Epoch  string `json:"epoch,omitempty"`
	Reset  bool   `json:"reset,omitempty"` // it began from nothing: what does not come goes
}

func load(tx *bbolt.Tx) (*state, error) {
	st := new(state)
	raw := tx.Bucket(metaBucket).Get(stateKey)
	if raw == nil {
		return st, nil
	}
	if err := json.Unmarshal(raw, st); err != nil {
		return nil, fmt.Errorf("the phone's state: %w", err)
	}
	return st, nil
}

func (st *state) save(tx *bbolt.Tx) error {
	raw, err := encode(st)
	if err != nil {
		return err
	}
	return tx.Bucket(metaBucket).Put(stateKey, raw)
}

// change runs fn on the state in a transaction, and keeps what it made of it.
func (p *Phone) change(fn func(tx *bbolt.Tx, st *state) error) error {
	return p.update(func(tx *bbolt.Tx) error {
		st, err := load(tx)
		if err != nil {
			return err
		}
		if err := fn(tx, st); err != nil {
			return err
		}
		return st.save(tx)
	})
}

func (p *Phone) state() (st *state, err error) {
	err = p.view(func(tx *bbolt.Tx) error {
		st, err = load(tx)
		return err
	})
	return st, err
}

// State is how a phone stands.
type State struct {
	Server    string // empty: never enrolled
	Client    deltasync.ClientID
	User      User
	SignedOut bool // the server no longer knows its tokens: enrol it again

	Waiting int // edits that the server has not answered
	Kept    int // edits that were held or rejected, not cleared yet
	LastN   uint64
	Through uint64 // the highest number that the server holds
	Safe    uint64 // the highest that stands in a backup

	Head       deltasync.Version // the view is what stood at this version
	Epoch      string
	Cursor     string
	Pulling    bool      // a run is under way, and goes on at the next Sync
	Synced     time.Time // the server's clock when phone and server last agreed; zero: never
	Everything time.Time // the server's clock when it last held everything written here; zero: never
	Differs    bool      // the last run ended with a difference that is not repaired yet
	Incidents  int       // differences found so far: each is a fault of some program
	Lost       uint64    // numbers declared lost to restored servers
}

// State says how the phone stands. It asks nobody.
func (p *Phone) State() (State, error) {
	var s State
	err := p.view(func(tx *bbolt.Tx) error {
		st, err := load(tx)
		if err != nil {
			return err
		}
		s = State{Server: st.Server, Client: st.Client, User: st.User, SignedOut: st.SignedOut,
			LastN: st.LastN, Through: st.Through, Safe: st.Safe, Head: st.Head, Epoch: st.Epoch, Cursor: st.Cursor,
			Pulling: st.Run.Cursor != "", Synced: st.Synced, Everything: st.Everything, Differs: st.Differs,
			Incidents: st.Incidents, Lost: st.Lost, Kept: tx.Bucket(keptBucket).Stats().KeyN}
		return entries(tx, func(e *entry) error {
			if e.Result == nil {
				s.Waiting++
			}
			return nil
		})
	})
	return s, err
}
