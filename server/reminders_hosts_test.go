package server

import (
	"net/url"
	"testing"
)

func TestOnlyKnownPushServicesAreSentTo(t *testing.T) {
	for _, test := range []struct {
		hosts []string
		to    string
		want  bool
	}{
		{nil, "https://fcm.googleapis.com/fcm/send/x", true},
		{nil, "https://FCM.googleapis.com/fcm/send/x", true},
		{nil, "https://updates.push.services.mozilla.com/wpush/v2/x", true},
		{nil, "https://web.push.apple.com/x", true},
		{nil, "https://wns2-am3p.notify.windows.com/w/?token=x", true},
		{nil, "http://fcm.googleapis.com/x", false},
		{nil, "https://fcm.googleapis.com:8443/x", false},
		{nil, "https://fcm.googleapis.com.evil.example/x", false},
		{nil, "https://evilnotify.windows.com/x", false},
		{nil, "https://notify.windows.com/x", false},
		{nil, "https://x@fcm.googleapis.com/x", false},
		{nil, "https://127.0.0.1/x", false},
		{nil, "https://169.254.169.254/latest", false},
		{nil, "https://[::1]/x", false},
		{nil, "file:///etc/passwd", false},
		{nil, "https:///x", false},
		{[]string{"push.example"}, "https://push.example/x", true},
		{[]string{"push.example"}, "https://fcm.googleapis.com/x", false},
		{[]string{"push.example:8443"}, "https://push.example:8443/x", true},
		{[]string{"push.example:8443"}, "https://push.example/x", false},
		{[]string{"127.0.0.1"}, "http://127.0.0.1:9000/x", true},
		{[]string{"127.0.0.1:9000"}, "http://127.0.0.1:9001/x", false},
		{[]string{"push.example"}, "http://push.example/x", false},
	} {
		at, err := url.Parse(test.to)
		if err != nil {
			t.Fatal(err)
		}
		if got := (Config{Reminders: &Reminders{Web: WebPush{Hosts: test.hosts}}}).pushHost(at); got != test.want {
			t.Errorf("%s with %v: %v, want %v", test.to, test.hosts, got, test.want)
		}
	}
	if at, _ := url.Parse("https://web.push.apple.com/x"); !(Config{}).pushHost(at) {
		t.Error("the known hosts do not hold where nothing is set")
	}
}
