package boltstore

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"alongside/internal/auth"
	deltasync "alongside/sync"
)

// The rows of auth are facts of the log: each Put appends an entry of its type, with the row as its fact, and keeps the
// row where it is found by its id.
const (
	entryUser    deltasync.EntryType = "user"
	entryClient  deltasync.EntryType = "client"
	entryCode    deltasync.EntryType = "code"
	entryFamily  deltasync.EntryType = "family"
	entryKey     deltasync.EntryType = "key"
	entrySession deltasync.EntryType = "session"
	entryPasskey deltasync.EntryType = "passkey"
)

// authTables says which table an entry of a type belongs to, and by which member its rows are found.
var authTables = map[deltasync.EntryType]struct {
	table bucket
	id    string
}{
	entryUser:    {inUsers, "id"},
	entryClient:  {inClients, "id"},
	entryCode:    {inCodes, "hash"},
	entryFamily:  {inFamilies, "id"},
	entryKey:     {inKeys, "id"},
	entrySession: {inSessions, "hash"},
	entryPasskey: {inPasskeys, "id"},
}

// User says who a user is, also one that is disabled.
func (tx *Tx) User(id deltasync.UserID) (deltasync.Client, bool, error) {
	u, ok, err := authRow[auth.User](tx.st, inUsers, string(id))
	if err != nil || !ok {
		return deltasync.Client{}, false, err
	}
	return deltasync.Client{User: deltasync.UserID(u.ID), Role: deltasync.Role(u.Role), Team: deltasync.TeamID(u.Team),
		Since: deltasync.Version(u.Since)}, true, nil
}

// Auth is the store as auth knows it.
func (db *DB) Auth() auth.Store { return authStore{db} }

type authStore struct{ db *DB }

func (s authStore) View(ctx context.Context, fn func(auth.Tx) error) error {
	return s.db.Read(ctx, func(tx *Tx) error { return fn(tx.Auth()) })
}

func (s authStore) Update(ctx context.Context, fn func(auth.WriteTx) error) error {
	return s.db.Write(ctx, func(tx *Tx) error { return fn(tx.Auth()) })
}

// Auth is the same transaction as auth knows it: what is written through both becomes durable together.
func (tx *Tx) Auth() auth.WriteTx { return authTx{tx} }

type authTx struct{ tx *Tx }

func (a authTx) User(id string) (auth.User, bool, error) {
	return authRow[auth.User](a.tx.st, inUsers, id)
}

func (a authTx) Users(fn func(auth.User) error) error { return authRows(a.tx.st, inUsers, fn) }

func (a authTx) Client(id string) (auth.Client, bool, error) {
	return authRow[auth.Client](a.tx.st, inClients, id)
}

func (a authTx) Clients(fn func(auth.Client) error) error { return authRows(a.tx.st, inClients, fn) }

func (a authTx) Code(hash string) (auth.Code, bool, error) {
	return authRow[auth.Code](a.tx.st, inCodes, hash)
}

func (a authTx) Family(id string) (auth.Family, bool, error) {
	return authRow[auth.Family](a.tx.st, inFamilies, id)
}

func (a authTx) Keys() ([]auth.Key, error) {
	var keys []auth.Key
	err := authRows(a.tx.st, inKeys, func(k auth.Key) error {
		keys = append(keys, k)
		return nil
	})
	slices.SortFunc(keys, func(a, b auth.Key) int {
		if c := a.Created.Compare(b.Created); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return keys, err
}

func (a authTx) Session(hash string) (auth.Session, bool, error) {
	return authRow[auth.Session](a.tx.st, inSessions, hash)
}

func (a authTx) Sessions(fn func(auth.Session) error) error {
	return authRows(a.tx.st, inSessions, fn)
}

func (a authTx) Passkey(id string) (auth.Passkey, bool, error) {
	return authRow[auth.Passkey](a.tx.st, inPasskeys, id)
}

func (a authTx) Passkeys(fn func(auth.Passkey) error) error {
	return authRows(a.tx.st, inPasskeys, fn)
}

func (a authTx) Secret() ([]byte, error) { return a.tx.Secret(), nil }

// PutUser fills Since with the user's first entry, and keeps it ever after.
func (a authTx) PutUser(u auth.User) error {
	former, ok, err := a.User(u.ID)
	if err != nil {
		return err
	}
	u.Since = former.Since
	if !ok {
		u.Since = uint64(a.tx.st.head + 1)
	}
	return a.put(entryUser, u.ID, u)
}

func (a authTx) PutClient(c auth.Client) error { return a.put(entryClient, c.ID, c) }
func (a authTx) PutCode(c auth.Code) error     { return a.put(entryCode, c.Hash, c) }
func (a authTx) PutFamily(f auth.Family) error { return a.put(entryFamily, f.ID, f) }
func (a authTx) PutKey(k auth.Key) error       { return a.put(entryKey, k.ID, k) }

func (a authTx) PutSession(s auth.Session) error { return a.put(entrySession, s.Hash, s) }
func (a authTx) PutPasskey(p auth.Passkey) error { return a.put(entryPasskey, p.ID, p) }

func (a authTx) put(t deltasync.EntryType, id string, row any) error {
	fact, err := json.Marshal(row)
	if err != nil {
		return err
	}
	if _, err := a.tx.Append(deltasync.Entry{At: a.tx.st.db.options.now(), Type: t, Fact: fact}); err != nil {
		return err
	}
	return a.tx.kept(a.tx.st.putFact(t, id, fact))
}

func (st *state) putFact(t deltasync.EntryType, id string, fact []byte) error {
	return st.put(authTables[t].table, appendText(nil, id), append(newRow(len(fact)), fact...))
}

// noteFact keeps the row of auth that an entry put.
func (st *state) noteFact(e deltasync.Entry) error {
	table, ok := authTables[e.Type]
	if !ok {
		return nil
	}
	var row map[string]json.RawMessage
	var id string
	if json.Unmarshal(e.Fact, &row) != nil || json.Unmarshal(row[table.id], &id) != nil {
		return fmt.Errorf("the fact of entry %d cannot be read", e.Version)
	}
	return st.putFact(e.Type, id, e.Fact)
}

func authRow[R any](st *state, b bucket, id string) (row R, ok bool, err error) {
	text, err := st.row(b, appendText(nil, id))
	if err != nil || text == nil {
		return row, false, err
	}
	if json.Unmarshal(text, &row) != nil {
		return row, false, st.damaged("a row of " + bucketNames[b] + " cannot be read")
	}
	return row, true, nil
}

// authRows reads all rows before it hands them out, so that fn may write.
func authRows[R any](st *state, b bucket, fn func(R) error) error {
	var texts [][]byte
	err := st.each(b, nil, func(_, text []byte) (bool, error) {
		texts = append(texts, bytes.Clone(text))
		return true, nil
	})
	if err != nil {
		return err
	}
	for _, text := range texts {
		var row R
		if json.Unmarshal(text, &row) != nil {
			return st.damaged("a row of " + bucketNames[b] + " cannot be read")
		}
		if err := fn(row); err != nil {
			return err
		}
	}
	return nil
}
