package casework

import (
	"encoding/json"
	"testing"
	"time"

	deltasync "alongside/sync"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// edit is an op of one of several clients, by what it sets. Its base is 0 unless it says that it has seen the record.
type edit struct {
	client deltasync.ClientID
	set    string // a JSON object; empty: the op deletes
	seen   bool
}

// merged is what edits make of a record, each a minute before the one in front of it: the first is the one shown.
func merged(t *testing.T, kind string, edits ...edit) *deltasync.Record {
	t.Helper()
	r := &deltasync.Record{Kind: kind, ID: "r"}
	for i, e := range edits {
		op := &deltasync.Op{Delete: e.set == ""}
		if e.seen {
			op.Base = r.Version
		}
		if e.set != "" {
			if err := json.Unmarshal([]byte(e.set), &op.Set); err != nil {
				t.Fatal(err)
			}
		}
		r.Merge(Kinds()[kind], op, deltasync.Origin{Version: deltasync.Version(i + 1), Client: e.client, N: uint64(i + 1),
			User: "u", At: noon.Add(-time.Duration(i) * time.Minute)})
	}
	return r
}

func TestWithdrawnBeatsGiven(t *testing.T) {
	given, withdrawn := `{"purpose":"share","given_on":"2026-01-01"}`, `{"withdrawn_on":"2026-02-01"}`
	for name, test := range map[string]struct {
		edits []edit
		want  bool
	}{
		"given":                          {[]edit{{"a", given, false}}, false},
		"withdrawn":                      {[]edit{{"a", given, false}, {"a", withdrawn, true}}, true},
		"withdrawn and given again":      {[]edit{{"a", withdrawn, false}, {"b", given, false}}, true},
		"withdrawn beside a clearing":    {[]edit{{"a", `{"withdrawn_on":null}`, false}, {"b", withdrawn, false}}, true},
		"withdrawn on two days":          {[]edit{{"a", withdrawn, false}, {"b", `{"withdrawn_on":"2026-03-01"}`, false}}, true},
		"the withdrawal taken back":      {[]edit{{"a", withdrawn, false}, {"b", `{"withdrawn_on":null}`, true}}, false},
		"deleted":                        {[]edit{{"a", given, false}, {"a", "", true}}, true},
		"deleted beside an edit":         {[]edit{{"a", given, false}, {"b", "", false}}, true},
		"the deletion seen and undone":   {[]edit{{"a", given, false}, {"b", "", false}, {"c", given, true}}, false},
		"withdrawn without being given":  {[]edit{{"a", withdrawn, false}}, true},
		"neither given nor withdrawn":    {[]edit{{"a", `{"purpose":"share"}`, false}}, false},
		"withdrawn in words of tomorrow": {[]edit{{"a", `{"withdrawn_on":{"from":"tomorrow"}}`, false}}, true},
	} {
		if got := Withdrawn(merged(t, "consent", test.edits...)); got != test.want {
			t.Errorf("%s: Withdrawn = %t, want %t", name, got, test.want)
		}
	}
	if !Withdrawn(nil) {
		t.Error("a consent that never was is not withdrawn")
	}
}

func TestStoppedByAnyValueThatStands(t *testing.T) {
	for name, test := range map[string]struct {
		kind  string
		edits []edit
		want  bool
	}{
		"planned":                   {"appointment", []edit{{"a", `{"status":"planned"}`, false}}, false},
		"cancelled":                 {"appointment", []edit{{"b", `{"status":"cancelled"}`, false}}, true},
		"shown as confirmed":        {"appointment", []edit{{"a", `{"status":"confirmed"}`, false}, {"b", `{"status":"cancelled"}`, false}}, true},
		"settled as confirmed":      {"appointment", []edit{{"a", `{"status":"cancelled"}`, false}, {"b", `{"status":"confirmed"}`, true}}, false},
		"a status of later":         {"appointment", []edit{{"a", `{"status":"on_hold"}`, false}}, false},
		"deleted":                   {"appointment", []edit{{"a", `{"status":"planned"}`, false}, {"a", "", true}}, true},
		"open":                      {"person", []edit{{"a", `{"state":"open"}`, false}}, false},
		"paused":                    {"person", []edit{{"a", `{"state":"paused"}`, false}}, false},
		"no state":                  {"person", []edit{{"a", `{"name":"Ann"}`, false}}, false},
		"closed":                    {"person", []edit{{"a", `{"state":"closed"}`, false}}, true},
		"died, shown as open":       {"person", []edit{{"a", `{"state":"open"}`, false}, {"b", `{"state":"died"}`, false}}, true},
		"closed beside a clearing":  {"person", []edit{{"a", `{"state":null}`, false}, {"b", `{"state":"closed"}`, false}}, true},
		"opened again":              {"person", []edit{{"a", `{"state":"closed"}`, false}, {"b", `{"state":"open"}`, true}}, false},
		"a kind that sends nothing": {"support", []edit{{"a", `{"status":"cancelled","state":"closed"}`, false}}, false},
	} {
		if got := Stopped(merged(t, test.kind, test.edits...)); got != test.want {
			t.Errorf("%s: Stopped = %t, want %t", name, got, test.want)
		}
	}
	if !Stopped(nil) {
		t.Error("what never was is not stopped")
	}
}

func TestSoonReadsTheStartFromTheBody(t *testing.T) {
	starts := `"starts_at":"2026-11-22T14:30:00+01:00"`
	at := time.Date(2026, 11, 22, 13, 30, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		kind, set string
		want      time.Time
	}{
		"planned":             {"appointment", `{"title":"GP","status":"planned",` + starts + `}`, at},
		"confirmed":           {"appointment", `{"status":"confirmed",` + starts + `}`, at},
		"without a status":    {"appointment", `{` + starts + `}`, at},
		"a status of later":   {"appointment", `{"status":"on_hold",` + starts + `}`, at},
		"cancelled":           {"appointment", `{"status":"cancelled",` + starts + `}`, time.Time{}},
		"attended":            {"appointment", `{"status":"attended",` + starts + `}`, time.Time{}},
		"no start":            {"appointment", `{"status":"planned"}`, time.Time{}},
		"not a time":          {"appointment", `{"starts_at":"soon"}`, time.Time{}},
		"a start in a text":   {"appointment", `{"title":"\"starts_at\":\"2020-01-01T00:00:00Z\"",` + starts + `}`, at},
		"a status in a text":  {"appointment", `{"place":"\"status\":\"cancelled\"","status":"planned",` + starts + `}`, at},
		"of another kind":     {"support", `{` + starts + `}`, time.Time{}},
		"a kind nobody knows": {"workshop", `{` + starts + `}`, time.Time{}},
	} {
		body := merged(t, test.kind, edit{"a", test.set, false}).AppendBody(nil)
		got, ok := Soon(test.kind, body)
		if !got.Equal(test.want) || ok != !test.want.IsZero() {
			t.Errorf("%s: Soon(%s) = %v, %t, want %v", name, body, got, ok, test.want)
		}
	}
	if _, ok := Soon("appointment", nil); ok {
		t.Error("Soon found a start in a body that is gone")
	}
	if _, ok := Soon("appointment", []byte(`"fields":{"starts_at":"2026-`)); ok {
		t.Error("Soon found a start in a body that is cut")
	}
}

func TestSoonFollowsTheValueShown(t *testing.T) {
	r := merged(t, "appointment",
		edit{"a", `{"starts_at":"2026-11-22T13:30:00Z","status":"planned"}`, false},
		edit{"b", `{"starts_at":"2026-11-25T09:00:00Z"}`, false})
	got, ok := Soon("appointment", r.AppendBody(nil))
	if want := time.Date(2026, 11, 22, 13, 30, 0, 0, time.UTC); !ok || !got.Equal(want) {
		t.Errorf("Soon = %v, %t, want %v, the value shown", got, ok, want)
	}
}
