package webpush

import (
	"net"
	"net/url"
	"slices"
	"strings"
)

// KnownHosts are the push services of the browsers that there are: Chrome and those made of it, Firefox, Edge, Safari.
var KnownHosts = []string{"fcm.googleapis.com", "updates.push.services.mozilla.com", "*.push.services.mozilla.com", "*.notify.windows.com",
	"web.push.apple.com", "*.push.apple.com"}

// Allowed says which addresses may be sent to: those of the hosts given, or of KnownHosts if there are none. Where a browser says that it is to be
// sent is whatever whoever holds it likes, such as a machine that only this server reaches. An entry is a host, at the usual port, or one with
// its port; with *. or a dot in front it is every host below it. All are asked over TLS but those of this machine.
func Allowed(hosts []string) func(*url.URL) bool {
	if len(hosts) == 0 {
		hosts = KnownHosts
	}
	entries := make([]string, len(hosts))
	for i, h := range hosts {
		entries[i] = strings.TrimPrefix(strings.ToLower(h), "*")
	}
	return func(u *url.URL) bool {
		host, port := strings.ToLower(u.Hostname()), u.Port()
		here := loopback(host)
		if u.User != nil || u.Opaque != "" || u.Fragment != "" || host == "" || u.Scheme != "https" && (u.Scheme != "http" || !here) {
			return false
		}
		return slices.ContainsFunc(entries, func(entry string) bool {
			if name, at, err := net.SplitHostPort(entry); err == nil {
				return host == name && port == at
			}
			if port != "" && port != "443" && !here {
				return false
			}
			if strings.HasPrefix(entry, ".") {
				return strings.HasSuffix(host, entry) && len(host) > len(entry)
			}
			return host == entry
		})
	}
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
