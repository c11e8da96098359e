package client_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	"alongside/internal/auth"
	"alongside/mobile-api/client"
	deltasync "alongside/sync"
)

// office is a server with one worker, the worker's code, and a folder for the phone.
func office() (url, code, dir string, done func()) {
	h := newHouse()
	dir, err := os.MkdirTemp("", "phone")
	must(err)
	return h.server.URL, h.code(h.user("Amal", auth.Worker, north).ID), dir, func() {
		h.close()
		_ = os.RemoveAll(dir)
	}
}

// A phone comes in with a code, writes, and syncs.
func Example() {
	server, code, dir, done := office()
	defer done()
	ctx := context.Background()

	phone, err := client.Open(dir, client.Options{})
	must(err)
	defer phone.Close()
	must(phone.Enrol(ctx, server, code, "Amal's phone", "android"))

	person, err := phone.NewPerson("Ines", map[string]any{"safe_words": "the library"})
	must(err)
	_, err = phone.Edit(client.Edit{Scope: deltasync.PersonOf(person), Kind: "follow_up",
		Set: map[string]any{"about": "Call the surgery", "due": "2026-12-01"}})
	must(err)

	report, err := phone.Sync(ctx)
	must(err)
	fmt.Println("pushed", report.Pushed)
	records, err := phone.View(deltasync.PersonOf(person))
	must(err)
	for _, r := range records {
		if r.Kind == "follow_up" {
			fmt.Println(r.Text("about"), "by", r.Text("due"))
		}
	}
	// Output:
	// pushed 2
	// Call the surgery by 2026-12-01
}

// What is on the phone, what was sent, and what is on the server are different things.
func ExampleRecord() {
	server, code, dir, done := office()
	defer done()
	ctx := context.Background()
	phone, err := client.Open(dir, client.Options{})
	must(err)
	defer phone.Close()
	must(phone.Enrol(ctx, server, code, "Amal's phone", "android"))

	person, err := phone.NewPerson("Ines", nil)
	must(err)
	show := func() {
		r, _, err := phone.Record(person)
		must(err)
		s, err := phone.State()
		must(err)
		fmt.Println(r.Text("name"), "unsent:", r.Unsent, "waiting:", s.Waiting, "everything on the server:", !s.Everything.IsZero())
	}
	show()
	_, err = phone.Sync(ctx)
	must(err)
	show()
	// Output:
	// Ines unsent: [name] waiting: 1 everything on the server: false
	// Ines unsent: [] waiting: 0 everything on the server: true
}

// Edits that belong together take effect together. One that is not valid stops the others, and all are listed.
func ExamplePhone_EditTogether() {
	server, code, dir, done := office()
	defer done()
	ctx := context.Background()
	phone, err := client.Open(dir, client.Options{})
	must(err)
	defer phone.Close()
	must(phone.Enrol(ctx, server, code, "Amal's phone", "android"))

	person, err := phone.NewPerson("Ines", nil)
	must(err)
	scope := deltasync.PersonOf(person)
	_, err = phone.EditTogether(
		client.Edit{Scope: scope, Kind: "appointment", Set: map[string]any{"title": "Surgery", "starts_at": "2026-12-01T10:00:00Z", "status": "planned"}},
		client.Edit{Scope: scope, Kind: "follow_up", Set: map[string]any{"about": "Ask how it went", "due": "soon"}})
	must(err)
	_, err = phone.Sync(ctx)
	must(err)

	kept, err := phone.Kept()
	must(err)
	for _, e := range kept {
		fmt.Println(e.Kind, e.Result.Status, e.Result.Code)
	}
	// Output:
	// appointment rejected group_rejected
	// follow_up rejected bad_value
}

// What Sync returns says what is to be done. Nothing that was written is lost by any of it.
func ExamplePhone_Sync() {
	_, _, dir, done := office()
	defer done()
	phone, err := client.Open(dir, client.Options{})
	must(err)
	defer phone.Close()

	switch _, err := phone.Sync(context.Background()); {
	case err == nil:
		fmt.Println("phone and server agree")
	case errors.Is(err, client.ErrUnavailable):
		fmt.Println("try again later")
	case errors.Is(err, client.ErrNotEnrolled), errors.Is(err, client.ErrSignedOut):
		fmt.Println("ask for a code")
	case errors.Is(err, client.ErrRevoked):
		fmt.Println("this phone is empty now")
	case errors.Is(err, client.ErrOutdated):
		fmt.Println("update the app")
	default:
		fmt.Println("needs somebody to look at it")
	}
	// Output: ask for a code
}
