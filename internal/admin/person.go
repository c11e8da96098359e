package admin

import (
	"context"
	"fmt"

	"alongside/internal/boltstore"
	"alongside/internal/reminder"
	deltasync "alongside/sync"
)

// Link is where a person's page is.
type Link struct {
	Link string `json:"link"`
}

// PersonLink gives the address of a person's page, and makes the page where there is none. anew ends the page that there is first.
func (o *Office) PersonLink(ctx context.Context, person string, anew bool) (Link, error) {
	if !deltasync.ValidUUID(person) {
		return Link{}, &ValueError{"a person's id is a UUID, as the screens show it"}
	}
	pages := reminder.Service{Store: ForReminders(o.DB), Engine: o.Engine, URL: o.URL}
	link, err := pages.Link(ctx, deltasync.RecordID(person), anew)
	if err != nil {
		return Link{}, fmt.Errorf("%s: %w", person, err)
	}
	return Link{link}, nil
}

// ForReminders is the store as reminders know it.
func ForReminders(db *boltstore.DB) reminder.Store { return remindersStore{db} }

type remindersStore struct{ *boltstore.DB }

func (s remindersStore) Read(ctx context.Context, fn func(reminder.Tx) error) error {
	return s.DB.Read(ctx, func(tx *boltstore.Tx) error { return fn(tx) })
}

func (s remindersStore) Write(ctx context.Context, fn func(reminder.WriteTx) error) error {
	return s.DB.Write(ctx, func(tx *boltstore.Tx) error { return fn(tx) })
}
