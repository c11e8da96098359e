package server

import (
	"net/http"
	"strings"
	"testing"
)

// Every route, asked by every role, of what is its own team's, another team's, and nobody's. A route that is added has to say here who may.
func TestWhoMayDoWhatAtTheDesk(t *testing.T) {
	d := startDesk(t)
	own := d.signIn("Cass").bring("people", "external_id,name,worker\np,Áine,Wren\n").Rows[0].Record
	other := d.signIn("Carl").bring("people", "external_id,name,worker\np,مريم,Will\n").Rows[0].Record
	phones := map[string]string{own: d.enrol(d.users["Wren"]).Client, other: d.enrol(d.users["Will"]).Client}
	const nobody = "0192f0c1-0000-7000-8000-00000000dead"
	team := map[string]string{own: d.north, other: d.south, nobody: nobody}
	user := map[string]string{own: d.users["Wren"], other: d.users["Will"], nobody: nobody}

	const ok, made, no, gone, bad = http.StatusOK, http.StatusCreated, http.StatusForbidden, http.StatusNotFound, http.StatusUnprocessableEntity
	// of says for a coordinator of own, and for an admin, what comes of own's, of other's and of nobody's.
	type of [2][3]int
	routes := []struct {
		method, path, body string
		want               of
	}{
		{"GET", "/people/PERSON/history", "", of{{ok, gone, gone}, {gone, gone, gone}}},
		{"GET", "/people/PERSON/holders", "", of{{ok, gone, gone}, {gone, gone, gone}}},
		{"GET", "/audit?person=PERSON", "", of{{ok, gone, gone}, {gone, gone, gone}}},
		{"GET", "/devices/DEVICE/report", "", of{{ok, gone, gone}, {ok, ok, gone}}},
		{"POST", "/users/USER/enrol", "{}", of{{made, gone, gone}, {made, made, gone}}},
		{"POST", "/users", `{"name":"New","role":"worker","team":"TEAM"}`, of{{made, no, no}, {made, made, bad}}},
		{"POST", "/users", `{"name":"New","role":"coordinator","team":"TEAM"}`, of{{no, no, no}, {made, made, bad}}},
		{"POST", "/users", `{"name":"New","role":"admin","team":"TEAM"}`, of{{no, no, no}, {made, made, bad}}},
		{"POST", "/users", `{"name":"New","role":"king","team":"TEAM"}`, of{{no, no, no}, {bad, bad, bad}}},
		{"POST", "/teams", `{"name":"TEAM"}`, of{{no, no, no}, {made, made, made}}},
		{"GET", "/figures", "", of{{ok, ok, ok}, {no, no, no}}},
		{"POST", "/import", `{"kind":"people","csv":"name","dry_run":true}`, of{{ok, ok, ok}, {no, no, no}}},
		{"POST", "/calendar", "", of{{made, made, made}, {no, no, no}}},
		{"GET", "/workers", "", of{{ok, ok, ok}, {ok, ok, ok}}},
		{"GET", "/backup", "", of{{ok, ok, ok}, {ok, ok, ok}}},
		{"GET", "/session", "", of{{ok, ok, ok}, {ok, ok, ok}}},
		{"POST", "/devices/DEVICE/revoke", "", of{{ok, gone, gone}, {ok, ok, gone}}},
		{"POST", "/users/USER/disable", "", of{{ok, gone, gone}, {ok, ok, gone}}},
	}
	stranger := &browser{d: d, user: "nobody"}
	worker := d.enrol(d.users["Wren"])
	for _, r := range routes {
		for i, who := range []*browser{d.signIn("Cass"), d.signIn("Ada")} {
			for j, of := range []string{own, other, nobody} {
				device := phones[of]
				if device == "" {
					device = nobody
				}
				fill := strings.NewReplacer("PERSON", of, "DEVICE", device, "USER", user[of], "TEAM", team[of])
				path, body := "/console/api"+fill.Replace(r.path), fill.Replace(r.body)
				told := who.want(r.want[i][j], r.method, path, body)
				if i == 1 && (strings.Contains(told, own) || strings.Contains(told, other)) || i == 0 && strings.Contains(told, other) {
					t.Errorf("%s %s tells %s of people: %s", r.method, r.path, who.user, told)
				}
				stranger.want(http.StatusUnauthorized, r.method, path, body, "X-CSRF-Token", "x")
				if res, told := d.request(r.method, path, worker.Access, body); res.StatusCode != http.StatusUnauthorized && res.StatusCode != http.StatusForbidden {
					t.Errorf("a worker's token at %s %s: %s %s", r.method, r.path, res.Status, told)
				}
			}
		}
	}
}
