package reminder

import (
	"slices"
	"strings"
	"time"
)

func sortedLeads(leads []time.Duration) []time.Duration {
	leads = slices.Clone(leads)
	slices.SortFunc(leads, func(a, b time.Duration) int { return int(b - a) })
	return slices.Compact(leads)
}

// leadText is a lead as it is written down: 48h, 45m.
func leadText(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = text[:len(text)-2]
	}
	if strings.HasSuffix(text, "h0m") {
		text = text[:len(text)-2]
	}
	return text
}

// A reminder may come up to half its lead late, and no more than mostLate; the last one, where quiet time has moved it, up to wellBefore the
// appointment.
const (
	mostLate   = 12 * time.Hour
	wellBefore = time.Hour
)

// window is when one reminder may go.
type window struct {
	From, Until time.Time
	None        bool // quiet time leaves no moment for it
	MadeUp      bool // its moment had passed before it was known of
}

// windows gives, for each lead, when it may go to somebody with an appointment at start, of which since is when it was known. A lead that had
// passed by then, or was moved to before then, is left out; but the last one is made up for, if that is possible well before the appointment.
func (h allowed) windows(start, since time.Time, leads []time.Duration) map[time.Duration]window {
	out := make(map[time.Duration]window, len(leads))
	for i, lead := range leads {
		nominal := start.Add(-lead)
		shortest := i == len(leads)-1
		w := window{From: nominal, Until: nominal.Add(min(max(lead/2, time.Minute), mostLate))}
		if !h.allow(nominal) {
			w.From = h.last(nominal)
			if shortest {
				w.Until = start.Add(-min(wellBefore, lead/2))
			}
		}
		if w.Until.After(start) {
			w.Until = start
		}
		switch {
		case !w.From.IsZero() && !w.From.Before(since):
			out[lead] = w
		case shortest:
			w = window{From: h.next(since), Until: start.Add(-wellBefore), MadeUp: true}
			if w.From.IsZero() || w.From.After(w.Until) {
				if nominal.Before(since) {
					continue // written down too late for any
				}
				w = window{From: start.Add(-wellBefore), Until: start, None: true, MadeUp: true} // until then what stands in the way may change
			}
			out[lead] = w
		}
	}
	return out
}
