package reminder

import "time"

// Settings are the partnership's. The zero value is not of use: begin with Defaults.
type Settings struct {
	Zone      *time.Location  // where the partnership is
	Leads     []time.Duration // how long before an appointment a message goes, the longest first
	Quiet     Hours           // in which nobody is written to
	QuietDays []time.Weekday  // on which nobody is written to
	PerDay    int             // messages to one person in one day of Zone, at most
	Ladder    Ladder
	Missed    int // of the last Of appointments, from which on a worker is to call the day before
	Of        int
	Inbound   bool // a text can be answered by text
}

// Hours are a stretch of each day, in minutes since midnight by the clock on the wall. Where From is after Until it goes over midnight; where
// they are the same it is empty.
type Hours struct{ From, Until int }

// Ladder says how long after what each step is due.
type Ladder struct {
	Outcome     time.Duration // after an appointment's end: ask the worker what became of it
	Call        time.Duration // after a miss was noted
	Visit       time.Duration // the same
	Coordinator time.Duration // the same
	Lasts       time.Duration // an appointment that ended longer ago than this, when it is first seen, starts no ladder
}

// Defaults are the settings that hold where nobody says otherwise.
func Defaults() Settings {
	return Settings{
		Zone:      time.UTC, // a command sets Europe/London, or what it is told
		Leads:     []time.Duration{48 * time.Hour, 3 * time.Hour},
		Quiet:     Hours{20 * 60, 9 * 60},
		QuietDays: []time.Weekday{time.Sunday},
		PerDay:    2,
		Ladder: Ladder{Outcome: 4 * time.Hour, Call: 24 * time.Hour, Visit: 3 * 24 * time.Hour, Coordinator: 7 * 24 * time.Hour,
			Lasts: 14 * 24 * time.Hour},
		Missed: 2, Of: 5,
	}
}
