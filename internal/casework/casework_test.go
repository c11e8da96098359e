package casework

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	deltasync "alongside/sync"
)

// The fields of PROTOCOL §9: * is required, [] a set, and what stands in parentheses are the choices.
var table = map[string]struct {
	in     string
	fields string
}{
	"person": {"person", `name*, preferred_name, phone, phone_confirmed_on, contact_by[], safe_times, safe_hours, remind_before, safe_words,
		safe_to_show[], message_words, language, interests[], needs[], goals, safety_note, state(open paused closed died), team`},
	"contact": {"person", "name*, relation, organisation, phone, may_share"},
	"consent": {"person", "purpose*(reminders share forum), organisation, given_on, withdrawn_on, how"},
	"appointment": {"person", `title*, starts_at*, ends_at, place, with, service,
		status*(planned confirmed attended missed cancelled moved), missed_reason, accompany, travel,
		reply(none coming cannot new_time come_with_me), reply_note,
		reply_time, reply_at, reply_dealt_at, outcome_note`},
	"support": {"person", `what*(accompanied visit call message advocacy transport paperwork signposting other), at*,
		minutes, formal, with, place, note, appointment`},
	"follow_up":  {"person", "about*, due*, step, appointment, done_at, ended(done skipped stopped), outcome"},
	"assignment": {"person", "worker*, part(lead cover), from, until"},
	"team":       {"team", "name*"},
	"member":     {"team", "name*, role(worker coordinator admin)"},
	"held": {"coordination", `client, user, op, status(held rejected), reason, detail, at, entry, settled(accepted set_aside),
		settled_reason`},
	"notice": {"user", "about, op, at, seen"},
	"message": {"person", `about*(coming missed answer), appointments[], keys[], lead, way(sms webpush fcm log),
		status*(claimed sent delivered failed unknown dropped), why, claimed_at, sent_at, delivered_at, answered_at`},
	"way":  {"person", "kind*(sms webpush fcm), value*, failing_since, why"},
	"page": {"person", "token*, made_at, ended_at"},
	"same": {"person", "person*, made[], ended_at"},
}

func TestKindsAreThoseOfTheTable(t *testing.T) {
	kinds := Kinds()
	for name := range kinds {
		if _, ok := table[name]; !ok {
			t.Errorf("kind %s is not in the table", name)
		}
	}
	for name, row := range table {
		k := kinds[name]
		if k == nil || k.Name != name || k.In != row.in {
			t.Errorf("kind %s = %+v, want one that lives in %s", name, k, row.in)
			continue
		}
		var got []string
		for _, f := range k.Fields {
			got = append(got, asInTable(f))
		}
		want := strings.Split(strings.Join(strings.Fields(row.fields), " "), ", ")
		if !slices.Equal(got, want) {
			t.Errorf("%s has\n%v\nwant\n%v", name, got, want)
		}
	}
}

func asInTable(f deltasync.Field) string {
	text := f.Name
	if f.Type == deltasync.Set {
		text += "[]"
	}
	if f.Required {
		text += "*"
	}
	if len(f.Choices) > 0 {
		text += "(" + strings.Join(f.Choices, " ") + ")"
	}
	return text
}

func TestTypesOfFields(t *testing.T) {
	want := map[deltasync.Type]string{
		deltasync.Name:  "appointment.title, contact.name, follow_up.about, member.name, person.name, team.name",
		deltasync.Date:  "consent.given_on, consent.withdrawn_on, person.phone_confirmed_on",
		deltasync.Day:   "follow_up.due",
		deltasync.Count: "held.entry, support.minutes",
		deltasync.Flag:  "contact.may_share, support.formal",
		deltasync.Time: "appointment.ends_at, appointment.reply_at, appointment.reply_dealt_at, appointment.reply_time, appointment.starts_at, " +
			"assignment.from, assignment.until, follow_up.done_at, held.at, message.answered_at, message.claimed_at, message.delivered_at, " +
			"message.sent_at, notice.at, page.ended_at, page.made_at, same.ended_at, support.at, way.failing_since",
		deltasync.Ref:      "assignment.worker, follow_up.appointment, held.client, held.user, person.team, same.person, support.appointment",
		deltasync.Scalar:   "appointment.accompany, notice.seen",
		deltasync.Anything: "held.op",
	}
	got := map[deltasync.Type][]string{}
	for _, k := range Kinds() {
		for _, f := range k.Fields {
			got[f.Type] = append(got[f.Type], k.Name+"."+f.Name)
			if (f.Type == deltasync.Choice) != (len(f.Choices) > 0) {
				t.Errorf("%s.%s: a Choice, and only a Choice, names its choices", k.Name, f.Name)
			}
		}
	}
	for typ, want := range want {
		slices.Sort(got[typ])
		if got := strings.Join(got[typ], ", "); got != want {
			t.Errorf("type %d: %s\nwant %s", typ, got, want)
		}
	}
}

