package server

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io/fs"
	"net/http"
	"path"
	"strings"

	mobileapi "alongside/mobile-api"
	"alongside/server/web"

	"github.com/labstack/echo/v4"
)

const (
	// policy is what an app may do: nothing but run its own files and ask its own server. 'wasm-unsafe-eval' lets it
	// compile WebAssembly, which derives the key from a PIN, and not evaluate text.
	policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; " +
		"font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'none'; " +
		"frame-ancestors 'none'; base-uri 'none'"
	// plainPolicy is what a page of one file may do.
	plainPolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
	// permissions closes what no app asks a device for.
	permissions = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), " +
		"magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=()"

	always  = "no-cache"                            // asked for anew each time, and answered 304
	forever = "public, max-age=31536000, immutable" // its name changes when it does
)

// kinds are the types of what the apps are built to.
var kinds = map[string]string{
	".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8", ".ico": "image/x-icon",
	".js": "text/javascript; charset=utf-8", ".json": "application/json", ".map": "application/json", ".png": "image/png",
	".svg": "image/svg+xml", ".txt": "text/plain; charset=utf-8", ".wasm": "application/wasm",
	".webmanifest": "application/manifest+json", ".webp": "image/webp", ".woff2": "font/woff2",
}

// codings are those that files stand packed in, by the ending of the packed file's name; what is smaller comes last.
var codings = []struct{ name, ending string }{{"gzip", ".gz"}, {"br", ".br"}}

// apps are the web apps' files by their path, all of them in memory: no path that a browser sends ever meets a disk.
type apps map[string]*appFile

// appFile is one file of an app, as it is and as it was packed.
type appFile struct {
	kind   string
	tag    string            // names the content, without quotes
	keep   string            // for how long a browser may keep it
	policy string            // of what it may do
	packed map[string][]byte // by content coding; "" is as it is
}

// readApps reads what was built.
func readApps(built fs.FS) (apps, error) {
	all := apps{}
	err := fs.WalkDir(built, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || packedForm(name) {
			return err
		}
		f, err := readAppFile(built, name)
		all[name] = f
		return err
	})
	return all, err
}

func packedForm(name string) bool {
	for _, c := range codings {
		if strings.HasSuffix(name, c.ending) {
			return true
		}
	}
	return false
}

func readAppFile(built fs.FS, name string) (*appFile, error) {
	b, err := fs.ReadFile(built, name)
	if err != nil {
		return nil, err
	}
	f := newAppFile(name, b)
	for _, c := range codings {
		b, err := fs.ReadFile(built, name+c.ending)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		f.packed[c.name] = b
	}
	return f, nil
}

func newAppFile(name string, b []byte) *appFile {
	sum := sha256.Sum256(b)
	f := &appFile{kind: kinds[path.Ext(name)], tag: base64.RawURLEncoding.EncodeToString(sum[:12]), keep: always, policy: policy,
		packed: map[string][]byte{"": b}}
	if f.kind == "" {
		f.kind = "application/octet-stream"
	}
	if path.Base(path.Dir(name)) == "assets" {
		f.keep = forever
	}
	return f
}

// pages are what a browser finds.
func (a apps) pages(e *echo.Echo) {
	to := func(path string) echo.HandlerFunc {
		return func(c echo.Context) error { return c.Redirect(http.StatusFound, path) }
	}
	reads := []string{http.MethodGet, http.MethodHead}
	e.Match(reads, "/", to("/app/"))
	for _, app := range []string{"app", "console"} {
		home := a[app+"/index.html"]
		if home == nil {
			home = plainPage(web.Placeholder)
		}
		e.Match(reads, "/"+app, to("/"+app+"/"))
		e.Match(reads, "/"+app+"/", home.serve)
		e.Match(reads, "/"+app+"/*", a.below("/"+app+"/"))
	}
}

// plainPage stands in for an app that is not there.
func plainPage(b []byte) *appFile {
	f := newAppFile("index.html", b)
	f.policy = plainPolicy
	return f
}

// below serves the files of one app. What is no file's name is a place in the app, which is said in fragments: it leads
// home, from where the names of files in the page are right.
func (a apps) below(home string) echo.HandlerFunc {
	return func(c echo.Context) error {
		name := strings.TrimPrefix(c.Request().URL.Path, "/")
		file, found := a[name]
		switch {
		case found:
			return file.serve(c)
		case isPlace(name):
			return c.Redirect(http.StatusFound, home)
		}
		return c.String(http.StatusNotFound, "There is no such file here.\n")
	}
}

func isPlace(name string) bool {
	name = strings.TrimSuffix(name, "/")
	return fs.ValidPath(name) && path.Ext(name) == "" && !strings.Contains(name+"/", "/assets/")
}

// serve answers with a file, in the smallest form that the browser takes, or that what it has is still it.
func (f *appFile) serve(c echo.Context) error {
	coding := ""
	h := c.Response().Header()
	if len(f.packed) > 1 {
		var offered []string
		for _, of := range codings {
			if f.packed[of.name] != nil {
				offered = append(offered, of.name)
			}
		}
		coding = mobileapi.Negotiated(c.Request().Header.Values(echo.HeaderAcceptEncoding), offered...)
		h.Add(echo.HeaderVary, echo.HeaderAcceptEncoding)
	}
	tag := `"` + f.tag + `"`
	if coding != "" { // a strong tag names the bytes (RFC 9110 §8.8.3)
		tag = `"` + f.tag + "-" + coding + `"`
		h.Set(echo.HeaderContentEncoding, coding)
	}
	h.Set("ETag", tag)
	h.Set(echo.HeaderCacheControl, f.keep)
	h.Set(echo.HeaderContentSecurityPolicy, f.policy)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Permissions-Policy", permissions)
	if has(c.Request().Header.Values("If-None-Match"), tag) {
		h.Del(echo.HeaderContentEncoding)
		return c.NoContent(http.StatusNotModified)
	}
	return c.Blob(http.StatusOK, f.kind, f.packed[coding])
}

// has reports whether a browser already has what tag names (RFC 9110 §13.1.2).
func has(ifNoneMatch []string, tag string) bool {
	for _, line := range ifNoneMatch {
		for one := range strings.SplitSeq(line, ",") {
			if one = strings.TrimSpace(one); one == "*" || strings.TrimPrefix(one, "W/") == tag {
				return true
			}
		}
	}
	return false
}
