package server

import (
	"context"
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"

	"alongside/internal/admin"
)

func parsed[T any](t *testing.T, text string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

type importReply struct {
	Counts map[string]int
	Rows   []struct {
		Line                   int
		Status, Reason, Record string
	}
}

func (b *browser) bring(kind, csv string) importReply {
	b.d.t.Helper()
	body, err := json.Marshal(map[string]any{"csv": csv, "kind": kind})
	if err != nil {
		b.d.t.Fatal(err)
	}
	return parsed[importReply](b.d.t, b.want(http.StatusOK, "POST", "/console/api/import", string(body)))
}

const caseload = "external_id,name,worker,phone\r\n" +
	"p1,\"Ó Súilleabháin, Áine\",Wren,0701\r\n" +
	"p2,مريم 🌿,Wren,\r\n" +
	"p3,\"=HYPERLINK(\"\"http://evil.example\"\")\",,\r\n" +
	"p4,,Wren,\r\n" +
	"p5,Nobody's,Unknown,\r\n" +
	"p1,Again,,\r\n"

// A table comes in once, however often it is sent, and what is wrong with a row stays that row's own.
func TestAnImportIsIdempotentAndSetsBadRowsAside(t *testing.T) {
	d := startDesk(t)
	b := d.signIn("Cass")
	dry, err := json.Marshal(map[string]any{"csv": caseload, "kind": "people", "dry_run": true})
	if err != nil {
		t.Fatal(err)
	}
	if got := parsed[importReply](t, b.want(http.StatusOK, "POST", "/console/api/import", string(dry))); got.Counts["new"] != 3 || got.Counts["bad"] != 3 {
		t.Errorf("the preview: %v", got)
	}
	if got := b.bring("people", caseload); got.Counts["applied"] != 3 || got.Counts["bad"] != 3 {
		t.Errorf("the import: %v", got)
	}
	if got := b.bring("people", "\ufeff"+strings.ReplaceAll(caseload, "\r\n", "\n")); got.Counts["there"] != 3 || got.Counts["bad"] != 3 {
		t.Errorf("the import again: %v", got)
	}
	const dates = "external_id;person;title;starts_at\na1;p1;Clinic;2026-11-30T10:00:00+01:00\na2;p1;Clinic;tomorrow\na3;p9;Clinic;2026-11-30T10:00:00Z\n"
	if got := b.bring("appointments", dates); got.Counts["applied"] != 1 || got.Counts["bad"] != 2 {
		t.Errorf("appointments: %v", got)
	}
	if got := b.bring("contacts", "person,name,relation\np2,Ann,sister\n"); got.Counts["applied"] != 1 {
		t.Errorf("contacts: %v", got)
	}
	if got := d.signIn("Carl").bring("contacts", "person,name,relation\np2,Ann,sister\n"); got.Counts["bad"] != 1 {
		t.Errorf("another team's people by import: %v", got)
	}
	long := "external_id,name,worker\nq1," + strings.Repeat("é", 300) + ",Wren\n"
	for range 2 {
		if got := b.bring("people", long); got.Counts["rejected"] != 1 || got.Rows[0].Reason == "" {
			t.Errorf("a name that is too long: %v", got)
		}
	}
	if got := b.bring("people", "external_id,name,worker\nq1,é,Wren\n"); got.Counts["applied"] != 1 {
		t.Errorf("the same row put right: %v", got)
	}
	res, body := b.post("/console/api/import", `{"csv":"nothing","kind":"people"}`)
	if res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a table without its columns: %s %s", res.Status, body)
	}
}

