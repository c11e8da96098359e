package auth

import "context"

// Tx reads one state of the store. What a read gives is the caller's own, bytes too, and outlives the transaction.
type Tx interface {
	User(id string) (User, bool, error)
	Users(fn func(User) error) error // in any order; an error of fn ends it and is returned
	Client(id string) (Client, bool, error)
	Clients(fn func(Client) error) error // as Users; fn does not write
	Code(hash string) (Code, bool, error)
	Family(id string) (Family, bool, error)
	Session(hash string) (Session, bool, error)
	Sessions(fn func(Session) error) error // as Users; fn does not write
	Passkey(id string) (Passkey, bool, error)
	Passkeys(fn func(Passkey) error) error // as Sessions
	Keys() ([]Key, error)                  // oldest first; keys are added, never taken away
	Secret() ([]byte, error)               // 32 random bytes, made with the store and never changed
}

// WriteTx also writes. A Put carries the whole row, takes the place of the one with the same id, and is seen by later
// reads of the same transaction.
type WriteTx interface {
	Tx
	PutUser(User) error // fills Since at the first put of an id
	PutClient(Client) error
	PutCode(Code) error
	PutFamily(Family) error
	PutKey(Key) error
	PutSession(Session) error
	PutPasskey(Passkey) error
}

// Store keeps the rows. A View that begins after an Update returned sees what it wrote.
type Store interface {
	View(ctx context.Context, fn func(Tx) error) error
	Update(ctx context.Context, fn func(WriteTx) error) error // nil: durable. Else untouched. fn may run again.
}
