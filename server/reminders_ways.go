package server

import (
	"context"
	"log/slog"
	"net/url"
	"sync"
	"time"

	"alongside/internal/push"
	"alongside/internal/push/fcm"
	"alongside/internal/push/log"
	"alongside/internal/push/sms"
	"alongside/internal/push/webpush"
)

// ways are the senders that are set.
func (p *parts) ways(ctx context.Context, c Config) (map[push.Kind]push.Sender, error) {
	all := map[push.Kind]push.Sender{}
	r := c.Reminders
	if r == nil {
		return all, nil
	}
	if r.FCM.Project != "" {
		s, err := fcm.New(ctx, fcm.Config{Project: r.FCM.Project, Credentials: r.FCM.Credentials, Endpoint: r.FCM.Endpoint, Now: c.Now})
		if err != nil {
			return nil, err
		}
		all[push.FCM] = &teller{Sender: s, kind: push.FCM, log: c.Log, now: c.Now}
	}
	if r.Web.Subject != "" {
		key, err := p.auth.PushKey(ctx)
		if err != nil {
			return nil, err
		}
		s, err := webpush.New(webpush.Config{Public: key.Public, Private: key.Private, Subject: r.Web.Subject, Allowed: c.pushHost, Now: c.Now})
		if err != nil {
			return nil, err
		}
		all[push.WebPush] = &teller{Sender: s, kind: push.WebPush, log: c.Log, now: c.Now}
	}
	if r.Notify.Key != "" {
		s, err := sms.NewNotify(sms.NotifyConfig{Key: r.Notify.Key, Template: r.Notify.Template, Endpoint: r.Notify.Endpoint, Now: c.Now})
		if err != nil {
			return nil, err
		}
		all[push.SMS] = &asker{&teller{Sender: s, kind: push.SMS, log: c.Log, now: c.Now}, s}
	}
	if r.Print != nil {
		all[push.Log] = log.New(r.Print)
	}
	return all, nil
}

// pushHost says whether the server sends to a push service.
func (c Config) pushHost(at *url.URL) bool {
	var hosts []string
	if c.Reminders != nil {
		hosts = c.Reminders.Web.Hosts
	}
	return webpush.Allowed(hosts)(at)
}

// pushValid says what is wrong with a browser's subscription.
func (c Config) pushValid(subscription string) error { return webpush.Valid(subscription, c.pushHost) }

// teller tells an operator in the log when a way does not work, once in a while for each reason. It says nothing of any message.
type teller struct {
	push.Sender
	kind push.Kind
	log  *slog.Logger
	now  func() time.Time

	mu   sync.Mutex
	told map[string]time.Time
}

// quietFor is how long a reason is not told again.
const quietFor = 10 * time.Minute

func (t *teller) Send(ctx context.Context, batch []push.Message) []push.Outcome {
	outcomes := t.Sender.Send(ctx, batch)
	for _, o := range outcomes {
		if (o.Status == push.Later || o.Status == push.Refused || o.Status == push.Unknown) && o.Why != "stopping" && o.Why != "late" && t.first(o.Why) {
			t.log.Warn("a way of sending does not take messages", "way", string(t.kind), "became", string(o.Status), "why", o.Why,
				"help", "server/REMINDERS.md says what each reason means")
		}
	}
	return outcomes
}

func (t *teller) first(why string) bool {
	now := time.Now()
	if t.now != nil {
		now = t.now()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if at, ok := t.told[why]; ok && now.Sub(at) < quietFor {
		return false
	}
	if t.told == nil {
		t.told = map[string]time.Time{}
	}
	t.told[why] = now
	return true
}

// asker is a teller of a Sender that can be asked.
type asker struct {
	*teller
	push.Asker
}