// The history says who changed what on which device, and the holders who has it on which phone.
func TestHistoryAndHoldersOfAPerson(t *testing.T) {
	d := startDesk(t)
	b := d.signIn("Cass")
	person := b.bring("people", caseload).Rows[0].Record
	phone := d.enrol(d.users["Wren"])
	res, body := d.request("POST", "/v1/sync", phone.Access, `{"schema":1,"cursor":"","last_n":0}`)
	if res.StatusCode != http.StatusOK {
		t.Fatal(body)
	}
	lines := strings.Split(strings.TrimSpace(body), "\n")
	base := ""
	for _, l := range lines {
		if f := parsed[struct {
			ID      string
			Version uint64
		}](t, l); f.ID == person {
			base = jsonNumber(f.Version)
		}
	}
	page := parsed[struct{ Cursor string }](t, lines[len(lines)-1])
	edit := `{"n":1,"id":"01920000-0000-7000-8000-0000000000a1","scope":"person/` + person + `","kind":"person","record":"` + person + `","base":` + base + `,"at":"2026-11-26T10:00:00.000Z","set":{"goals":"sail"}}`
	if res, body := d.request("POST", "/v1/sync", phone.Access, `{"schema":1,"cursor":"`+page.Cursor+`","last_n":1,"build":"b7","ops":[`+edit+`]}`); res.StatusCode != http.StatusOK || !strings.Contains(body, "applied") {
		t.Fatal(body)
	}
	history := b.want(http.StatusOK, "GET", "/console/api/people/"+person+"/history", "")
	got := parsed[struct {
		Changes []struct {
			Field, Device, User string
			Value               json.RawMessage
		}
	}](t, history)
	found := map[string]bool{}
	for _, c := range got.Changes {
		found[c.Field+" "+c.Device+" "+c.User] = true
	}
	if !found["goals a phone "+d.users["Wren"]] || !found["name a desk "+d.users["Cass"]] || got.Changes[0].Field != "goals" {
		t.Errorf("the history is %s", history)
	}
	holders := b.want(http.StatusOK, "GET", "/console/api/people/"+person+"/holders", "")
	if !strings.Contains(holders, phone.Client) || !strings.Contains(holders, `"last_pull_at":"20`) {
		t.Errorf("the holders are %s", holders)
	}
	workers := b.want(http.StatusOK, "GET", "/console/api/workers", "")
	if !strings.Contains(workers, `"people":2`) || !strings.Contains(workers, `"build":"b7"`) || strings.Contains(workers, d.users["Will"]) {
		t.Errorf("the workers are %s", workers)
	}
	report := b.want(http.StatusOK, "GET", "/console/api/devices/"+phone.Client+"/report", "")
	if !strings.Contains(report, person) {
		t.Errorf("the report is %s", report)
	}
	if told := d.signIn("Ada").want(http.StatusOK, "GET", "/console/api/devices/"+phone.Client+"/report", ""); strings.Contains(told, person) || !strings.Contains(told, `"others":2`) {
		t.Errorf("an admin is told of people: %s", told)
	}
	d.clock.pass(6 * time.Minute)
	for _, ask := range [][2]string{{"GET", "/console/api/devices/" + phone.Client + "/report"}, {"POST", "/console/api/devices/" + phone.Client + "/revoke"},
		{"GET", "/console/api/figures?export=csv"}, {"GET", "/console/api/audit?export=csv"}} {
		if told := b.want(http.StatusForbidden, ask[0], ask[1], ""); !strings.Contains(told, "step_up_needed") {
			t.Error(told)
		}
	}
	if told := b.want(http.StatusUnauthorized, "POST", "/console/api/step-up/finish", `{"code":"`+d.code("Carl")+`"}`); !strings.Contains(told, "code_invalid") {
		t.Error(told)
	}
	b.want(http.StatusOK, "POST", "/console/api/step-up/finish", `{"code":"`+d.code("Cass")+`"}`)
	b.want(http.StatusOK, "POST", "/console/api/devices/"+phone.Client+"/revoke", "")
	if res, _ := d.request("POST", "/v1/sync", phone.Access, `{"schema":1,"cursor":"","last_n":1}`); res.StatusCode != http.StatusForbidden {
		t.Errorf("the phone that was cut off syncs: %s", res.Status)
	}
	if log := d.log.String(); strings.Contains(log, "sail") || strings.Contains(log, person) || strings.Contains(log, "Áine") {
		t.Error("the log holds what was written, or about whom")
	}
}

