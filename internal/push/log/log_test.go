package log_test

import (
	"errors"
	"strings"
	"testing"

	"alongside/internal/push"
	"alongside/internal/push/log"
)

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("no") }

func TestEachMessageIsALine(t *testing.T) {
	batch := []push.Message{
		{ID: "m1", To: push.Target{Kind: push.SMS, Value: "07700 900123"}, Words: "You have\nsomething on."},
		{ID: "m2", To: push.Target{Kind: push.WebPush, Value: "a-secret"}, Alert: true},
		{ID: "m3", To: push.Target{Kind: push.FCM, Value: "a-secret"}},
	}
	var b strings.Builder
	want := "not sent, by sms to 07700 900123: You have something on.\nnot sent, by webpush to a device: a notification without words\n" +
		"not sent, by fcm to a device: a wake-up that shows nothing\n"
	if log.New(&b).Send(t.Context(), batch); b.String() != want {
		t.Errorf("it printed %q, want %q", b.String(), want)
	}
	for i, o := range log.New(broken{}).Send(t.Context(), batch) {
		if o.Status != push.Sent {
			t.Errorf("message %d came to %+v where nothing can be printed", i, o)
		}
	}
}
