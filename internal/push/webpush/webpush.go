// Package webpush reaches browsers by the push services of their makers (RFC 8030), encrypted for the browser (RFC 8291) and signed with the
// server's own key (VAPID, RFC 8292).
//
// Its choices:
//
//   - A subscription is what a stranger's browser says, and it names an address that the server is to ask. So hosts are allow-listed, before a
//     subscription is kept and again before each message; nothing is asked in plain but a host that was named with its port, for a test; no
//     redirect is followed; and the server's answer says nothing of what was answered.
//   - The payload is the message's id and whether it shows something. Words are in the browser already.
//   - A service that says that our key is not the one the browser subscribed to refuses that message: another way may take it.
package webpush

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"alongside/internal/push"

	lib "github.com/SherClockHolmes/webpush-go"
)

const (
	atOnce   = 16 // messages under way
	deadline = 15 * time.Second
	record   = 512            // bytes of the encrypted payload, padding included
	mostTTL  = 28 * 24 * 3600 // seconds; more is refused by some
	mostSize = 2048           // bytes of a subscription
)

// Config is the server as push services know it.
type Config struct {
	Public, Private string // the key, as base64url
	Subject         string // mailto: or https:, whom a service reaches about this server
	Allowed         func(*url.URL) bool
	Now             func() time.Time
}

// Sender sends to browsers.
type Sender struct {
	config Config
	http   *http.Client
}

var _ push.Sender = (*Sender)(nil)

// New makes a Sender.
func New(c Config) (*Sender, error) {
	if c.Public == "" || c.Private == "" || c.Subject == "" || c.Allowed == nil {
		return nil, errors.New("a sender of web push needs a key, a subject and its hosts")
	}
	c.Subject = strings.TrimPrefix(c.Subject, "mailto:") // the library puts it in front again
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Sender{config: c, http: push.Client(atOnce, deadline)}, nil
}

// Send sends each message once.
func (s *Sender) Send(ctx context.Context, batch []push.Message) []push.Outcome {
	return push.Each(ctx, batch, atOnce, s.send)
}

func (s *Sender) send(ctx context.Context, m push.Message) push.Outcome {
	to, err := read(m.To.Value)
	if err != nil {
		return push.Outcome{Status: push.Gone, Why: "subscription"}
	}
	if at, err := url.Parse(to.Endpoint); err != nil || !s.config.Allowed(at) {
		return push.Outcome{Status: push.Refused, Why: "host"}
	}
	ttl := int(m.Until.Sub(s.config.Now()) / time.Second)
	if ttl <= 0 {
		return push.Outcome{Status: push.Refused, Why: "late"}
	}
	payload, err := json.Marshal(struct {
		ID    string `json:"id"`
		Alert bool   `json:"alert"`
	}{m.ID, m.Alert})
	if err != nil {
		return push.Outcome{Status: push.Refused, Why: "refused"}
	}
	urgency := lib.UrgencyNormal
	if m.Alert {
		urgency = lib.UrgencyHigh
	}
	ctx, left := push.Tracked(ctx)
	res, err := lib.SendNotificationWithContext(ctx, payload, to, &lib.Options{HTTPClient: s.http, RecordSize: record, Topic: m.Collapse, TTL: min(ttl, mostTTL),
		Urgency: urgency, Subscriber: s.config.Subject, VAPIDPublicKey: s.config.Public, VAPIDPrivateKey: s.config.Private})
	got, err := push.Answer(res, err, left)
	if err != nil {
		return push.Lost(err)
	}
	return s.sorted(got)
}

func (s *Sender) sorted(got push.Reply) push.Outcome {
	switch code := got.Status; {
	case code == http.StatusOK, code == http.StatusCreated, code == http.StatusAccepted:
		return push.Outcome{Status: push.Sent}
	case code == http.StatusNotFound, code == http.StatusGone:
		return push.Outcome{Status: push.Gone, Why: "unsubscribed"}
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return push.Outcome{Status: push.Refused, Why: "vapid"}
	case code == http.StatusTooManyRequests, code >= 500:
		return push.Outcome{Status: push.Later, After: push.Pause(got.Header, s.config.Now()), Why: "busy"}
	case code >= 400:
		return push.Outcome{Status: push.Refused, Why: "refused"}
	}
	return push.Outcome{Status: push.Unknown, Why: "nonsense"}
}

// Valid says whether a subscription could be sent to. Its error may be shown to whoever sent it.
func Valid(value string, allowed func(*url.URL) bool) error {
	to, err := read(value)
	if err != nil {
		return err
	}
	if at, err := url.Parse(to.Endpoint); err != nil || !allowed(at) {
		return errors.New("this server sends to no such push service; its operator may allow it with --push-hosts")
	}
	return nil
}

func read(value string) (*lib.Subscription, error) {
	var to lib.Subscription
	if len(value) > mostSize || json.Unmarshal([]byte(value), &to) != nil || to.Endpoint == "" {
		return nil, errors.New("this is no subscription: send what PushSubscription.toJSON() gives")
	}
	for _, key := range []struct {
		name, text string
		size       int
	}{{"p256dh", to.Keys.P256dh, 65}, {"auth", to.Keys.Auth, 16}} {
		raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(key.text), "="))
		if err != nil || len(raw) != key.size {
			return nil, fmt.Errorf("keys.%s of the subscription is not of %d bytes in base64url", key.name, key.size)
		}
	}
	return &to, nil
}
