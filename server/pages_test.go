package server

import (
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
)

// built is what a build of the field app looks like, with a console beside it if asked for.
func built(console bool) fstest.MapFS {
	m := fstest.MapFS{}
	for name, text := range map[string]string{
		"app/index.html":              "<title>the field app</title>",
		"app/index.html.gz":           "home, gzipped",
		"app/index.html.br":           "home in brotli",
		"app/sw.js":                   "// the service worker",
		"app/manifest.webmanifest":    `{"name":"Alongside"}`,
		"app/icons/192.png":           "a picture",
		"app/assets/main-1A2B.js":     "// the program",
		"app/assets/main-1A2B.js.gz":  "program, gzipped",
		"app/assets/main-1A2B.js.br":  "program in brotli",
		"app/assets/look-1A2B.css":    "body {}",
		"app/assets/look-1A2B.css.gz": "look, gzipped",
		"app/assets/hash-1A2B.wasm":   "wasm",
	} {
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	if console {
		m["console/index.html"] = &fstest.MapFile{Data: []byte("<title>the console</title>")}
	}
	return m
}

func TestPagesOfWhatWasNotBuiltSayHowToBuildIt(t *testing.T) {
	r := start(t, Config{Apps: fstest.MapFS{}})
	for path, to := range map[string]string{"/": "/app/", "/app": "/app/", "/console": "/console/", "/app/people/one": "/app/", "/console/x/": "/console/"} {
		if res, _ := r.request("GET", path, "", ""); res.StatusCode != http.StatusFound || res.Header.Get("Location") != to {
			t.Errorf("%s gave %s to %q, want a redirection to %s", path, res.Status, res.Header.Get("Location"), to)
		}
	}
	for _, path := range []string{"/app/", "/console/"} {
		res, body := r.request("GET", path, "", "")
		if res.StatusCode != http.StatusOK || !strings.Contains(body, "make build") {
			t.Errorf("%s: %s, and no word of how to build the app", path, res.Status)
		}
	}
}

func TestConsoleIsServedAsItWasBuilt(t *testing.T) {
	r := start(t, Config{Apps: built(true)})
	if _, body := r.request("GET", "/console/", "", ""); body != "<title>the console</title>" {
		t.Errorf("the console says %q, and was built", body)
	}
}

func TestAppIsServedAsItWasBuilt(t *testing.T) {
	r := start(t, Config{Apps: built(false)})
	const home, html = "<title>the field app</title>", "text/html; charset=utf-8"
	const checked, kept = "no-cache", "public, max-age=31536000, immutable"
	for _, tt := range []struct{ path, accept, kind, cache, coding, body string }{
		{"/app/", "identity", html, checked, "", home},
		{"/app/", "gzip, deflate, br, zstd", html, checked, "br", "home in brotli"},
		{"/app/", "br;q=0.5, gzip", html, checked, "gzip", "home, gzipped"},
		{"/app/", "br;q=0, gzip;q=0", html, checked, "", home},
		{"/app/index.html", "identity", html, checked, "", home},
		{"/app/sw.js", "gzip, br", "text/javascript; charset=utf-8", checked, "", "// the service worker"},
		{"/app/manifest.webmanifest", "br", "application/manifest+json", checked, "", `{"name":"Alongside"}`},
		{"/app/icons/192.png", "br", "image/png", checked, "", "a picture"},
		{"/app/assets/main-1A2B.js", "br", "text/javascript; charset=utf-8", kept, "br", "program in brotli"},
		{"/app/assets/look-1A2B.css", "gzip, br", "text/css; charset=utf-8", kept, "gzip", "look, gzipped"},
		{"/app/assets/hash-1A2B.wasm", "gzip, br", "application/wasm", kept, "", "wasm"},
	} {
		for _, method := range []string{"GET", "HEAD"} {
			want := tt.body
			if method == "HEAD" {
				want = ""
			}
			res, body := r.request(method, tt.path, "", "", "Accept-Encoding", tt.accept)
			if res.StatusCode != http.StatusOK || body != want {
				t.Errorf("%s %s (%s): %s %q, want %q", method, tt.path, tt.accept, res.Status, body, want)
			}
			for name, want := range map[string]string{"Content-Type": tt.kind, "Cache-Control": tt.cache, "Content-Encoding": tt.coding} {
				if got := res.Header.Get(name); got != want {
					t.Errorf("%s %s (%s): %s is %q, want %q", method, tt.path, tt.accept, name, got, want)
				}
			}
			if res.ContentLength != int64(len(tt.body)) {
				t.Errorf("%s %s (%s): length %d, want %d", method, tt.path, tt.accept, res.ContentLength, len(tt.body))
			}
		}
	}
}

func TestFileOfWhichThereAreSeveralFormsVariesByEncoding(t *testing.T) {
	r := start(t, Config{Apps: built(false)})
	tags := map[string]bool{}
	for _, accept := range []string{"identity", "gzip", "br"} {
		res, _ := r.request("GET", "/app/", "", "", "Accept-Encoding", accept)
		if got := res.Header.Get("Vary"); got != "Accept-Encoding" {
			t.Errorf("%s: Vary is %q", accept, got)
		}
		tags[res.Header.Get("ETag")] = true
	}
	if len(tags) != 3 {
		t.Errorf("three forms have the tags %v", tags)
	}
	if res, _ := r.request("GET", "/app/sw.js", "", ""); res.Header.Get("Vary") != "" {
		t.Errorf("a file of one form varies by %q", res.Header.Get("Vary"))
	}
}

func TestFileThatTheBrowserHasIsNotSentAgain(t *testing.T) {
	r := start(t, Config{Apps: built(false)})
	for _, path := range []string{"/app/", "/app/sw.js", "/app/assets/main-1A2B.js"} {
		first, _ := r.request("GET", path, "", "", "Accept-Encoding", "br")
		tag := first.Header.Get("ETag")
		if !strings.HasPrefix(tag, `"`) || len(tag) < 12 {
			t.Fatalf("%s: ETag %q", path, tag)
		}
		for _, had := range []string{tag, "W/" + tag, `"other", ` + tag, "*"} {
			res, body := r.request("GET", path, "", "", "Accept-Encoding", "br", "If-None-Match", had)
			if res.StatusCode != http.StatusNotModified || body != "" || res.Header.Get("ETag") != tag || res.Header.Get("Cache-Control") == "" {
				t.Errorf("%s with %s: %s %q, ETag %q", path, had, res.Status, body, res.Header.Get("ETag"))
			}
		}
		if res, _ := r.request("GET", path, "", "", "Accept-Encoding", "br", "If-None-Match", `"other"`); res.StatusCode != http.StatusOK {
			t.Errorf("%s with another tag: %s", path, res.Status)
		}
		if res, _ := r.request("GET", path, "", "", "Accept-Encoding", "identity", "If-None-Match", tag); res.StatusCode != http.StatusOK && path != "/app/sw.js" {
			t.Errorf("%s as it is, with the tag of another form: %s", path, res.Status)
		}
	}
}

func TestWhatIsNoFileOfAnAppIsNotThere(t *testing.T) {
	apps := built(false)
	apps["secret.html"] = &fstest.MapFile{Data: []byte("a secret")}
	r := start(t, Config{Apps: apps})
	for _, path := range []string{
		"/app/assets/gone-1A2B.js", "/app/assets/", "/app/assets/gone", "/app/favicon.ico", "/app/index.html.br", "/app/assets/main-1A2B.js.gz",
		"/app/../secret.html", "/app/%2e%2e/secret.html", "/app/..%2fsecret.html", "/app/%2e%2e/%2e%2e/etc/passwd", "/app/..", "/app//people",
		"/app/console/../../secret.html", "/app/..%5csecret.html",
	} {
		res, body := r.request("GET", path, "", "", "Accept-Encoding", "identity")
		if res.StatusCode != http.StatusNotFound || res.Header.Get("Content-Type") != "text/plain; charset=UTF-8" || strings.Contains(body, "secret") {
			t.Errorf("%s: %s %s %q, want 404 in plain text", path, res.Status, res.Header.Get("Content-Type"), body)
		}
	}
	if res, _ := r.request("POST", "/app/", "", "x"); res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST /app/: %s, want 405", res.Status)
	}
}

func TestAppMayDoNothingButRunItsOwnFilesAndAskItsOwnServer(t *testing.T) {
	r := start(t, Config{Apps: built(false)})
	const want = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
		"connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
	for _, path := range []string{"/app/", "/app/sw.js", "/app/assets/main-1A2B.js"} { // a worker's policy is that of its file
		res, _ := r.request("GET", path, "", "", "Accept-Encoding", "identity")
		for name, want := range map[string]string{
			"Content-Security-Policy": want, "Cross-Origin-Opener-Policy": "same-origin", "Referrer-Policy": "no-referrer",
			"X-Content-Type-Options": "nosniff",
		} {
			if got := res.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
		for _, closed := range []string{"camera=()", "microphone=()", "geolocation=()"} {
			if got := res.Header.Get("Permissions-Policy"); !strings.Contains(got, closed) {
				t.Errorf("%s: Permissions-Policy %q lacks %s", path, got, closed)
			}
		}
	}
	res, _ := r.request("GET", "/console/", "", "")
	if got := res.Header.Get("Content-Security-Policy"); strings.Contains(got, "script-src") || !strings.HasPrefix(got, "default-src 'none'") {
		t.Errorf("a plain page may run scripts: %q", got)
	}
}
