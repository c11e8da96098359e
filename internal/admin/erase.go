package admin

import (
	"context"
	"errors"
	"fmt"

	"alongside/internal/archive"
	"alongside/internal/boltstore"
	deltasync "alongside/sync"
)

// Erasure says what became of all that was ever written about a person.
type Erasure struct {
	Person  deltasync.RecordID `json:"person"`
	Records int                `json:"records"` // taken away
	Entries int                `json:"entries"` // of the log that were emptied
	Devices []Device           `json:"devices"` // that may hold the data until they next sync
}

// Erase takes away all that was ever written about a person, from the store's free pages and the archive too. Backups made before still
// hold it; one that is restored with the archive lets it go again. A person who was erased before has nothing more to take.
func (o *Office) Erase(ctx context.Context, person string) (Erasure, error) {
	if !deltasync.ValidUUID(person) {
		return Erasure{}, &ValueError{"a person's id is a UUID, as `alongside retention` and the screens show it"}
	}
	id := deltasync.RecordID(person)
	done, err := o.Engine.Erase(ctx, id)
	if err != nil {
		return Erasure{}, fmt.Errorf("%s: %w", person, err)
	}
	e := Erasure{Person: id, Records: done.Records, Entries: done.Entries}
	if err := o.FinishErasing(ctx); err != nil {
		return e, fmt.Errorf("erased, but traces of it are still on the disk; starting the server, or the same command again, takes them away: %w", err)
	}
	e.Devices, err = o.holding(ctx, id)
	return e, err
}

// FinishErasing takes away what erasures have left in the file's free pages and in the archive, if anything.
func (o *Office) FinishErasing(ctx context.Context) error {
	o.erasing.Lock()
	defer o.erasing.Unlock()
	upTo, is, err := o.DB.Erasing(ctx)
	if err != nil || !is {
		return err
	}
	if err := o.DB.Scrub(ctx); err != nil {
		return err
	}
	if err := o.Archive.erase(ctx); err != nil {
		return err
	}
	return o.DB.EraseDone(ctx, upTo)
}

// holding are the devices that may still hold a person's data.
func (o *Office) holding(ctx context.Context, person deltasync.RecordID) ([]Device, error) {
	all, err := o.Devices(ctx)
	if err != nil {
		return nil, err
	}
	devices := []Device{}
	for _, d := range all {
		r, err := o.Report(ctx, d.Client)
		if err != nil {
			return nil, err
		}
		for _, id := range r.People {
			if id == person {
				devices = append(devices, d)
			}
		}
	}
	return devices, nil
}

// erase empties what the archive holds of those who were erased.
func (k *Archive) erase(ctx context.Context) error {
	if k == nil {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.open == nil {
		return nil // there is none
	}
	if err := k.catchUp(ctx); err != nil {
		return err
	}
	return errors.Join(k.forget(ctx), k.settle())
}

// forget empties what stands in the segments of those whom the store's log says to be erased.
func (k *Archive) forget(ctx context.Context) error {
	var eraser *deltasync.Eraser
	err := k.db.View(ctx, func(tx deltasync.Tx) error {
		persons, err := deltasync.ErasedPersons(tx)
		eraser = deltasync.NewEraser(tx, persons...)
		return err
	})
	if err != nil {
		return err
	}
	_, err = k.open.Rewrite(ctx, func(r archive.Row) ([]byte, error) {
		row := boltstore.Row{Version: r.Version, Data: r.Data}
		e, err := row.Entry()
		if err != nil || !eraser.Of(e) {
			return r.Data, err
		}
		row, err = row.Emptied()
		return row.Data, err
	})
	if err != nil {
		k.lost = true
	}
	return err
}