func TestGroupsMergeAsOne(t *testing.T) {
	want := [][]string{{"status", "missed_reason"}, {"starts_at", "ends_at"}, {"reply", "reply_note"}}
	for _, k := range Kinds() {
		if k.Name != "appointment" {
			if len(k.Groups) > 0 {
				t.Errorf("%s has groups %v", k.Name, k.Groups)
			}
			continue
		}
		if !slices.EqualFunc(k.Groups, want, slices.Equal) {
			t.Errorf("appointment has groups %v, want %v", k.Groups, want)
		}
	}
}

// TestWhoWrites spells out every field that not everybody who sees the scope may write, and, of kinds that not everybody
// may make, every one that somebody else may.
func TestWhoWrites(t *testing.T) {
	kinds := map[string]deltasync.Writers{
		"assignment": deltasync.Coordinators, "same": deltasync.Coordinators,
		"team": deltasync.Server, "member": deltasync.Server, "held": deltasync.Server, "notice": deltasync.Server,
		"message": deltasync.Server, "way": deltasync.Server, "page": deltasync.Server,
	}
	fields := map[string]deltasync.Writers{
		"person.team":  deltasync.Coordinators,
		"held.settled": deltasync.Coordinators, "held.settled_reason": deltasync.Coordinators,
		"notice.seen": deltasync.Seers, "page.ended_at": deltasync.Seers,
	}
	for _, k := range Kinds() {
		if want := kinds[k.Name]; k.Write != want {
			t.Errorf("%s is made by %d, want %d", k.Name, k.Write, want)
		}
		for _, f := range k.Fields {
			want, ok := fields[k.Name+"."+f.Name]
			if !ok {
				want = kinds[k.Name]
			}
			if f.Write != want {
				t.Errorf("%s.%s is written by %d, want %d", k.Name, f.Name, f.Write, want)
			}
			if fixed := slices.Contains([]string{"assignment.worker", "page.token", "same.person"}, k.Name+"."+f.Name); f.Fixed != fixed {
				t.Errorf("%s.%s is fixed: %t, want %t", k.Name, f.Name, f.Fixed, fixed)
			}
		}
		if keep := k.Name == "person"; (k.Keep != "") != keep {
			t.Errorf("%s is kept: %q", k.Name, k.Keep)
		}
	}
}

func TestKindsHandsOutACopy(t *testing.T) {
	k := Kinds()
	delete(k, "person")
	if Kinds()["person"] == nil {
		t.Error("deleting from what Kinds gave took the kind away for all")
	}
}

func TestRegisterPanicsAtASecondDeclaration(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("register took a kind that is there already")
		}
	}()
	register(&deltasync.Kind{Name: "person"})
}

// TestEachKindHasItsFile reads the package's files: a file that declares a kind declares one, and is named after it.
func TestEachKindHasItsFile(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		if n := registrations(t, file); n > 1 {
			t.Errorf("%s declares %d kinds, want one at most", file, n)
		} else if n == 1 {
			found = append(found, strings.TrimSuffix(file, ".go"))
		}
	}
	var want []string
	for name := range Kinds() {
		want = append(want, name)
	}
	slices.Sort(want)
	if !slices.Equal(found, want) {
		t.Errorf("kinds are declared in the files of %v, want %v", found, want)
	}
}

func registrations(t *testing.T, file string) (n int) {
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := parser.ParseFile(token.NewFileSet(), file, src, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(tree, func(node ast.Node) bool {
		if call, ok := node.(*ast.CallExpr); ok {
			if f, ok := call.Fun.(*ast.Ident); ok && f.Name == "register" {
				n++
			}
		}
		return true
	})
	return n
}
