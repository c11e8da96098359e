package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A scheduled backup's name sorts by its time and says whether it is encrypted: alongside-20261123T021358Z.backup.age
const (
	nameBegin  = "alongside-"
	nameTime   = "20060102T150405Z"
	nameEnd    = ".backup"
	nameSealed = nameEnd + ".age"
	partialEnd = ".partial"
)

// kept is a scheduled backup that stands in the folder. It was verified before it got its name.
type kept struct {
	name  string
	at    time.Time
	size  int64
	ahead bool // of the clock, which has been set since
}

func nameOf(at time.Time, sealed bool) string {
	end := nameEnd
	if sealed {
		end = nameSealed
	}
	return nameBegin + at.UTC().Format(nameTime) + end
}

// timeIn is the time in a scheduled backup's name, and in no other.
func timeIn(name string) (time.Time, bool) {
	stem, plain := strings.CutSuffix(name, nameEnd)
	if !plain {
		stem, _ = strings.CutSuffix(name, nameSealed)
	}
	at, err := time.Parse(nameTime, strings.TrimPrefix(stem, nameBegin))
	return at, err == nil && nameOf(at, !plain) == name
}

// standing are the scheduled backups in a folder, the newest last. One whose time is still to come was made before the
// clock was set back, so it counts as older than all others.
func standing(dir string, now time.Time) ([]kept, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var all []kept
	for _, e := range entries {
		at, ok := timeIn(e.Name())
		if !ok || !e.Type().IsRegular() {
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, kept{name: e.Name(), at: at, size: info.Size(), ahead: at.After(now)})
	}
	slices.SortStableFunc(all, func(a, b kept) int {
		if a.ahead != b.ahead {
			if a.ahead {
				return -1
			}
			return 1
		}
		return a.at.Compare(b.at)
	})
	return all, nil
}

// removePartial takes away what a scheduled backup left that was broken off.
func removePartial(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		name, partial := strings.CutSuffix(e.Name(), partialEnd)
		if _, ours := timeIn(name); partial && ours {
			err = errors.Join(err, remove(filepath.Join(dir, e.Name())))
		}
	}
	return err
}

// ownerName is a file in the folder that says whose backups are there.
const ownerName = "alongside.store"

var errOtherStore = errors.New("it holds the backups of another store")

// claim makes sure that the folder is there and belongs to this store: two that share one would remove each other's.
func (s *Schedule) claim(store string) error {
	if s.own() {
		if err := os.Mkdir(s.Dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	path := filepath.Join(s.Dir, ownerName)
	b, err := os.ReadFile(path)
	switch owner := strings.TrimSpace(string(b)); {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	case owner == "": // also after a power cut, which left the file empty
		return os.WriteFile(path, []byte(store+"\n"), 0o600)
	case owner != store:
		return fmt.Errorf("%s: %w", s.Dir, errOtherStore)
	}
	return nil
}

// scheduleName is a file in the server's folder that says how it makes backups, for commands that run while it does not.
const scheduleName = "alongside.schedule"

type scheduleNote struct {
	Every  int64  `json:"every_seconds"`
	Dir    string `json:"dir"`
	Keep   int    `json:"keep"`
	Sealed bool   `json:"encrypted"`
}

// KeepSchedule notes the schedule of the server on data; nil: it has none.
func KeepSchedule(data string, s *Schedule) error {
	path := filepath.Join(data, scheduleName)
	if s == nil {
		return remove(path)
	}
	b, err := json.Marshal(scheduleNote{int64(s.Every.Seconds()), s.Dir, s.Keep, s.sealed()})
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o600)
}

// lastSchedule is the one that the server on data had when it last ran; nil: none is known.
func lastSchedule(data string) *Schedule {
	var n scheduleNote
	b, err := os.ReadFile(filepath.Join(data, scheduleName))
	if err != nil || json.Unmarshal(b, &n) != nil || n.Every <= 0 {
		return nil
	}
	return &Schedule{Plan: Plan{Every: time.Duration(n.Every) * time.Second, Dir: n.Dir, Keep: n.Keep}, Data: data, was: n.Sealed}
}
