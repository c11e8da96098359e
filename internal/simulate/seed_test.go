package simulate

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// Cast is how every story of a seed begins.
var Cast = []string{
	"user wanda worker north", "user will worker north", "user walt worker south",
	"user cora coordinator north", "user sam coordinator south", "user ada admin north",
	"phone a wanda", "phone b will clock=-2h", "phone c walt clock=26h", "phone d wanda clock=-90s",
	"phone desk cora", "phone other sam clock=1h", "phone admin ada",
}

var (
	people  = []string{"ben", "mo", "ann"}
	things  = []string{"one", "two", "three"}
	phones  = []string{"a", "a", "b", "b", "c", "d", "desk", "desk", "other", "admin"}
	workers = []string{"wanda", "will", "walt"}
)

// Lines makes a story of so many steps out of a seed.
func Lines(seed uint64, steps int) []string {
	g := &plot{dice: rand.New(rand.NewPCG(seed, 7)), phones: phones}
	g.tell("person a ben name=canary-ben x_future=canary-ben")
	g.tell("sync a")
	for range steps {
		g.step()
	}
	g.weave(rand.New(rand.NewPCG(seed, 11)))
	return g.lines
}

// weave puts into one story of three what came to be told later than the rest, and leaves the others as they were: a request that
// arrives long after those that were sent after it, and a phone whose memory is put back.
func (g *plot) weave(dice *rand.Rand) {
	if dice.IntN(3) > 0 {
		return
	}
	for range 1 + dice.IntN(2) {
		p := phones[dice.IntN(len(phones))]
		first, then := "sync "+p+" late", "arrives "+p
		if dice.IntN(2) == 0 {
			first, then = "keep-phone "+p, "put-back-phone "+p
		}
		at := 2 + dice.IntN(len(g.lines)-1)
		g.lines = slices.Insert(g.lines, at, first)
		g.lines = slices.Insert(g.lines, at+1+dice.IntN(len(g.lines)-at), then)
	}
}

// plot is a story on its way.
type plot struct {
	dice   *rand.Rand
	lines  []string
	phones []string
	copies int
	groups int
	full   bool
}

func (g *plot) tell(format string, args ...any) {
	g.lines = append(g.lines, fmt.Sprintf(format, args...))
}

func one[T any](g *plot, of []T) T { return of[g.dice.IntN(len(of))] }

func (g *plot) chance(in int) bool { return g.dice.IntN(in) == 0 }

// steps are what may happen, each as often as it stands here.
var steps = weighted(map[string]int{
	"person": 4, "edit": 22, "group": 4, "set": 3, "delete": 3, "appointment": 4, "assign": 5, "end": 2, "move": 2, "settle": 6,
	"sync": 26, "lost": 8, "together": 2, "clock": 6, "jump": 2, "slow": 1, "copy": 1, "reopen": 1, "again": 4,
	"backup": 3, "restore": 2, "restore-archive": 2, "copy-folder": 2, "put-back": 2, "put-back-all": 1, "restart": 2,
	"disk": 2, "erase": 1, "revoke": 1, "tomorrow": 2, "upgrade": 1,
})

func weighted(of map[string]int) (all []string) {
	for _, name := range []string{"person", "edit", "group", "set", "delete", "appointment", "assign", "end", "move", "settle", "sync", "lost",
		"together", "clock", "jump", "slow", "copy", "reopen", "again", "backup", "restore", "restore-archive", "copy-folder", "put-back",
		"put-back-all", "restart", "disk", "erase", "revoke", "tomorrow", "upgrade"} {
		for range of[name] {
			all = append(all, name)
		}
	}
	return all
}

