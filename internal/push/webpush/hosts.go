package webpush

import (
	"net"
	"net/url"
	"slices"
	"strings"
)

// KnownHosts are the push services of the browsers that there are: Chrome and those made of it, Firefox, Edge, Safari. One with a dot in front
// stands for every host below it.
var KnownHosts = []string{"fcm.googleapis.com", "updates.push.services.mozilla.com", ".push.services.mozilla.com", ".notify.windows.com",
	"web.push.apple.com", ".push.apple.com"}

// Allowed says which addresses may be sent to: those of the hosts given, or of KnownHosts if there are none. A host by its name is asked over TLS at
// the usual port. One of this machine that is named with its port is asked there, also in plain.
func Allowed(hosts []string) func(*url.URL) bool {
	if len(hosts) == 0 {
		hosts = KnownHosts
	}
	var names, below, here []string
	for _, h := range hosts {
		h = strings.ToLower(strings.TrimSuffix(h, "."))
		switch host, _, err := net.SplitHostPort(h); {
		case err == nil && loopback(host):
			here = append(here, h)
		case strings.HasPrefix(h, "*."), strings.HasPrefix(h, "."):
			below = append(below, strings.TrimPrefix(h, "*"))
		default:
			names = append(names, h)
		}
	}
	return func(u *url.URL) bool {
		if u.User != nil || u.Fragment != "" || u.Opaque != "" {
			return false
		}
		if (u.Scheme == "http" || u.Scheme == "https") && slices.Contains(here, strings.ToLower(u.Host)) {
			return true
		}
		name := strings.ToLower(u.Hostname())
		if u.Scheme != "https" || u.Port() != "" && u.Port() != "443" || net.ParseIP(name) != nil {
			return false
		}
		return slices.Contains(names, name) || slices.ContainsFunc(below, func(end string) bool { return strings.HasSuffix(name, end) && len(name) > len(end) })
	}
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
