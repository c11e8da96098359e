package mobileapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/labstack/echo/v4"

	deltasync "alongside/sync"
)

// document is openapi.yaml as it is served.
var document = sync.OnceValues(func() (*openapi3.T, error) {
	b, err := openapiJSON()
	if err != nil {
		return nil, err
	}
	doc, err := openapi3.NewLoader().LoadFromData(b)
	if err != nil {
		return nil, err
	}
	return doc, doc.Validate(context.Background())
})

func documented(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := document()
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// fits holds a value against a schema as JSON Schema 2020-12 has it.
func fits(s *openapi3.SchemaRef, value any) error {
	return s.Value.VisitJSON(value, openapi3.EnableJSONSchema2020(), openapi3.EnableFormatValidation())
}

func TestDocumentAndRoutesAreTheSame(t *testing.T) {
	doc := documented(t)
	e := echo.New()
	new(API).Routes(e)
	var served, written []string
	for _, r := range e.Routes() {
		served = append(served, r.Method+" "+r.Path)
	}
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			written = append(written, method+" "+path)
		}
	}
	slices.Sort(served)
	slices.Sort(written)
	if !slices.Equal(served, written) {
		t.Errorf("served are\n%s\nthe document has\n%s", strings.Join(served, "\n"), strings.Join(written, "\n"))
	}
}

func TestDocumentIsServed(t *testing.T) {
	h := open(t)
	a := h.request("GET", "/openapi.json", "", "").want(http.StatusOK, "")
	if got := a.header.Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type %q", got)
	}
	var doc struct{ OpenAPI string }
	if a.decode(&doc); doc.OpenAPI != "3.1.0" {
		t.Errorf("openapi %q", doc.OpenAPI)
	}
}

func TestDocumentStatesTheLimits(t *testing.T) {
	doc := documented(t)
	limits, _ := json.Marshal(doc.Extensions["x-limits"])
	if want := fmt.Sprintf(`{"body_bytes":%d,"op_bytes":%d,"ops":%d}`, deltasync.MaxBody, deltasync.MaxOp, deltasync.MaxOps); string(limits) != want {
		t.Errorf("x-limits is %s, want %s", limits, want)
	}
	for _, name := range []string{"SyncRequest", "LastRequest"} {
		ops := doc.Components.Schemas[name].Value.Properties["ops"].Value
		if ops.MaxItems == nil || *ops.MaxItems != deltasync.MaxOps {
			t.Errorf("%s does not take %d ops", name, deltasync.MaxOps)
		}
	}
	entries := doc.Components.Schemas["SealedRequest"].Value.Properties["entries"].Value
	if entries.MaxItems == nil || *entries.MaxItems != deltasync.MaxOps {
		t.Errorf("SealedRequest does not take %d entries", deltasync.MaxOps)
	}
	for _, words := range []string{"500 ops", "1 MiB", "1,048,576 bytes", "64 KiB", "65,536 bytes"} {
		if !strings.Contains(doc.Info.Description, words) {
			t.Errorf("the document does not say %q", words)
		}
	}
}

func TestExamplesFitTheirSchemas(t *testing.T) {
	doc := documented(t)
	checked := 0
	check := func(where string, content openapi3.Content) {
		for media, m := range content {
			for name, ex := range m.Examples {
				checked++
				if err := fits(m.Schema, ex.Value.Value); err != nil {
					t.Errorf("%s, %s, example %s: %v", where, media, name, err)
				}
			}
			if len(m.Examples) == 0 && where != "GET /openapi.json 200" {
				t.Errorf("%s, %s has no example", where, media)
			}
		}
	}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			where := method + " " + path
			if op.RequestBody != nil {
				check(where, op.RequestBody.Value.Content)
			}
			for status, res := range op.Responses.Map() {
				check(where+" "+status, res.Value.Content)
			}
		}
	}
	if checked < 60 {
		t.Errorf("%d examples were checked, want more", checked)
	}
}