func (g *plot) step() {
	p, person := one(g, g.phones), one(g, people)
	switch what := one(g, steps); what {
	case "person":
		g.tell("person %s %s name=canary-%s x_future=canary-%s", p, person, person, person)
	case "edit":
		g.tell("edit %s %s/%s %s", p, person, one(g, things), g.support(person))
	case "group":
		g.groups++
		for range 2 + g.dice.IntN(3) {
			person := one(g, people)
			g.tell("edit %s %s/%s %s group=g%d", p, person, one(g, things), g.support(person), g.groups)
		}
	case "set":
		g.tell("edit %s %s person interests%s=canary-%s-%s", p, person, one(g, []string{"+", "-"}), person, one(g, []string{"choir", "chess"}))
	case "delete":
		g.tell("edit %s %s/%s support delete", p, person, one(g, things))
	case "appointment":
		g.tell("edit %s %s/visit appointment title=canary-%s starts_at=2026-03-0%dT10:00:00Z status=%s", p, person, person, 2+g.dice.IntN(7),
			one(g, []string{"planned", "attended", "missed", "dreamt"}))
	case "assign", "end", "move":
		g.access(one(g, []string{"desk", "desk", "other", p}), person, what)
	case "settle":
		g.tell("settle %s %d %s", one(g, []string{"desk", "desk", "other", p}), 1+g.dice.IntN(3), one(g, []string{"accepted", "accepted", "set_aside"}))
	case "sync":
		g.tell("sync %s", p)
	case "lost":
		g.tell("sync %s %s", p, g.lost())
	case "together":
		g.tell("together a b desk %s", one(g, []string{"c", "d", "other"}))
	case "clock":
		g.tell("clock +%dm", 1+g.dice.IntN(1+one(g, []int{5, 90, 3000})))
	case "jump":
		g.tell("jump %s %dh", p, g.dice.IntN(60)-30)
	case "slow":
		g.tell("slow %s %d", p, one(g, []int{0, 625, 4000}))
	case "copy":
		if g.copies++; g.copies < 3 {
			name := fmt.Sprintf("%s%d", p, g.copies)
			g.tell("copy %s %s", p, name)
			g.phones = append(g.phones[:len(g.phones):len(g.phones)], name)
		}
	case "reopen":
		g.tell("reopen %s", p)
	case "again":
		g.tell("again %s %d", p, g.dice.IntN(8))
	case "disk":
		g.full = !g.full && g.chance(2)
		g.tell("disk %s", map[bool]string{true: "full", false: one(g, []string{"free", "fails"})}[g.full])
	case "erase":
		if g.chance(2) {
			g.tell("erase %s", person)
		}
	case "revoke":
		if g.chance(2) {
			g.tell("revoke %s", one(g, []string{"a", "b", "d"}))
		}
	case "tomorrow":
		g.tell("edit %s %s/%s-diary %s words=canary-%s", p, person, one(g, things), tomorrow, person)
	default:
		g.tell("%s", what)
	}
}

func (g *plot) support(person string) string {
	at := "2026-03-01T10:00:00Z"
	if g.chance(12) {
		at = "yesterday"
	}
	note := "canary-" + person + one(g, []string{"", "-a", "-b", "*200"})
	return fmt.Sprintf("support what=%s at=%s note=%s", one(g, []string{"call", "visit", "walked"}), at, note)
}

func (g *plot) access(p, person, what string) {
	worker := one(g, workers)
	switch what {
	case "end":
		g.tell("edit %s %s/first-of-%s assignment delete", p, person, worker)
	case "move":
		g.tell("edit %s %s person team=%s", p, person, one(g, []string{"north", "south"}))
	default:
		line := fmt.Sprintf("edit %s %s/cover-%s assignment worker=%s", p, person, worker, worker)
		if g.chance(3) {
			line += " from=" + g.soon(-60, 60)
		}
		if g.chance(2) {
			line += " until=" + g.soon(-60, 200)
		}
		g.tell("%s", line)
	}
}

// soon is a moment near the beginning of the story.
func (g *plot) soon(from, to int) string {
	minutes := 9*60 + from + g.dice.IntN(to-from)
	return fmt.Sprintf("2026-03-02T%02d:%02d:00Z", minutes/60, minutes%60)
}

func (g *plot) lost() string {
	lost := one(g, []string{"drop-request", "tear-request", "drop-reply", "cut=1", "cut=2", "cut=5"})
	if g.chance(3) {
		lost += " stubborn"
	}
	return lost
}
