package sms

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"alongside/internal/push"

	"github.com/golang-jwt/jwt/v5"
)

// NotifyEndpoint is where GOV.UK Notify answers.
const NotifyEndpoint = "https://api.notifications.service.gov.uk"

const (
	notifyAtOnce   = 16 // requests under way
	notifyDeadline = 20 * time.Second
	accountPause   = 5 * time.Minute // before it is tried again when the account is wrong
)

// NotifyConfig is a service's account.
type NotifyConfig struct {
	Key      string // name, service id and secret, as Notify shows it once
	Template string // whose only placeholder is ((words))
	Endpoint string // empty: NotifyEndpoint
	Now      func() time.Time
}

// Notify sends by GOV.UK Notify.
type Notify struct {
	config          NotifyConfig
	service, secret string
	http            *http.Client
}

const uuid = `[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`

var (
	keyForm  = regexp.MustCompile(`^(?:.*-)?(` + uuid + `)-(` + uuid + `)$`)
	uuidForm = regexp.MustCompile(`^` + uuid + `$`)
)

// NewNotify takes an account. Its errors say what is wrong with the settings, without them.
func NewNotify(c NotifyConfig) (*Notify, error) {
	key := keyForm.FindStringSubmatch(strings.TrimSpace(c.Key))
	if key == nil {
		return nil, errors.New("the key of Notify is to be as its page shows it once: a name, the service's id and a secret, with hyphens between")
	}
	if !uuidForm.MatchString(c.Template) {
		return nil, errors.New("the template of Notify is to be its id, such as f33517ff-2a88-4f6e-b855-c550268ce08a")
	}
	if c.Endpoint == "" {
		c.Endpoint = NotifyEndpoint
	}
	if u, err := url.Parse(c.Endpoint); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, errors.New("the endpoint of Notify is to be an address such as " + NotifyEndpoint)
	}
	c.Endpoint = strings.TrimRight(c.Endpoint, "/")
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Notify{config: c, service: key[1], secret: key[2], http: push.Client(notifyAtOnce, notifyDeadline)}, nil
}

// Send sends each text once.
func (n *Notify) Send(ctx context.Context, batch []push.Message) []push.Outcome {
	return push.Each(ctx, batch, notifyAtOnce, n.send)
}

func (n *Notify) send(ctx context.Context, m push.Message) push.Outcome {
	number, err := push.Number(m.To.Value)
	if err != nil {
		return push.Outcome{Status: push.Gone, Why: "number"}
	}
	if !m.Until.IsZero() && !n.config.Now().Before(m.Until) {
		return push.Outcome{Status: push.Refused, Why: "late"}
	}
	got, err := n.ask(ctx, http.MethodPost, "/v2/notifications/sms", map[string]any{
		"phone_number": number, "template_id": n.config.Template, "personalisation": map[string]string{"words": m.Words}, "reference": m.ID})
	if err != nil {
		return push.Lost(err)
	}
	if got.Status == http.StatusCreated {
		var made struct {
			ID string `json:"id"`
		}
		if json.Unmarshal(got.Body, &made) != nil || made.ID == "" {
			return push.Outcome{Status: push.Unknown, Why: "nonsense"}
		}
		return push.Outcome{Status: push.Sent}
	}
	return n.refused(got)
}

