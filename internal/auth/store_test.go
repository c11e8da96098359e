package auth

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"
)

// memory is a Store of rows as JSON, so that a field without a place in its row does not come back.
type memory struct {
	mu   sync.RWMutex
	rows map[string]string // "user/ID" and so on
	log  uint64            // entries

	// What may go wrong around a transaction. To be set while no other call is under way.
	again    bool   // every Update runs its function twice, the first time for nothing
	failing  error  // every Update ends so
	unread   error  // every View ends so
	views    int    // how many began; under mu of count
	updates  int    // how many began
	afterFn  func() // runs once, after the function of a View and before its return
	counting sync.Mutex
}

func (m *memory) View(ctx context.Context, fn func(Tx) error) error {
	m.counting.Lock()
	m.views++
	after := m.afterFn
	m.afterFn = nil
	m.counting.Unlock()
	if m.unread != nil {
		return m.unread
	}
	m.mu.RLock()
	err := fn(&memoryTx{rows: m.rows})
	m.mu.RUnlock()
	if after != nil {
		after()
	}
	return err
}

func (m *memory) Update(ctx context.Context, fn func(WriteTx) error) error {
	m.counting.Lock()
	m.updates++
	m.counting.Unlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.again {
		_ = fn(&memoryTx{rows: maps.Clone(m.rows), log: m.log})
	}
	tx := &memoryTx{rows: maps.Clone(m.rows), log: m.log}
	if tx.rows == nil {
		tx.rows = map[string]string{}
	}
	if err := cmp.Or(fn(tx), m.failing); err != nil {
		return err
	}
	m.rows, m.log = tx.rows, tx.log
	return nil
}

func (m *memory) counts() (views, updates int) {
	m.counting.Lock()
	defer m.counting.Unlock()
	return m.views, m.updates
}

// state is a backup, and restore puts the store back to it.
func (m *memory) state() map[string]string {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return maps.Clone(m.rows)
}

func (m *memory) restore(rows map[string]string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rows = maps.Clone(rows)
}

type memoryTx struct {
	rows map[string]string
	log  uint64
}

func row[T any](tx *memoryTx, key string) (v T, ok bool, err error) {
	text, ok := tx.rows[key]
	if ok {
		err = json.Unmarshal([]byte(text), &v)
	}
	return v, ok, err
}

func rows[T any](tx *memoryTx, prefix string, fn func(T) error) error {
	for _, key := range slices.Sorted(maps.Keys(tx.rows)) {
		if !strings.HasPrefix(key, prefix) {
			continue
		}
		v, _, err := row[T](tx, key)
		if err := cmp.Or(err, fn(v)); err != nil {
			return err
		}
	}
	return nil
}

func (tx *memoryTx) put(key string, v any) error {
	b, err := json.Marshal(v)
	if tx.rows != nil { // a first run over an empty store is thrown away
		tx.rows[key] = string(b)
	}
	tx.log++
	return err
}

func (tx *memoryTx) User(id string) (User, bool, error)     { return row[User](tx, "user/"+id) }
func (tx *memoryTx) Client(id string) (Client, bool, error) { return row[Client](tx, "client/"+id) }
func (tx *memoryTx) Code(hash string) (Code, bool, error)   { return row[Code](tx, "code/"+hash) }
func (tx *memoryTx) Family(id string) (Family, bool, error) { return row[Family](tx, "family/"+id) }
func (tx *memoryTx) Users(fn func(User) error) error        { return rows(tx, "user/", fn) }
func (tx *memoryTx) Clients(fn func(Client) error) error    { return rows(tx, "client/", fn) }
func (tx *memoryTx) Secret() ([]byte, error)                { return []byte(strings.Repeat("secret!!", 4)), nil }
func (tx *memoryTx) PutClient(c Client) error               { return tx.put("client/"+c.ID, c) }
func (tx *memoryTx) PutCode(c Code) error                   { return tx.put("code/"+c.Hash, c) }
func (tx *memoryTx) PutFamily(f Family) error               { return tx.put("family/"+f.ID, f) }
func (tx *memoryTx) PutKey(k Key) error                     { return tx.put("key/"+k.ID, k) }

func (tx *memoryTx) PutUser(u User) error {
	if old, ok, _ := tx.User(u.ID); ok {
		u.Since = old.Since
	} else {
		u.Since = tx.log + 1
	}
	return tx.put("user/"+u.ID, u)
}

func (tx *memoryTx) Keys() (keys []Key, err error) {
	err = rows(tx, "key/", func(k Key) error {
		keys = append(keys, k)
		return nil
	})
	slices.SortFunc(keys, func(a, b Key) int { return a.Created.Compare(b.Created) })
	return keys, err
}

func (tx *memoryTx) Session(hash string) (Session, bool, error) {
	return row[Session](tx, "session/"+hash)
}
func (tx *memoryTx) Sessions(fn func(Session) error) error { return rows(tx, "session/", fn) }
func (tx *memoryTx) Passkey(id string) (Passkey, bool, error) {
	return row[Passkey](tx, "passkey/"+id)
}
func (tx *memoryTx) Passkeys(fn func(Passkey) error) error { return rows(tx, "passkey/", fn) }
func (tx *memoryTx) PutSession(s Session) error            { return tx.put("session/"+s.Hash, s) }
func (tx *memoryTx) PutPasskey(p Passkey) error            { return tx.put("passkey/"+p.ID, p) }