// What leaves as a table opens no formula, and shows no small count.
func TestTablesThatLeaveAreHarmlessAndHideFew(t *testing.T) {
	d := startDesk(t)
	b := d.signIn("Cass")
	ctx := context.Background()
	id, err := d.office().AddUser(ctx, admin.NewUser{Name: "=cmd()", Role: "worker", Team: d.north})
	if err != nil {
		t.Fatal(err)
	}
	var people, dates strings.Builder
	people.WriteString("external_id,name,worker\n")
	dates.WriteString("person,title,starts_at,status\n")
	for _, p := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		people.WriteString(p + ",Person " + p + "," + id + "\n")
		status := "attended"
		if p > "e" {
			status = "missed"
		}
		dates.WriteString(p + ",Clinic," + d.clock.now().Format(time.RFC3339) + "," + status + "\n")
	}
	b.bring("people", people.String())
	b.bring("appointments", dates.String())
	if got := b.want(http.StatusOK, "GET", "/console/api/figures", ""); !strings.Contains(got, `"attended":5,"missed":2`) || !strings.Contains(got, `"people":7`) {
		t.Errorf("the figures are %s", got)
	}
	table := b.want(http.StatusOK, "GET", "/console/api/figures?export=csv&table=appointments", "")
	if !strings.Contains(table, ",same_day,–,5,–,0,–,0") {
		t.Errorf("the table is %s", table)
	}
	if table := b.want(http.StatusOK, "GET", "/console/api/figures?export=csv&table=caseload", ""); !strings.Contains(table, "'=cmd()") || strings.Contains(table, "\n=") {
		t.Errorf("the caseload is %s", table)
	}
	b.want(http.StatusBadRequest, "GET", "/console/api/figures?zone=Mars/Base", "")
}

// The audit names what changed and not to what, and its sum is that of a backup of the same log.
func TestAuditTellsWhoAndItsSumStandsInTheBackup(t *testing.T) {
	d := startDesk(t)
	b := d.signIn("Cass")
	person := b.bring("people", caseload).Rows[0].Record
	type page struct {
		Events []struct {
			Version uint64
			What    string
			Fields  []string
		}
		Next     uint64
		Complete bool
		HeadHash string `json:"head_hash"`
	}
	text := b.want(http.StatusOK, "GET", "/console/api/audit", "")
	all := parsed[page](t, text)
	what := map[string]int{}
	for _, e := range all.Events {
		what[e.What]++
	}
	if what["sign_in"] != 1 || what["access_begun"] < 4 || what["change"] < 3 || strings.Contains(text, "Áine") || strings.Contains(text, "0701") {
		t.Errorf("the audit is %s", text)
	}
	n, after := 0, uint64(0)
	for done := false; !done; {
		one := parsed[page](t, b.want(http.StatusOK, "GET", "/console/api/audit?limit=3&after="+jsonNumber(after), ""))
		n, after, done = n+len(one.Events), one.Next, one.Complete
	}
	if n != len(all.Events) {
		t.Errorf("by threes it has %d events, at once %d", n, len(all.Events))
	}
	if got := b.want(http.StatusOK, "GET", "/console/api/audit?person="+person, ""); !strings.Contains(got, person) {
		t.Errorf("of one person it tells %s", got)
	}
	d.signIn("Carl").want(http.StatusNotFound, "GET", "/console/api/audit?person="+person, "")
	if told := d.signIn("Ada").want(http.StatusOK, "GET", "/console/api/audit", ""); strings.Contains(told, person) {
		t.Error("an admin's audit tells of people")
	}
	made, err := admin.BackupTo(context.Background(), d.office(), d.dir, filepath.Join(t.TempDir(), "backup"), nil)
	if err != nil {
		t.Fatal(err)
	}
	// A backup is told of in the log, after it was made.
	before := parsed[struct{ Head uint64 }](t, b.want(http.StatusOK, "GET", "/console/api/audit", ""))
	if made.Log == "" || before.Head <= uint64(made.Head) {
		t.Errorf("the backup's sum is %q, and the log's head %d after one at %d", made.Log, before.Head, made.Head)
	}
	if got := b.want(http.StatusOK, "GET", "/console/api/backup", ""); strings.Contains(got, "null") {
		t.Errorf("the backup is %s", got)
	}
}

func jsonNumber(n uint64) string {
	b, _ := json.Marshal(n) // a number
	return string(b)
}

