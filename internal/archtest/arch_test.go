package archtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	return filepath.ToSlash(dir)
}

func TestModuleKeepsItsImportRules(t *testing.T) {
	files, err := read(os.DirFS(root(t)))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 20 {
		t.Fatalf("read %d Go files: this is not the module", len(files))
	}
	for _, f := range check(files) {
		t.Error(f)
	}
}

func TestModuleNamesNoMachinePath(t *testing.T) {
	dir := root(t)
	faults, err := machinePaths(os.DirFS(dir), dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range faults {
		t.Error(f)
	}
}

// A tree is the Go files of a made-up module, which are checked as if they were this one.
type tree map[string]string

func (tr tree) faults(t *testing.T) []string {
	t.Helper()
	m := fstest.MapFS{}
	for name, src := range tr {
		m[name] = &fstest.MapFile{Data: []byte(src)}
	}
	files, err := read(m)
	if err != nil {
		t.Fatal(err)
	}
	return check(files)
}

func TestCheckFindsEachBreach(t *testing.T) {
	const (
		syncPkg   = "package deltasync"
		mobilePkg = "package mobileapi"
	)
	for _, tt := range []struct {
		name string
		tree tree
		want string // part of the only line; empty: no line
	}{
		{"nothing", tree{}, ""},
		{"an import that the row has", tree{
			"sync/a.go":                   syncPkg,
			"internal/casework/a.go":      "package casework\nimport deltasync \"alongside/sync\"",
			"internal/casework/b_test.go": "package casework",
		}, ""},
		{"an import that the row lacks", tree{
			"internal/auth/a.go":     "package auth",
			"internal/casework/a.go": "package casework\n\nimport \"alongside/internal/auth\"",
		}, "internal/casework/a.go:3: internal/casework does not import internal/auth"},
		{"the same in a test", tree{
			"internal/auth/a.go":          "package auth",
			"internal/casework/a_test.go": "package casework_test\nimport _ \"alongside/internal/auth\"",
		}, ""},
		{"a file for another system", tree{
			"internal/auth/a_plan9.go": "//go:build plan9\npackage auth\nimport \"alongside/server\"",
		}, "internal/auth does not import server"},
		{"anything, for the command", tree{
			"cmd/alongside/main.go": "package main\nimport _ \"alongside/internal/simulate\"",
		}, ""},
		{"the load driver in the server", tree{
			"server/a.go": "package server\nimport _ \"alongside/internal/simulate\"",
		}, "server does not import internal/simulate"},
		{"a sender that knows another sender", tree{
			"internal/push/sms/a.go": "package sms\nimport _ \"alongside/internal/push/fcm\"",
		}, "does not import internal/push/fcm"},
		{"a package without a row", tree{"internal/util/a.go": "package util", "internal/util/b.go": "package util"},
			"internal/util: the table has no row"},
		{"a package without a row that is only a test", tree{"internal/util/a_test.go": "package util"},
			"internal/util: the table has no row"},
		{"a package below a known one", tree{"internal/push/sms/gsm/a.go": "package gsm"}, "has no row"},
		{"what go build does not see", tree{"sync/testdata/a.go": "package x\nimport \"os\"", "server/web/node_modules/a/b.go": "package b"}, ""},
		{"bbolt where it belongs", tree{
			"internal/boltstore/a.go": "package boltstore\nimport \"go.etcd.io/bbolt\"",
			"mobile-api/client/a.go":  "package client\nimport \"go.etcd.io/bbolt\"",
		}, ""},
		{"bbolt elsewhere", tree{"internal/archive/a.go": "package archive\nimport \"go.etcd.io/bbolt/errors\""},
			"only internal/boltstore, mobile-api/client imports go.etcd.io/bbolt"},
		{"Firebase elsewhere", tree{"internal/push/a.go": "package push\nimport \"firebase.google.com/go/v4/messaging\""},
			"only internal/push/fcm imports firebase"},
		{"JWT elsewhere", tree{"mobile-api/a.go": mobilePkg + "\nimport \"github.com/golang-jwt/jwt/v5\""},
			"only internal/auth, internal/push/sms, internal/push/pushtest imports github.com/golang-jwt/jwt"},
		{"Echo below the server", tree{"server/page/a.go": "package page\nimport \"github.com/labstack/echo/v4\""},
			"has no row"}, // the library is not what is wrong
		{"Echo in the Go client", tree{"mobile-api/client/a.go": "package client\nimport \"github.com/labstack/echo/v4\""},
			"only mobile-api, server, server/* imports"},
		{"Prometheus elsewhere", tree{"internal/boltstore/a.go": "package boltstore\nimport \"github.com/prometheus/client_golang/prometheus\""},
			"only server imports github.com/prometheus"},
		{"a library in sync", tree{"sync/a.go": syncPkg + "\nimport \"golang.org/x/crypto/hkdf\""}, "standard library only"},
		{"I/O in sync", tree{"sync/a.go": syncPkg + "\nimport \"net/http\""}, "does no I/O"},
		{"a lock in sync", tree{"sync/a.go": syncPkg + "\nimport \"sync\""}, "does no I/O"},
		{"a lock in a test of sync", tree{"sync/a_test.go": syncPkg + "\nimport \"sync\""}, ""},
		{"an odd folder without its package's name", tree{
			"sync/a.go":             syncPkg,
			"internal/archive/a.go": "package archive\nimport \"alongside/sync\"",
		}, `the import line is to say deltasync "alongside/sync"`},
		{"an odd folder under a third name", tree{
			"mobile-api/a.go":        mobilePkg,
			"mobile-api/client/a.go": "package client\nimport api \"alongside/mobile-api\"",
		}, `the import line is to say mobileapi "alongside/mobile-api"`},
		{"the same in a test", tree{
			"mobile-api/a.go":         mobilePkg,
			"internal/auth/a_test.go": "package auth\nimport \"alongside/mobile-api\"",
		}, `the import line is to say mobileapi`},
		{"a package under another name", tree{
			"internal/auth/a.go":      "package auth",
			"internal/boltstore/a.go": "package boltstore\nimport a \"alongside/internal/auth\"",
		}, "internal/auth goes by its own name"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.tree.faults(t)
			switch {
			case tt.want == "" && len(got) > 0:
				t.Errorf("faults %q, want none", got)
			case tt.want != "" && (len(got) != 1 || !strings.Contains(got[0], tt.want)):
				t.Errorf("faults %q, want one that says %q", got, tt.want)
			}
		})
	}
}

func TestMachinePathsAreFound(t *testing.T) {
	for _, tt := range []struct {
		name, root, line string
		want             bool
	}{
		{"the checkout", "/srv/made-up/tree", "cd /srv/made-up/tree/cmd", true},
		{"beside the checkout", "/srv/made-up/tree", "../run \"/srv/made-up/other/x\"", true},
		{"the tail of another path", "/made-up/tree", "internal/casemade-up/made-up/x", false},
		{"a home", "/srv/made-up/tree", "see /home/ailsa/notes.txt", true},
		{"a home of another system", "/srv/made-up/tree", `see C:\Users\Ailsa`, true},
		{"a common folder", "/tmp/tree", "a file in /tmp/x", false},
		{"a route", "/srv/made-up/tree", "GET /app/home/today", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			faults, err := machinePaths(fstest.MapFS{"a/b.go": {Data: []byte("package b\n// " + tt.line + "\n")}}, tt.root)
			if err != nil {
				t.Fatal(err)
			}
			if got := len(faults) > 0; got != tt.want {
				t.Errorf("found in %q: %v, want %v", tt.line, got, tt.want)
			}
		})
	}
}
