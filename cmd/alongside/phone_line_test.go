package main

import (
	"encoding/json"
	"strings"
	"testing"

	"alongside/mobile-api/client"
)

// A step that was skipped or stopped is not shown as one to do.
func TestALineSaysHowAStepStands(t *testing.T) {
	for _, c := range []struct{ fields, has string }{
		{`{"due":"2026-11-27","about":"Call"}`, "to do"},
		{`{"due":"2026-11-27T09:30:00Z","about":"Call","ended":"skipped"}`, "skipped"},
		{`{"due":"2026-11-27","about":"Call","ended":"stopped"}`, "stopped"},
		{`{"due":"2026-11-27","about":"Call","done_at":"2026-11-26T10:00:00Z"}`, "done"},
	} {
		r := client.Record{Kind: "follow_up"}
		if err := json.Unmarshal([]byte(c.fields), &r.Fields); err != nil {
			t.Fatal(err)
		}
		if got := (&book{}).line(&r); !strings.Contains(got, c.has) || c.has != "to do" && strings.Contains(got, "to do") || strings.Contains(got, "T09") {
			t.Errorf("%s is shown as %q, want %s", c.fields, got, c.has)
		}
	}
}
