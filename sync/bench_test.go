package deltasync

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"
)

const benchedOp = `{"n":1,"id":"0192f0c1-2345-7abc-8def-0123456789ab","at":"2026-11-22T09:14:03.120Z","scope":"person/0192f0c1-2345-7abc-8def-0123456789ac",` +
	`"kind":"support","record":"0192f0c1-2345-7abc-8def-0123456789ad","base":0,"set":{"what":"visit","at":"2026-11-22T09:00:00Z","minutes":40,"note":"Went along to the clinic and filled in the forms together. Better than last week."}}`

// BenchmarkCodec reads an op as it was sent, and writes a record as it is sent.
func BenchmarkCodec(b *testing.B) {
	b.Run("read an op", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if p, err := parseOp(json.RawMessage(benchedOp)); err != nil || p.fault != nil {
				b.Fatal(err, p.fault)
			}
		}
	})
	b.Run("write a record", func(b *testing.B) {
		rec := benched(b, 1)
		b.ReportAllocs()
		var out []byte
		for b.Loop() {
			out = rec.AppendBody(out[:0])
		}
	})
}

// BenchmarkMerge takes an op into a record that others have written to before.
func BenchmarkMerge(b *testing.B) {
	for _, edits := range []int{1, 20} {
		b.Run(fmt.Sprint("after ", edits, " edits"), func(b *testing.B) {
			rec := benched(b, edits)
			op := Op{Set: map[string]json.RawMessage{"note": json.RawMessage(`"Another one"`)}}
			from := Origin{Version: rec.Version, Client: "c", N: 99, User: "u", At: time.UnixMilli(1).UTC()}
			b.ReportAllocs()
			for b.Loop() {
				op.Base, from.Version = from.Version, from.Version+1 // whoever writes has seen what was there
				rec.Merge(&Kind{Name: "support"}, &op, from)
			}
		})
	}
}

// benched is a record of so many edits, each of a field of its own beside those of the first.
func benched(b *testing.B, edits int) *Record {
	b.Helper()
	p, err := parseOp(json.RawMessage(benchedOp))
	if err != nil || p.fault != nil {
		b.Fatal(err, p.fault)
	}
	rec := &Record{Scope: p.Scope, Kind: p.Kind, ID: p.Record, Made: "u"}
	for i := range edits {
		op := p.Op
		if i > 0 {
			op.Base, op.Set = rec.Version, map[string]json.RawMessage{fmt.Sprint("field", i): json.RawMessage(`"a value"`)}
		}
		rec.Merge(&Kind{Name: "support"}, &op, Origin{Version: Version(i + 1), Client: "c", N: uint64(i + 1), User: "u", At: p.At})
	}
	return rec
}
