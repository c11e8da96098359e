package pushtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// The account of the fake Notify. The numbers of its callers are Ofcom's for drama: 07700 900000 to 900999.
const (
	NotifyService  = "26785a09-ab16-4eb0-8407-a37497a57506"
	NotifySecret   = "3d844edf-8d35-48ac-975b-e847b4f122b0"
	NotifyKey      = "a_test-" + NotifyService + "-" + NotifySecret
	NotifyTemplate = "f33517ff-2a88-4f6e-b855-c550268ce08a"
)

// Text is one that Notify took.
type Text struct {
	Number    string `json:"phone_number"`
	Template  string `json:"template_id"`
	Reference string `json:"reference"`
	Values    struct {
		Words string `json:"words"`
	} `json:"personalisation"`
	Status string `json:"-"` // what Notify says of it when it is asked
}

// Notify is GOV.UK Notify, as far as texts go.
type Notify struct {
	provider
	texts []Text
	lose  bool
}

// NewNotify starts one until the test ends.
func NewNotify(t testing.TB) *Notify {
	n := &Notify{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v2/notifications/sms", n.send)
	mux.HandleFunc("GET /v2/notifications", n.list)
	n.serve(t, mux)
	return n
}

// Texts are those that it took.
func (n *Notify) Texts() []Text {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.texts)
}

// Say sets what it says of a text when it is asked.
func (n *Notify) Say(reference, status string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i := range n.texts {
		if n.texts[i].Reference == reference {
			n.texts[i].Status = status
		}
	}
}

// LoseReplies has it take texts, and close the connection in place of saying so.
func (n *Notify) LoseReplies(lose bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lose = lose
}

func (n *Notify) send(w http.ResponseWriter, r *http.Request) {
	var text Text
	body, err := readAll(r)
	if err != nil || json.Unmarshal(body, &text) != nil || text.Reference == "" || !strings.HasPrefix(text.Number, "+") {
		n.fault(fmt.Sprintf("Notify got a request that it would not take (%v)", err))
	}
	if n.moody(w, notifyError) || !n.known(w, r) {
		return
	}
	if text.Template != NotifyTemplate {
		http.Error(w, `{"status_code":400,"errors":[{"error":"BadRequestError","message":"Template not found"}]}`, http.StatusBadRequest)
		return
	}
	text.Status = "created"
	n.mu.Lock()
	n.texts = append(n.texts, text)
	id, lose := fmt.Sprintf("740e5834-3a29-46b4-9a6f-%012d", len(n.texts)), n.lose
	n.mu.Unlock()
	if lose {
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(map[string]any{"id": id, "reference": text.Reference, "content": map[string]string{"body": text.Values.Words}})
}

func (n *Notify) list(w http.ResponseWriter, r *http.Request) {
	if n.moody(w, notifyError) || !n.known(w, r) {
		return
	}
	type row struct {
		Reference string `json:"reference"`
		Status    string `json:"status"`
	}
	rows := []row{}
	for _, text := range n.Texts() {
		if text.Reference == r.URL.Query().Get("reference") {
			rows = append(rows, row{text.Reference, text.Status})
		}
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"notifications": rows, "links": map[string]string{}})
}

// known verifies the token as Notify does: HS256 with the secret, of the service, and not older than 30 seconds.
func (n *Notify) known(w http.ResponseWriter, r *http.Request) bool {
	claims := jwt.RegisteredClaims{}
	scheme, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	_, err := jwt.ParseWithClaims(text, &claims, func(*jwt.Token) (any, error) { return []byte(NotifySecret), nil }, jwt.WithValidMethods([]string{"HS256"}))
	if err == nil && scheme == "Bearer" && claims.Issuer == NotifyService && claims.IssuedAt != nil {
		return true
	}
	w.WriteHeader(http.StatusForbidden)
	_, _ = io.WriteString(w, notifyError(http.StatusForbidden))
	return false
}

func notifyError(status int) string {
	kind, text := "Exception", "Internal server error"
	switch status {
	case 400:
		kind, text = "ValidationError", "phone_number Not enough digits"
	case 403:
		kind, text = "AuthError", "Invalid token: API key not found"
	case 404:
		kind, text = "NoResultFound", "No result found"
	case 429:
		kind, text = "RateLimitError", "Exceeded rate limit for key type LIVE of 3000 requests per 60 seconds"
	}
	return fmt.Sprintf(`{"status_code":%d,"errors":[{"error":%q,"message":%q}]}`, status, kind, text)
}

func readAll(r *http.Request) ([]byte, error) { return io.ReadAll(io.LimitReader(r.Body, 1<<20)) }
