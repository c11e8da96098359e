package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Live calls hint with the server's head whenever something that this phone may see has changed, and on each
// connecting, until ctx ends: then it is the context's error. It connects again by itself. It brings no data and keeps
// nothing: a hint is a reason to Sync. ErrSignedOut, or a Problem such as device_revoked, ends it too; Sync then does what is to be done.
func (p *Phone) Live(ctx context.Context, hint func(seq uint64)) error {
	for failed := 0; ; {
		heard := false
		err := p.authorized(ctx, func(st *state) error {
			return p.attempt(ctx, http.MethodGet, st.Server+"/v1/live", st.Access, nil, false, eventStream, func(from io.Reader) error {
				return events(from, func(seq uint64) {
					heard = true
					hint(seq)
				})
			})
		})
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && !passes(err) && !errors.Is(err, ErrUnavailable):
			return fmt.Errorf("live: %w", err)
		}
		if failed++; heard {
			failed = 1
		}
		if err == nil {
			err = errCut // the connection ended, as it does when its token expires
		}
		if err := p.pause(ctx, min(failed, tries-1), err); err != nil {
			return err
		}
	}
}

// events reads Server-Sent Events and calls hint for those named head. Its end is nil.
func events(from io.Reader, hint func(uint64)) error {
	lines := bufio.NewScanner(from)
	name, data := "", ""
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "event":
			name = value
		case "data":
			data += value
		case "":
			if value != "" || name == "" && data == "" {
				continue // a comment, or a line between events
			}
			var head struct {
				Seq uint64 `json:"seq"`
			}
			if name == "head" && json.Unmarshal([]byte(data), &head) == nil {
				hint(head.Seq)
			}
			name, data = "", ""
		}
	}
	if err := lines.Err(); err != nil {
		return &lostError{err}
	}
	return nil
}
