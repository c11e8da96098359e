package main

import (
	"strings"
	"testing"
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
