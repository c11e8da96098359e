package main

import (
	"net/http"
	"strings"
	"syscall"
	"testing"
)

func TestPersonsLinkIsTheSameWithAndWithoutAServerAndComesAnew(t *testing.T) {
	p := newPartnership(t)
	p.on("one", "edit", "person", "new", "name=Canary Whinbrae")
	p.on("one", "sync")
	p.on("desk", "sync")
	id := p.person("desk", "Canary")
	link := func(args ...string) string {
		t.Helper()
		return p.text(append([]string{"person", "link", id, "--data", p.data}, args...)...)("link")
	}
	first := link()
	_, path, _ := strings.Cut(first, "/r/")
	opens := func(path string) int {
		t.Helper()
		res, err := http.Get(p.server.url + "/r/" + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		return res.StatusCode
	}
	if len(path) != 22 || !strings.HasPrefix(first, "http://localhost:") || opens(path) != http.StatusOK {
		t.Errorf("the link is %s, and opens with %d", first, opens(path))
	}
	second := link("--new")
	_, anew, _ := strings.Cut(second, "/r/")
	if second == first || opens(path) != http.StatusNotFound || opens(anew) != http.StatusOK {
		t.Errorf("after --new the link is %s; the former opens with %d", second, opens(path))
	}
	text := p.ok("person", "link", id, "--data", p.data)
	if !strings.Contains(text, second) || strings.Count(text, "█") < 50 {
		t.Errorf("it prints no link with a QR code:\n%s", text)
	}
	for _, wrong := range []struct {
		id   string
		code int
	}{{"00000000-0000-4000-8000-000000000000", 1}, {"Whinbrae", 2}} {
		if r := p.run("person", "link", wrong.id, "--data", p.data); r.code != wrong.code || strings.Count(r.stderr, "\n") != 1 {
			t.Errorf("person link %s: exit %d, %q", wrong.id, r.code, r.stderr)
		}
	}
	p.server.stop(syscall.SIGTERM)
	if third := link(); third != second {
		t.Errorf("without a server the link is %s, want %s", third, second)
	}
	p.ok("check", "--data", p.data)
}
