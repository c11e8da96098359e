package pushtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
)

// FCMProject is the project of the fake FCM.
const FCMProject = "made-up-project"

// Woken is a message that FCM took.
type Woken struct {
	Token        string            `json:"token"`
	Data         map[string]string `json:"data"`
	Notification *struct {
		Title string `json:"title"`
		Body  string `json:"body"`
	} `json:"notification"`
	Android struct {
		CollapseKey string `json:"collapse_key"`
		Priority    string `json:"priority"`
		TTL         string `json:"ttl"`
	} `json:"android"`
	Raw string `json:"-"`
}

// FCM is Firebase Cloud Messaging's HTTP v1.
type FCM struct {
	provider
	got []Woken
}

// NewFCM starts one until the test ends.
func NewFCM(t testing.TB) *FCM {
	f := &FCM{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/projects/"+FCMProject+"/messages:send", f.take)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		f.fault("FCM was asked for " + r.Method + " " + r.URL.Path)
		w.WriteHeader(http.StatusNotFound)
	})
	f.serve(t, mux)
	return f
}

// Got are the messages that it took.
func (f *FCM) Got() []Woken {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.got)
}

func (f *FCM) take(w http.ResponseWriter, r *http.Request) {
	body, err := readAll(r)
	var ask struct{ Message Woken }
	if err != nil || json.Unmarshal(body, &ask) != nil || ask.Message.Token == "" {
		f.fault(fmt.Sprintf("FCM got a request that it would not take (%v)", err))
	}
	if f.moody(w, func(status int) string { return FCMError(status, "") }) {
		return
	}
	ask.Message.Raw = string(body)
	f.mu.Lock()
	f.got = append(f.got, ask.Message)
	n := len(f.got)
	f.mu.Unlock()
	_, _ = fmt.Fprintf(w, `{"name":"projects/%s/messages/%d"}`, FCMProject, n)
}

// FCMError is what FCM says with a status, and with a code of its own if that is not empty.
func FCMError(status int, code string) string {
	name := map[int]string{400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED",
		500: "INTERNAL", 503: "UNAVAILABLE"}[status]
	details := "[]"
	if code != "" {
		details = fmt.Sprintf(`[{"@type":"type.googleapis.com/google.firebase.fcm.v1.FcmError","errorCode":%q}]`, code)
	}
	return fmt.Sprintf(`{"error":{"code":%d,"message":"Canary","status":%q,"details":%s}}`, status, name, details)
}
