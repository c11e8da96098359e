package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// output is where a command says what it did: to people, or with --json as one object.
type output struct {
	stdout, stderr io.Writer
	json           bool
}

func (o *output) say(object any, text func(w io.Writer)) error {
	if o.json {
		enc := json.NewEncoder(o.stdout)
		enc.SetEscapeHTML(false)
		return enc.Encode(object)
	}
	text(printable{o.stdout})
	return nil
}

// line is a text of one line.
func line(format string, args ...any) func(io.Writer) {
	return func(w io.Writer) { fmt.Fprintf(w, format+"\n", args...) }
}

// progress draws a bar of bytes where somebody watches; else it is nil. Done is to be called at the end.
func (o *output) progress(what string) (moved func(done, all int64), done func()) {
	return o.bar(what, progressbar.OptionShowBytes(true))
}

func (o *output) bar(what string, more ...progressbar.Option) (moved func(done, all int64), done func()) {
	f, ok := o.stderr.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil, func() {}
	}
	bar := progressbar.NewOptions64(-1, append(more, progressbar.OptionSetWriter(f), progressbar.OptionSetDescription(what),
		progressbar.OptionClearOnFinish())...)
	return func(done, all int64) {
		bar.ChangeMax64(max(all, done))
		_ = bar.Set64(done)
	}, func() { _ = bar.Finish() }
}

// time draws a bar of time where somebody watches; else it is nil. Done is to be called at the end.
func (o *output) time(what string) (moved func(gone, all time.Duration), done func()) {
	bar, done := o.bar(what)
	if bar == nil {
		return nil, done
	}
	return func(gone, all time.Duration) { bar(gone.Milliseconds(), all.Milliseconds()) }, done
}

// wait turns a wheel where somebody watches, for work that cannot say how far it is. Done is to be called at the end.
func (o *output) wait(what string) (done func()) {
	f, ok := o.stderr.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return func() {}
	}
	wheel := progressbar.NewOptions64(-1, progressbar.OptionSetWriter(f), progressbar.OptionSetDescription(what),
		progressbar.OptionSpinnerType(14), progressbar.OptionClearOnFinish())
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				_ = wheel.Finish()
				return
			case <-tick.C:
				_ = wheel.Add(1)
			}
		}
	}()
	return func() { close(stop); <-stopped }
}