// The team's calendar has initials and nothing else, and its address ends when a new one is made.
func TestTheCalendarShowsInitials(t *testing.T) {
	d := startDesk(t)
	b := d.signIn("Cass")
	b.bring("people", caseload)
	b.bring("appointments", "person,title,starts_at,place\np1,Clinic,"+d.clock.now().Add(time.Hour).Format(time.RFC3339)+",Pier\n")
	link := func() string {
		return strings.TrimPrefix(parsed[struct{ Link string }](t, b.want(http.StatusCreated, "POST", "/console/api/calendar", "")).Link, strings.Replace(d.url, "127.0.0.1", "localhost", 1))
	}
	first := link()
	res, body := d.request("GET", first, "", "")
	if res.StatusCode != http.StatusOK || !strings.Contains(body, "SUMMARY:Ó.S.Á.") || strings.Contains(body, "Clinic") || strings.Contains(body, "Pier") || strings.Contains(body, "Áine") {
		t.Errorf("the calendar is %s %s", res.Status, body)
	}
	second := link()
	if res, _ := d.request("GET", first, "", ""); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("the former address: %s", res.Status)
	}
	b.want(http.StatusNoContent, "DELETE", "/console/api/calendar", "")
	if res, _ := d.request("GET", second, "", ""); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("an address that has ended: %s", res.Status)
	}
}

// A passkey is bound in a session, signs in, and confirms who it is; nobody else's does.
func TestAPasskeySignsInAndStepsUp(t *testing.T) {
	d := startDesk(t)
	b := d.signIn("Cass")
	party := virtualwebauthn.RelyingParty{Name: "Alongside", ID: "localhost", Origin: strings.Replace(d.url, "127.0.0.1", "localhost", 1)}
	key := virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	device := virtualwebauthn.NewAuthenticatorWithOptions(virtualwebauthn.AuthenticatorOptions{UserHandle: []byte(d.users["Cass"])})
	type begun struct {
		Options json.RawMessage
		ID      string
	}
	make := parsed[begun](t, b.want(http.StatusOK, "POST", "/console/api/passkey/begin", "{}"))
	options, err := virtualwebauthn.ParseAttestationOptions(string(make.Options))
	if err != nil {
		t.Fatal(err)
	}
	made := virtualwebauthn.CreateAttestationResponse(party, device, key, *options)
	b.want(http.StatusNoContent, "POST", "/console/api/passkey/finish", `{"credential":`+made+`}`)
	b.want(http.StatusConflict, "POST", "/console/api/passkey/finish", `{"credential":`+made+`}`)
	device.AddCredential(key)

	show := func(who *browser, party virtualwebauthn.RelyingParty, path string) (res *http.Response, body string) {
		begin := parsed[begun](t, who.want(http.StatusOK, "POST", path+"/begin", "{}"))
		options, err := virtualwebauthn.ParseAssertionOptions(string(begin.Options))
		if err != nil {
			t.Fatal(err)
		}
		shown := virtualwebauthn.CreateAssertionResponse(party, device, key, *options)
		sent, err := json.Marshal(map[string]any{"id": begin.ID, "credential": json.RawMessage(shown)})
		if err != nil {
			t.Fatal(err)
		}
		return who.post(path+"/finish", string(sent))
	}
	fresh := &browser{d: d, user: "Cass"}
	evil := party
	evil.Origin = "https://evil.example"
	if res, body := show(fresh, evil, "/console/api/signin"); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("a passkey shown to another site: %s %s", res.Status, body)
	}
	res, body := show(fresh, party, "/console/api/signin")
	if res.StatusCode != http.StatusOK || !strings.Contains(body, `"passkey":true`) {
		t.Fatalf("sign-in by passkey: %s %s", res.Status, body)
	}
	fresh.took(res, body)
	d.clock.pass(6 * time.Minute)
	fresh.want(http.StatusForbidden, "GET", "/console/api/audit?export=csv", "")
	if res, body := fresh.post("/console/api/step-up/finish", `{"code":"`+d.code("Cass")+`"}`); res.StatusCode == http.StatusOK {
		t.Errorf("a code stands in for a passkey that there is: %s", body)
	}
	if res, body := show(fresh, party, "/console/api/step-up"); res.StatusCode != http.StatusOK || !strings.Contains(body, "stepped_up_until") {
		t.Errorf("step-up by passkey: %s %s", res.Status, body)
	}
	fresh.want(http.StatusOK, "GET", "/console/api/audit?export=csv", "")
	if _, err := d.office().DisableUser(context.Background(), d.users["Cass"]); err != nil {
		t.Fatal(err)
	}
	if res, body := show(&browser{d: d}, party, "/console/api/signin"); res.StatusCode != http.StatusForbidden {
		t.Errorf("a disabled user's passkey: %s %s", res.Status, body)
	}
}
