package server

import (
	"context"
	"io"
	"time"

	"alongside/internal/admin"
	"alongside/internal/auth"
	"alongside/internal/push"
	"alongside/internal/reminder"
	deltasync "alongside/sync"
)

// Reminders says when people are reminded, and by which ways. A way whose settings are empty is off.
type Reminders struct {
	Settings reminder.Settings // its Zone nil: reminder.Defaults
	FCM      FCM
	Web      WebPush
	Notify   Notify
	Print    io.Writer // where messages are printed in place of being sent; nil: nowhere
}

// FCM is how phones with the app are woken.
type FCM struct {
	Project     string
	Credentials string // a file
	Endpoint    string // another server in FCM's place, which takes no credentials
}

// WebPush is how browsers are reached.
type WebPush struct {
	Subject string   // whom a push service reaches about this server
	Hosts   []string // that are sent to; none: those of the known browsers
}

// Notify is how texts are sent.
type Notify struct {
	Key, Template string
	Endpoint      string
	Token         string // of whoever reports deliveries

	PerMinute, PerDay int // texts at most; 0: no limit
}

// settings are what holds.
func (r *Reminders) settings() reminder.Settings {
	if r == nil || r.Settings.Zone == nil {
		s := reminder.Defaults()
		if london, err := time.LoadLocation("Europe/London"); err == nil {
			s.Zone = london
		}
		return s
	}
	return r.Settings
}

// remind puts together what plans and sends. Where nothing is set, people's pages still open.
func (p *parts) remind(c Config, link string) error {
	ways, err := p.ways(context.Background(), c)
	if err != nil {
		return err
	}
	p.reminders = &reminder.Service{Store: admin.ForReminders(p.db), Engine: p.engine, Devices: devices{p.auth},
		Senders: ways, Settings: c.Reminders.settings(), URL: link, Log: c.Log, Now: c.Now, Rand: c.Rand, Rest: 50 * time.Millisecond}
	if p.sending = c.Reminders != nil; p.sending {
		p.hook = c.Reminders.Notify.Token
	}
	return nil
}

// send plans and sends until ctx ends. What fails is tried again: a store that does not answer is opened anew by others.
func (p *parts) send(ctx context.Context) {
	for ctx.Err() == nil {
		planner := *p.reminders // of its own, since it makes itself ready while pages are answered
		err := planner.Run(ctx)
		if ctx.Err() != nil {
			return
		}
		p.log.Error("reminders are not sent for the moment", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(2 * time.Second):
		}
	}
}

// devices are the phones of workers, as reminders know them.
type devices struct{ auth *auth.Service }

var _ reminder.Devices = devices{}

func (d devices) Of(ctx context.Context, users []deltasync.UserID) ([]reminder.Device, error) {
	ids := make([]string, len(users))
	for i, u := range users {
		ids[i] = string(u)
	}
	clients, err := d.auth.Reachable(ctx, ids)
	if err != nil {
		return nil, err
	}
	found := make([]reminder.Device, len(clients))
	for i, c := range clients {
		found[i] = reminder.Device{Client: deltasync.ClientID(c.ID), User: deltasync.UserID(c.User),
			Target: push.Target{Kind: push.Kind(c.Push.Kind), Value: c.Push.Value}}
	}
	return found, nil
}

func (d devices) Forget(ctx context.Context, one reminder.Device) error {
	return d.auth.ForgetTarget(ctx, string(one.Client), auth.Target{Kind: string(one.Target.Kind), Value: one.Target.Value})
}
