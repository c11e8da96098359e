package admin

import (
	"context"
	"slices"
	"strings"

	"alongside/internal/auth"
)

// Devices are all that ever came in, the oldest first.
func (o *Office) Devices(ctx context.Context) ([]Device, error) {
	devices := []Device{}
	err := o.Auth.Store.View(ctx, func(tx auth.Tx) error {
		devices = devices[:0]
		return tx.Clients(func(c auth.Client) error {
			d, err := deviceOf(tx, c)
			devices = append(devices, d)
			return err
		})
	})
	slices.SortFunc(devices, func(a, b Device) int {
		if n := a.Created.Compare(b.Created); n != 0 {
			return n
		}
		return strings.Compare(a.Client, b.Client)
	})
	return devices, err
}

func (o *Office) Revoke(ctx context.Context, client string) ([]Device, error) {
	off, err := o.Auth.Revoke(ctx, client)
	if err != nil {
		return nil, err
	}
	devices := []Device{}
	err = o.Auth.Store.View(ctx, func(tx auth.Tx) error {
		devices = devices[:0]
		for _, c := range off {
			d, err := deviceOf(tx, c)
			if err != nil {
				return err
			}
			devices = append(devices, d)
		}
		return nil
	})
	return devices, err
}

func deviceOf(tx auth.Tx, c auth.Client) (Device, error) {
	d := Device{Client: c.ID, User: c.User, Device: c.Device.Name, Platform: c.Device.Platform, Created: c.Created,
		LastSeen: c.Created, Revoked: c.Revoked, Expires: c.Expires, Parent: c.Parent}
	u, ok, err := tx.User(c.User)
	if err != nil {
		return d, err
	}
	if ok {
		d.Name, d.Disabled = u.Name, u.Disabled
	}
	f, ok, err := tx.Family(c.Family)
	if ok && f.Issued.After(d.LastSeen) {
		d.LastSeen = f.Issued
	}
	return d, err
}