// TestRequestExamplesAreTaken sends the document's own requests.
func TestRequestExamplesAreTaken(t *testing.T) {
	h := open(t)
	p := h.worker(north)
	for name, ex := range documented(t).Paths.Find("/v1/sync").Post.RequestBody.Value.Content["application/json"].Examples {
		if _, _, err := parseSync([]byte(asJSON(ex.Value.Value))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	p.post("/v1/sync", documented(t).Paths.Find("/v1/sync").Post.RequestBody.Value.Content["application/json"].Examples["first"].Value.Value).want(http.StatusOK, "")
}

// TestDocumentKnowsEveryCode reads the sources for the codes that they give, and holds the document's problems against
// what is really said.
func TestDocumentKnowsEveryCode(t *testing.T) {
	doc := documented(t)
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	given := map[string]bool{}
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`Code: +"([a-z_]+)"`).FindAllSubmatch(b, -1) {
			given[string(m[1])] = true
		}
	}
	known := map[string]bool{}
	for _, code := range doc.Components.Schemas["Problem"].Value.Properties["code"].Value.Examples {
		known[code.(string)] = true
	}
	if !maps.Equal(given, known) {
		t.Errorf("the sources give %v\nthe document knows %v", slices.Sorted(maps.Keys(given)), slices.Sorted(maps.Keys(known)))
	}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			for status, res := range op.Responses.Map() {
				media := res.Value.Content["application/problem+json"]
				if media == nil {
					continue
				}
				for name, ex := range media.Examples {
					var p problem
					if err := json.Unmarshal([]byte(asJSON(ex.Value.Value)), &p); err != nil {
						t.Fatal(err)
					}
					where := fmt.Sprintf("%s %s %s, example %s", method, path, status, name)
					if !known[p.Code] || p.Title != http.StatusText(p.Status) || status != "default" && status != strconv.Itoa(p.Status) {
						t.Errorf("%s: %+v", where, p)
					}
					for _, s := range sentinels {
						if s.Code == p.Code && s.Detail != p.Detail && s.Code != "malformed" && s.Code != "token_invalid" {
							t.Errorf("%s says %q, really it is %q", where, p.Detail, s.Detail)
						}
					}
				}
			}
		}
	}
}

// seen counts what was held against the document, since a schema is compiled anew each time, and that takes its time.
var seen = struct {
	mu    sync.Mutex
	times map[string]int
}{times: map[string]int{}}

const enough = 10

// again reports whether there is any use in looking at one more of these.
func again(what ...any) bool {
	seen.mu.Lock()
	defer seen.mu.Unlock()
	seen.times[fmt.Sprint(what...)]++
	return seen.times[fmt.Sprint(what...)] <= enough
}

// conforms holds a real response against the document. Each response that a test gets passes through here, and the first
// of each sort are looked at.
func (a *answer) conforms(method, path string) {
	a.t.Helper()
	var p problem
	_ = json.Unmarshal(a.body, &p)
	if a.status != http.StatusOK && !again(method, path, a.status, p.Code) {
		return
	}
	item := documented(a.t).Paths.Find(path)
	if item == nil || item.GetOperation(method) == nil {
		return
	}
	op := item.GetOperation(method)
	res := op.Responses.Status(a.status)
	if res == nil {
		res = op.Responses.Default()
		if a.status != http.StatusRequestTimeout && a.status < 500 {
			a.t.Errorf("%s: the document does not know status %d", a.what, a.status)
		}
	}
	media, _, _ := strings.Cut(a.header.Get("Content-Type"), ";")
	content := res.Value.Content[media]
	if len(res.Value.Content) == 0 && len(a.body) == 0 {
		return
	}
	if content == nil {
		a.t.Errorf("%s: the document does not know %q with status %d", a.what, media, a.status)
		return
	}
	for name, ref := range res.Value.Headers {
		value := a.header.Get(name)
		if value == "" {
			continue
		}
		var v any = value
		if n, err := strconv.Atoi(value); err == nil {
			v = n
		}
		if err := fits(ref.Value.Schema, v); err != nil {
			a.t.Errorf("%s: header %s: %v", a.what, name, err)
		}
	}
	if a.header.Get("Content-Encoding") != "" {
		return
	}
	if err := a.fits(media, content.Schema); err != nil {
		a.t.Errorf("%s: status %d: %v", a.what, a.status, err)
	}
}

func (a *answer) fits(media string, schema *openapi3.SchemaRef) error {
	if media != "application/x-ndjson" {
		return fitsExactly(schema, a.body)
	}
	for line := range bytes.Lines(a.body) {
		var f struct{ Frame string }
		if err := json.Unmarshal(line, &f); err != nil {
			return err
		}
		if !again("frame", f.Frame, len(line)/100) {
			continue
		}
		one := schema
		if d := schema.Value.Discriminator; d != nil {
			if _, ok := d.Mapping[f.Frame]; !ok {
				return fmt.Errorf("no frame is called %q", f.Frame)
			}
			at := slices.IndexFunc(schema.Value.OneOf, func(s *openapi3.SchemaRef) bool { return s.Ref == d.Mapping[f.Frame].Ref })
			one = schema.Value.OneOf[at]
		}
		if err := fitsExactly(one, line); err != nil {
			return fmt.Errorf("%s: %w", line, err)
		}
	}
	return nil
}

// fitsExactly also refuses members that the document does not know.
func fitsExactly(schema *openapi3.SchemaRef, b []byte) error {
	var v map[string]any
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	var unknown []error
	for name := range v {
		if schema.Value.Properties[name] == nil && schema.Value.Properties != nil {
			unknown = append(unknown, fmt.Errorf("the document does not know %q", name))
		}
	}
	return errors.Join(append(unknown, fits(schema, v))...)
}
