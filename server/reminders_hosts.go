package server

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// knownPushHosts are those of the browsers that there are.
var knownPushHosts = []string{
	"fcm.googleapis.com", "updates.push.services.mozilla.com", "web.push.apple.com", "*.push.apple.com", "*.notify.windows.com",
}

// pushHost says whether the server sends to a push service: where a browser says that it is to send is whatever whoever holds it likes, such as a
// machine that only this server reaches. An entry is a host, or one with its port; with *. in front, every host below it.
func (c Config) pushHost(at *url.URL) bool {
	hosts := knownPushHosts
	if c.Reminders != nil && len(c.Reminders.Web.Hosts) > 0 {
		hosts = c.Reminders.Web.Hosts
	}
	host := strings.ToLower(at.Hostname())
	if at.Scheme != "https" && !(at.Scheme == "http" && isLoopback(host)) || host == "" || at.User != nil {
		return false
	}
	return slices.ContainsFunc(hosts, func(allowed string) bool {
		allowed = strings.ToLower(allowed)
		if name, port, ok := strings.Cut(allowed, ":"); ok && !strings.Contains(port, ":") {
			return host == name && at.Port() == port
		}
		if at.Port() != "" && !isLoopback(host) {
			return false
		}
		below, all := strings.CutPrefix(allowed, "*.")
		return host == allowed || all && strings.HasSuffix(host, "."+below)
	})
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
