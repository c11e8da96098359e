package storetest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	deltasync "alongside/sync"
)

// Play runs a script and gives it back with what happened written in: a block is lines of commands, a line "----", and
// what they print up to an empty line. A script that holds what it says comes back unchanged. A line that cannot be
// understood is an error.
//
//	user anna worker north              phone a anna [clock=-2h]
//	person a ben name=Ben               edit a ben/visit appointment title=Clinic starts_at=2026-03-03T10:00:00Z
//	edit a ben person interests+=choir  edit a ben/visit appointment delete | base=0 | group=g | travel= | minutes:=5 | note=long*200
//	sync a [drop-request|drop-reply|cut=N] [bytes=N] [audit] [refetch=ben] [once]
//	show a ben/visit                    scopes a                        kept co
//	settle co 1 accepted                history co ben/visit            outbox a
//	clock +2h                           due                             backup | restore | put-back
//	copy a b                            become a                        erase ben
//	hand-in b of a [unknown]
func (w *World) Play(script string) (string, error) {
	var out, printed strings.Builder
	in := bufio.NewScanner(strings.NewReader(script))
	answering := false
	for line := 1; in.Scan(); line++ {
		text := in.Text()
		if answering {
			if text == "" {
				answering = false
				out.WriteString("\n")
			}
			continue
		}
		out.WriteString(text + "\n")
		switch {
		case text == "----":
			out.WriteString(printed.String())
			printed.Reset()
			answering = true
		case text == "" || strings.HasPrefix(text, "#"):
		default:
			if err := w.Do(text, &printed); err != nil {
				return "", fmt.Errorf("line %d: %s: %w", line, text, err)
			}
		}
	}
	return out.String(), nil
}

// Do runs one command.
func (w *World) Do(line string, out *strings.Builder) error {
	words := Split(line)
	if len(words) < 2 && !slices.Contains([]string{"due", "backup", "restore", "put-back"}, words[0]) {
		return errors.New("what about?")
	}
	switch words[0] {
	case "user":
		return w.AddUser(words[1], deltasync.Role(words[2]), words[3])
	case "phone":
		var skew time.Duration
		for _, o := range words[3:] {
			d, err := time.ParseDuration(strings.TrimPrefix(o, "clock="))
			if err != nil {
				return err
			}
			skew = d
		}
		w.AddPhone(words[1], words[2], skew)
		return nil
	case "clock":
		d, err := time.ParseDuration(strings.TrimPrefix(words[1], "+"))
		w.Clock = w.Clock.Add(d)
		return err
	case "due":
		return w.Engine.Due(context.Background())
	case "backup":
		w.Backup()
		return nil
	case "restore", "put-back":
		w.Restore(words[0] == "restore")
		return nil
	}
	if words[0] == "erase" {
		done, err := w.Engine.Erase(context.Background(), deltasync.RecordID(w.ID(words[1])))
		fmt.Fprintf(out, "%d records erased, %d entries emptied\n", done.Records, done.Entries)
		return err
	}
	p := w.Phones[words[1]]
	if p == nil {
		return errors.New("no such phone")
	}
	switch words[0] {
	case "person":
		return w.edit(p, words[2], "person", words[3:])
	case "edit":
		return w.edit(p, words[2], words[3], words[4:])
	case "sync":
		return w.sync(p, words[2:], out)
	case "show":
		w.show(p, words[2], out)
	case "scopes":
		for _, s := range slices.Sorted(maps.Keys(p.Scopes)) {
			fmt.Fprintf(out, "%s %d\n", w.scope(s), len(p.Scopes[s]))
		}
	case "kept":
		w.kept(p, out)
	case "settle":
		return w.settle(p, words[2], words[3:])
	case "history":
		return w.history(p, words[2], out)
	case "outbox":
		fmt.Fprintf(out, "%d waiting, %d acked\n", len(p.Out), len(p.Acked))
	case "copy":
		c := p.Copy()
		c.Name = words[2]
		w.Phones[words[2]] = c
	case "hand-in":
		return w.handIn(p, words[2:], out)
	case "become":
		c := p.Client
		c.ID = deltasync.ClientID(w.ID("client " + p.Name + "'"))
		p.Become(c)
		w.enrolled(p)
	default:
		return errors.New("no such command")
	}
	return nil
}

// Split takes a line apart at spaces outside of quotes.
func Split(line string) []string {
	quoted := false
	return strings.FieldsFunc(line, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return r == ' ' && !quoted
	})
}

func (w *World) edit(p *Phone, record, kind string, words []string) error {
	change, err := w.Change(kind, words)
	if err == nil {
		w.Edit(p, kind, record, change)
	}
	return err
}

// Change is what the words after an edit's record say, as an op's members.
func (w *World) Change(kind string, words []string) (map[string]any, error) {
	set, add, remove := map[string]any{}, map[string][]string{}, map[string][]string{}
	change := map[string]any{}
	for _, word := range words {
		name, value, ok := strings.Cut(word, "=")
		value = repeated(strings.Trim(value, `"`))
		switch {
		case word == "delete":
			change["delete"] = true
		case !ok:
			return nil, fmt.Errorf("%q changes nothing", word)
		case name == "base":
			n, err := strconv.ParseUint(value, 10, 64)
			if err != nil {
				return nil, err
			}
			change["base"] = n
		case name == "group":
			change["group"] = w.ID("group " + value)
		case name == "at" && kind != "support":
			change["at"] = value
		case name == "scope":
			change["scope"] = string(w.Scope(value))
		case strings.HasSuffix(name, ":"):
			set[strings.TrimSuffix(name, ":")] = json.RawMessage(value)
		case strings.HasSuffix(name, "+"):
			add[strings.TrimSuffix(name, "+")] = append(add[strings.TrimSuffix(name, "+")], value)
		case strings.HasSuffix(name, "-"):
			remove[strings.TrimSuffix(name, "-")] = append(remove[strings.TrimSuffix(name, "-")], value)
		case name == "worker" || name == "team":
			set[name] = w.ID(value)
		case value == "":
			set[name] = nil
		default:
			set[name] = value
		}
	}
	if len(set) > 0 {
		change["set"] = set
	}
	if len(add) > 0 {
		change["add"] = add
	}
	if len(remove) > 0 {
		change["remove"] = remove
	}
	return change, nil
}

