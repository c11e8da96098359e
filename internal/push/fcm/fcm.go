// Package fcm wakes phones through Firebase Cloud Messaging. It alone knows the Firebase SDK, whose module graph is large.
//
// Its choices:
//
//   - What goes through Google holds an opaque id and whether something is to be shown; what is shown says nothing of anybody.
//   - The SDK retries what failed on the wire and 503 by itself, for as long as a minute. Here each message is tried once: the planner decides when
//     to try again, and a dead host must not hold a sender.
//   - An answer is sorted before its error is wrapped, since the SDK's classifiers are type assertions. Its IsQuotaExceeded misses the project's own
//     quota; RESOURCE_EXHAUSTED catches both.
//   - INVALID_ARGUMENT may be the token's fault or ours, so it refuses the message and leaves the target alone.
package fcm

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"alongside/internal/push"

	firebase "firebase.google.com/go/v4"
	"firebase.google.com/go/v4/errorutils"
	"firebase.google.com/go/v4/messaging"
	"google.golang.org/api/option"
	transport "google.golang.org/api/transport/http"
)

const (
	atOnce       = 16 // messages under way
	deadline     = 15 * time.Second
	mostTTL      = 28 * 24 * time.Hour
	accountPause = 5 * time.Minute // before it is tried again when the account is wrong
	scope        = "https://www.googleapis.com/auth/firebase.messaging"
)

// What an alert shows where the app does not write it itself.
const (
	alertTitle = "Alongside"
	alertBody  = "Something has changed"
)

// Config is a Firebase project.
type Config struct {
	Project     string
	Credentials string // a file: its service account
	Endpoint    string // another server in FCM's place, which takes no credentials
	Now         func() time.Time
}

// Sender sends through one project.
type Sender struct {
	client *messaging.Client
	now    func() time.Time
}

var _ push.Sender = (*Sender)(nil)

// New reads the credentials and asks nobody.
func New(ctx context.Context, c Config) (*Sender, error) {
	base := push.Client(atOnce, deadline)
	options := []option.ClientOption{}
	if c.Endpoint != "" {
		at, err := url.Parse(c.Endpoint)
		if err != nil || at.Host == "" {
			return nil, errors.New("the endpoint of FCM is to be an address such as http://127.0.0.1:9099")
		}
		if strings.Trim(at.Path, "/") == "" {
			at.Path = "/v1"
		}
		options = append(options, option.WithEndpoint(strings.TrimRight(at.String(), "/")))
	} else {
		signed, err := transport.NewTransport(ctx, base.Transport, option.WithCredentialsFile(c.Credentials), option.WithScopes(scope))
		if err != nil {
			return nil, errors.New("the credentials of FCM cannot be used: name the JSON file of a service account of the project")
		}
		base.Transport = signed
	}
	base.Transport = &once{base.Transport}
	app, err := firebase.NewApp(ctx, &firebase.Config{ProjectID: c.Project}, append(options, option.WithHTTPClient(base))...)
	if err != nil {
		return nil, fmt.Errorf("the Firebase project: %w", err)
	}
	client, err := app.Messaging(ctx)
	if err != nil {
		return nil, fmt.Errorf("the Firebase project: %w", err)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Sender{client: client, now: c.Now}, nil
}

// Send sends each message once, by itself: of a batch one bad message fails all.
func (s *Sender) Send(ctx context.Context, batch []push.Message) []push.Outcome {
	return push.Each(ctx, batch, atOnce, s.send)
}

func (s *Sender) send(ctx context.Context, m push.Message) push.Outcome {
	ttl := min(m.Until.Sub(s.now()), mostTTL)
	if ttl <= 0 {
		return push.Outcome{Status: push.Refused, Why: "late"}
	}
	ctx, try := begin(ctx)
	defer try.end()
	name, err := s.client.Send(ctx, s.message(m, ttl))
	if err == nil {
		if name == "" {
			return push.Outcome{Status: push.Unknown, Why: "nonsense"}
		}
		return push.Outcome{Status: push.Sent}
	}
	return s.sorted(err, try)
}

func (s *Sender) message(m push.Message, ttl time.Duration) *messaging.Message {
	urgency, priority, alert := "normal", "normal", "0"
	out := &messaging.Message{Token: m.To.Value}
	if m.Alert {
		urgency, priority, alert = "high", "high", "1"
		out.Notification = &messaging.Notification{Title: alertTitle, Body: alertBody}
	}
	out.Data = map[string]string{"id": m.ID, "alert": alert}
	out.Android = &messaging.AndroidConfig{CollapseKey: m.Collapse, Priority: priority, TTL: &ttl}
	apns := map[string]string{"apns-expiration": fmt.Sprint(s.now().Add(ttl).Unix()), "apns-priority": "5", "apns-push-type": "background"}
	if m.Alert {
		apns["apns-priority"], apns["apns-push-type"] = "10", "alert"
	}
	web := map[string]string{"TTL": fmt.Sprint(int(ttl / time.Second)), "Urgency": urgency}
	if m.Collapse != "" {
		apns["apns-collapse-id"], web["Topic"] = m.Collapse, m.Collapse
	}
	out.APNS = &messaging.APNSConfig{Headers: apns, Payload: &messaging.APNSPayload{Aps: &messaging.Aps{ContentAvailable: !m.Alert}}}
	out.Webpush = &messaging.WebpushConfig{Headers: web}
	return out
}

// sorted says what became of a message that was not plainly taken.
func (s *Sender) sorted(err error, try *try) push.Outcome {
	later := func(why string, atLeast time.Duration) push.Outcome {
		return push.Outcome{Status: push.Later, After: max(push.Pause(try.header, s.now()), atLeast), Why: why}
	}
	switch {
	case messaging.IsUnregistered(err), messaging.IsSenderIDMismatch(err): // the latter: the token is of another project
		return push.Outcome{Status: push.Gone, Why: "unregistered"}
	case errorutils.IsResourceExhausted(err):
		return later("quota", time.Minute)
	case errorutils.IsUnauthenticated(err), errorutils.IsPermissionDenied(err), messaging.IsThirdPartyAuthError(err):
		return later("credentials", accountPause)
	}
	switch status := try.status; {
	case status == 0 && try.left.Load():
		return push.Lost(push.ErrNoReply)
	case status == 0 && try.met:
		return push.Lost(push.ErrNotSent)
	case status == 0: // the SDK found it wrong before it asked anybody, or there was no access token to ask with
		if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
			return push.Lost(push.ErrNotSent)
		}
		return push.Outcome{Status: push.Refused, Why: "invalid"}
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return later("credentials", accountPause)
	case status == http.StatusNotFound:
		return later("project", accountPause)
	case status == http.StatusTooManyRequests:
		return later("quota", time.Minute)
	case status >= 500:
		return later("busy", 0)
	case status >= 400:
		return push.Outcome{Status: push.Refused, Why: "invalid"}
	}
	return push.Outcome{Status: push.Unknown, Why: "nonsense"}
}