// refused sorts an answer that is not that it was taken.
func (n *Notify) refused(got push.Reply) push.Outcome {
	var said struct {
		Errors []struct {
			Error   string `json:"error"`
			Message string `json:"message"`
		} `json:"errors"`
	}
	if json.Unmarshal(got.Body, &said) != nil || len(said.Errors) == 0 {
		switch {
		case got.Status >= 500, got.Status == http.StatusTooManyRequests:
			return push.Outcome{Status: push.Later, After: push.Pause(got.Header, n.config.Now()), Why: "busy"}
		case got.Status >= 300:
			return push.Outcome{Status: push.Later, After: accountPause, Why: "address"} // whoever answers is not Notify
		}
		return push.Outcome{Status: push.Unknown, Why: "nonsense"}
	}
	kind, text := said.Errors[0].Error, strings.ToLower(said.Errors[0].Message)
	pause := push.Pause(got.Header, n.config.Now())
	switch {
	case got.Status == http.StatusTooManyRequests && kind == "TooManyRequestsError": // the day's limit, which ends at midnight
		if pause == 0 {
			pause = n.untilMidnight()
		}
		return push.Outcome{Status: push.Later, After: pause, Why: "daily_limit"}
	case got.Status == http.StatusTooManyRequests:
		return push.Outcome{Status: push.Later, After: max(pause, time.Minute), Why: "limit"}
	case got.Status >= 500:
		return push.Outcome{Status: push.Later, After: pause, Why: "busy"}
	case got.Status == http.StatusBadRequest && strings.Contains(text, "phone_number"):
		return push.Outcome{Status: push.Gone, Why: "number"}
	case got.Status == http.StatusBadRequest && kind == "BadRequestError" && (strings.Contains(text, "team") || strings.Contains(text, "trial")):
		return push.Outcome{Status: push.Later, After: accountPause, Why: "trial"}
	case got.Status == http.StatusBadRequest && (strings.Contains(text, "template") || strings.Contains(text, "personalisation")):
		return push.Outcome{Status: push.Later, After: accountPause, Why: "template"}
	case got.Status == http.StatusUnauthorized, got.Status == http.StatusForbidden, got.Status == http.StatusNotFound:
		return push.Outcome{Status: push.Later, After: accountPause, Why: "key"}
	}
	return push.Outcome{Status: push.Refused, Why: "refused"}
}

// untilMidnight is how long Notify's day still lasts.
func (n *Notify) untilMidnight() time.Duration {
	now := n.config.Now().UTC()
	return now.Truncate(24*time.Hour).AddDate(0, 0, 1).Sub(now)
}

// Ask asks by our id what became of a text.
func (n *Notify) Ask(ctx context.Context, id string) (push.Outcome, bool) {
	got, err := n.ask(ctx, http.MethodGet, "/v2/notifications?reference="+url.QueryEscape(id), nil)
	if err != nil {
		return push.Outcome{Status: push.Later, Why: "unreachable"}, false
	}
	var known struct {
		Notifications *[]struct {
			Reference string `json:"reference"`
			Status    string `json:"status"`
		} `json:"notifications"`
	}
	if got.Status != http.StatusOK || json.Unmarshal(got.Body, &known) != nil || known.Notifications == nil {
		return push.Outcome{Status: push.Later, After: push.Pause(got.Header, n.config.Now()), Why: "busy"}, false
	}
	for _, one := range *known.Notifications {
		if one.Reference == id {
			return came(one.Status), true
		}
	}
	return push.Outcome{}, false
}

// came is what a status of Notify's means.
func came(status string) push.Outcome {
	switch status {
	case "permanent-failure":
		return push.Outcome{Status: push.Gone, Why: "number"}
	case "temporary-failure", "technical-failure", "validation-failed":
		return push.Outcome{Status: push.Refused, Why: strings.ReplaceAll(status, "-", "_")}
	}
	return push.Outcome{Status: push.Sent} // created, sending, pending, sent, delivered
}

func (n *Notify) ask(ctx context.Context, method, path string, body any) (push.Reply, error) {
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"iss": n.service, "iat": n.config.Now().Unix()}).SignedString([]byte(n.secret))
	if err != nil {
		return push.Reply{}, push.ErrNotSent
	}
	text := []byte{}
	if body != nil {
		if text, err = json.Marshal(body); err != nil {
			return push.Reply{}, push.ErrNotSent
		}
	}
	ctx, left := push.Tracked(ctx)
	req, err := http.NewRequestWithContext(ctx, method, n.config.Endpoint+path, bytes.NewReader(text))
	if err != nil {
		return push.Reply{}, push.ErrNotSent
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "alongside")
	res, err := n.http.Do(req)
	return push.Answer(res, err, left)
}
