package main

import (
	"strings"
	"testing"
	"time"
)

func TestWhatOthersWroteDoesNotSteerTheTerminal(t *testing.T) {
	var b strings.Builder
	o := &output{stdout: &b}
	const written = "a note \x1b[31mRED\x1b]0;title\x07 \u009b2J, \u202eturned\u202c, تجربة, ünïcode ▄▀ 🙂\tkept\n"
	if err := o.say(nil, line("%s", written)); err != nil {
		t.Fatal(err)
	}
	want := "a note \ufffd[31mRED\ufffd]0;title\ufffd \ufffd2J, \ufffdturned\ufffd, تجربة, ünïcode ▄▀ 🙂\tkept\n\n"
	if b.String() != want {
		t.Errorf("printed %q, want %q", b.String(), want)
	}
}

func TestTheLadderIsReadAsItIsWritten(t *testing.T) {
	var l ladder
	if err := l.UnmarshalText([]byte("90m, 1d,36h,7d")); err != nil || l != (ladder{90 * time.Minute, 24 * time.Hour, 36 * time.Hour, 168 * time.Hour}) {
		t.Errorf("it is read as %v, %v", l, err)
	}
	var c callBefore
	if err := c.UnmarshalText([]byte("0/5")); err != nil || c != (callBefore{0, 5}) {
		t.Errorf("it is read as %v, %v", c, err)
	}
}
