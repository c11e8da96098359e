package pushtest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"alongside/internal/push"
)

// Rate reports how many messages a minute a sender gets rid of at a provider that takes 200 ms for each.
func Rate(b *testing.B, make func(url string) (push.Sender, push.Message), status int, answer string) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(200 * time.Millisecond)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(answer))
	}))
	defer s.Close()
	sender, message := make(s.URL)
	const size = 100
	batch := []push.Message{}
	for i := range size {
		m := message
		m.ID = fmt.Sprint(message.ID, i)
		batch = append(batch, m)
	}
	for b.Loop() {
		for _, o := range sender.Send(b.Context(), batch) {
			if o.Status != push.Sent {
				b.Fatalf("a message came to %+v", o)
			}
		}
	}
	b.ReportMetric(float64(b.N*size)/b.Elapsed().Minutes(), "messages/min")
}
