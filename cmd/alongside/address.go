package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// webAddress is where people find the server, without a slash at its end; empty: not said.
type webAddress string

func (a *webAddress) UnmarshalText(text []byte) error {
	u, err := url.Parse(string(text))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("is to be an address such as https://alongside.example.org")
	}
	*a = webAddress(strings.TrimRight(u.String(), "/"))
	return nil
}

// listenAddress is HOST:PORT; an empty host is every address of the machine.
type listenAddress string

func (a *listenAddress) UnmarshalText(text []byte) error {
	_, port, err := net.SplitHostPort(string(text))
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil || port == "" {
		return errors.New("is to be HOST:PORT, such as 127.0.0.1:8080; port 0 picks a free one")
	}
	*a = listenAddress(text)
	return nil
}

// network is a range of addresses.
type network struct{ netip.Prefix }

func (n *network) UnmarshalText(text []byte) (err error) {
	if n.Prefix, err = netip.ParsePrefix(strings.TrimSpace(string(text))); err != nil {
		return fmt.Errorf("%q is no network: write 10.0.0.0/8, or one address as 192.0.2.1/32", text)
	}
	return nil
}

// loopback reports whether only this machine reaches the address.
func (a listenAddress) loopback() bool {
	host, _, _ := net.SplitHostPort(string(a))
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