// repeated is a text that is to stand so many times: long*200.
func repeated(value string) string {
	text, times, ok := strings.Cut(value, "*")
	n, err := strconv.Atoi(times)
	if !ok || err != nil || n < 0 || n*len(text) > deltasync.MaxOp {
		return value
	}
	return strings.Repeat(text, n)
}

func (w *World) sync(p *Phone, words []string, out *strings.Builder) error {
	var cut Cut
	once := false
	p.MaxBytes, p.Audit = 0, false
	for _, word := range words {
		name, value, _ := strings.Cut(word, "=")
		n, _ := strconv.Atoi(value)
		switch name {
		case "drop-request":
			cut.Request = true
		case "drop-reply":
			cut.Reply = true
		case "cut":
			cut = Cut{Reply: true, Frames: n}
		case "bytes":
			p.MaxBytes = n
		case "audit":
			p.Audit = true
		case "refetch":
			p.Audit, p.Refetch = true, append(p.Refetch, w.Scope(value))
		case "once":
			once = true
		default:
			return fmt.Errorf("no such way to sync: %s", word)
		}
	}
	known := maps.Clone(p.Results)
	var err error
	if once {
		_, err = p.Once(context.Background(), cut)
	} else {
		err = p.Sync(context.Background(), cut)
	}
	for _, n := range slices.Sorted(maps.Keys(p.Results)) {
		if r := p.Results[n]; r != known[n] {
			fmt.Fprintf(out, "%s %d %s", p.Name, n, r.Status)
			if r.Code != "" {
				fmt.Fprintf(out, " %s", r.Code)
			}
			out.WriteString("\n")
		}
	}
	var gap *deltasync.GapError
	var behind *deltasync.BehindError
	switch {
	case errors.As(err, &gap):
		fmt.Fprintf(out, "%s op_number_gap through=%d\n", p.Name, gap.Through)
	case errors.As(err, &behind):
		fmt.Fprintf(out, "%s client_behind through=%d\n", p.Name, behind.Through)
	case errors.Is(err, deltasync.ErrNumberReused):
		fmt.Fprintf(out, "%s op_number_reused\n", p.Name)
	case errors.Is(err, ErrCut):
		fmt.Fprintf(out, "%s cut\n", p.Name)
	case err != nil:
		return err
	case p.Page.Reset:
		fmt.Fprintf(out, "%s reset\n", p.Name)
	}
	return nil
}

// handIn hands in what another phone had sealed to the server: all that it has not sent, or that no backup is known to hold.
func (w *World) handIn(p *Phone, words []string, out *strings.Builder) error {
	from := (*Phone)(nil)
	if len(words) >= 2 && words[0] == "of" {
		from = w.Phones[words[1]]
	}
	if from == nil {
		return errors.New("of which phone?")
	}
	ops := from.sealed(len(words) < 3 || words[2] != "unknown")
	results, err := w.Engine.Sealed(context.Background(), p.Client, ops)
	for _, r := range results {
		fmt.Fprintf(out, "%s for %s %d %s", p.Name, from.Name, r.N, r.Status)
		if r.Code != "" {
			fmt.Fprintf(out, " %s", r.Code)
		}
		out.WriteString("\n")
	}
	return err
}

func (w *World) settle(p *Phone, number string, words []string) error {
	n, err := strconv.Atoi(number)
	all := w.waiting(p)
	if err != nil || n < 1 || n > len(all) {
		return fmt.Errorf("there are %d to settle", len(all))
	}
	f := all[n-1]
	set := map[string]any{"settled": words[0]}
	if len(words) > 1 {
		set["settled_reason"] = strings.Trim(strings.Join(words[1:], " "), `"`)
	}
	w.ops++
	p.Write(deltasync.OpID(w.ID(fmt.Sprintf("op %d", w.ops))), map[string]any{"scope": string(f.Scope),
		"kind": "held", "record": string(f.Change.ID), "set": set})
	return nil
}

func (w *World) history(p *Phone, record string, out *strings.Builder) error {
	entries, err := w.Engine.History(context.Background(), p.Client, w.Record(record))
	if errors.Is(err, deltasync.ErrNotSeen) {
		out.WriteString("nothing that this client may see\n")
		return nil
	}
	for _, e := range entries {
		fmt.Fprintf(out, "%s by %s", e.Op.Status, w.Name(string(e.Op.User)))
		if e.Op.AcceptedBy != "" {
			fmt.Fprintf(out, ", let in by %s", w.Name(string(e.Op.AcceptedBy)))
		}
		if op, err := deltasync.ParseOp(e.Op.Raw); err == nil {
			for _, f := range slices.Sorted(maps.Keys(op.Set)) {
				fmt.Fprintf(out, " %s=%s", f, w.value(op.Set[f]))
			}
		}
		out.WriteString("\n")
	}
	return err
}
