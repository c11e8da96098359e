package client

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	deltasync "alongside/sync"
)

// maxReply bounds what a response may unpack to, in bytes. A page holds 4 MiB and one record more at most.
const maxReply = 32 << 20

// reply is a response of POST /v1/sync, as far as it came.
type reply struct {
	ack    *ack // nil: it did not come whole, or no ops were sent
	frames []frame
	page   *page // nil: the response was cut
}

type ack struct {
	Through uint64             `json:"through"`
	Results []deltasync.Result `json:"results"`
}

// frame is one of scope, record, gone and drop.
type frame struct {
	Name     string             `json:"frame"`
	Scope    deltasync.Scope    `json:"scope"`
	Gen      deltasync.Version  `json:"gen"`
	ID       deltasync.RecordID `json:"id"`
	Version  deltasync.Version  `json:"version"`
	Backfill bool               `json:"backfill"`
	Done     bool               `json:"done"`

	raw []byte // the line as it came, without its end
}

type page struct {
	Cursor   string                  `json:"cursor"`
	Complete bool                    `json:"complete"`
	Reset    bool                    `json:"reset"`
	Head     deltasync.Version       `json:"head"`
	Epoch    string                  `json:"epoch"`
	Through  uint64                  `json:"through"`
	Safe     uint64                  `json:"safe"`
	Time     time.Time               `json:"server_time"`
	Total    *sum                    `json:"total"`
	Sums     map[deltasync.Scope]sum `json:"sums"`
}

// sum is a deltasync.Sum in the form of PROTOCOL §6.6.
type sum deltasync.Sum

func (s *sum) UnmarshalJSON(raw []byte) error {
	var w struct {
		Count int    `json:"count"`
		Sum   string `json:"sum"`
	}
	if err := json.Unmarshal(raw, &w); err != nil {
		return err
	}
	n, err := strconv.ParseUint(w.Sum, 16, 64)
	*s = sum{Count: w.Count, Sum: n}
	return err
}

// readReply reads frames up to the page. Without a whole page it is errCut: the ack counts if it is there, the rest
// does not. Frames of names that it does not know it passes over.
func readReply(from io.Reader) (reply, error) {
	var r reply
	lines := bufio.NewReaderSize(io.LimitReader(from, maxReply), 64<<10)
	for first := true; ; first = false {
		line, end := lines.ReadBytes('\n')
		if line = bytes.TrimSpace(line); len(line) > 0 {
			if err := r.read(line, first && end == nil); err != nil {
				return reply{ack: r.ack}, fmt.Errorf("%w: %w", errCut, err)
			}
		}
		if r.page != nil {
			return r, nil
		}
		if end != nil {
			return reply{ack: r.ack}, fmt.Errorf("%w: %w", errCut, end)
		}
	}
}

// errFrame tells no more, since a frame holds what people wrote.
var errFrame = errors.New("a frame that cannot be read")

// read takes a line. Only the first may be an ack, and only if its end has come.
func (r *reply) read(line []byte, mayAck bool) error {
	var f frame
	if json.Unmarshal(line, &f) != nil {
		return errFrame
	}
	switch f.Name {
	case "ack":
		a := new(ack)
		if !mayAck || json.Unmarshal(line, a) != nil {
			return errFrame
		}
		r.ack = a
	case "page":
		p := new(page)
		if json.Unmarshal(line, p) != nil || p.Cursor == "" || p.Complete && p.Total == nil {
			return errFrame
		}
		r.page = p
	case "record", "gone":
		if f.ID == "" {
			return errFrame
		}
		fallthrough
	case "scope", "drop":
		if f.Scope == "" {
			return errFrame
		}
		f.raw = line // ReadBytes gave it to us alone
		r.frames = append(r.frames, f)
	}
	return nil
}
