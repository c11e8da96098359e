package sms

import (
	"sync"
	"time"
)

// limit counts what was sent, so that a partnership stays within what it has agreed with its provider. It is of one process: after a restart
// the provider's own limits hold.
type limit struct {
	perMinute, perDay int // 0: none

	mu          sync.Mutex
	minute, day time.Time // that are counted
	inMinute    int
	inDay       int
}

// take counts a text, or says how long it has to wait, and which limit is reached.
func (l *limit) take(now time.Time) (wait time.Duration, why string) {
	minute, day := now.UTC().Truncate(time.Minute), now.UTC().Truncate(24*time.Hour)
	l.mu.Lock()
	defer l.mu.Unlock()
	if !minute.Equal(l.minute) {
		l.minute, l.inMinute = minute, 0
	}
	if !day.Equal(l.day) {
		l.day, l.inDay = day, 0
	}
	switch {
	case l.perDay > 0 && l.inDay >= l.perDay:
		return day.AddDate(0, 0, 1).Sub(now), "daily_limit"
	case l.perMinute > 0 && l.inMinute >= l.perMinute:
		return minute.Add(time.Minute).Sub(now), "limit"
	}
	l.inMinute++
	l.inDay++
	return 0, ""
}
