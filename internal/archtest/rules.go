package archtest

import "strings"

// module is the path that imports of this module begin with.
const module = "alongside"

// row says what of this module a package may import. Names are folders; a name that ends in "/*" is every folder
// right below, and "..." is anything.
type row struct {
	folder string
	may    []string
}

// rows is the table. A row may stand before its package does.
var rows = []row{
	{"sync", nil},
	{"internal/auth", nil},
	{"internal/push", nil},
	{"internal/archtest", nil},
	{"internal/seal", nil},
	{"server/web", nil},

	{"sync/storetest", []string{"sync"}},
	{"internal/casework", []string{"sync"}},
	{"internal/archive", []string{"sync"}},
	{"internal/follow", []string{"sync"}},

	{"internal/boltstore", []string{"sync", "internal/auth"}}, // it stores for both
	{"mobile-api", []string{"sync", "internal/auth", "internal/follow"}},
	{"mobile-api/client", []string{"sync", "mobile-api"}},
	{"internal/push/*", []string{"internal/push"}}, // also pushtest, the providers that tests have

	// What they drive.
	{"internal/admin", append([]string{"internal/follow", "internal/reminder", "internal/seal"}, parts...)},
	{"internal/reminder", []string{"sync", "internal/casework", "internal/follow", "internal/push", "internal/push/*"}},
	{"internal/demo", append([]string{"internal/admin", "mobile-api", "mobile-api/client"}, parts...)},
	{"internal/simulate", append([]string{"internal/admin", "mobile-api", "mobile-api/client", "server"}, parts...)},
	{"internal/bench", nil}, // the binary, from outside
	{"internal/crash", nil}, // the same
	{"internal/hostile", nil},

	{"server/console", []string{"sync", "internal/auth", "internal/casework", "internal/boltstore", "internal/admin", "internal/reminder", "mobile-api"}},
	{"server", append([]string{
		"server/web", "server/console", "mobile-api", "mobile-api/client",
		"internal/admin", "internal/follow", "internal/push", "internal/push/*", "internal/reminder",
	}, parts...)},
	{"cmd/alongside", []string{"..."}},
}

// parts are what a running store is put together from.
var parts = []string{"sync", "internal/auth", "internal/casework", "internal/archive", "internal/boltstore"}

// reserved says which packages alone may import a library. A library is named by the beginning of its import path.
var reserved = []struct {
	library string
	by      []string
}{
	{"filippo.io/age", []string{"internal/seal"}},
	{"go.etcd.io/bbolt", []string{"internal/boltstore", "mobile-api/client"}},
	{"firebase.google.com/go", []string{"internal/push/fcm"}},
	{"github.com/golang-jwt/jwt", []string{"internal/auth", "internal/push/sms", "internal/push/pushtest"}},
	{"github.com/labstack/echo", []string{"mobile-api", "server", "server/*"}},
	{"github.com/go-webauthn", []string{"server/console"}},
	{"github.com/prometheus", []string{"server"}},
}

// pure are packages that import the standard library only, and of it nothing that does I/O, starts or locks anything.
var pure = []string{"sync"}

// impure is what a pure package leaves to others.
var impure = []string{"database", "log", "net", "os", "plugin", "sync", "syscall", "testing", "unsafe"}

func ruleFor(folder string) (row, bool) {
	for _, r := range rows {
		if matches(folder, r.folder) {
			return r, true
		}
	}
	return row{}, false
}

func matches(folder, name string) bool {
	if parent, ok := strings.CutSuffix(name, "/*"); ok {
		child, below := strings.CutPrefix(folder, parent+"/")
		return below && !strings.Contains(child, "/")
	}
	return name == "..." || folder == name
}

func anyMatches(folder string, names []string) bool {
	for _, n := range names {
		if matches(folder, n) {
			return true
		}
	}
	return false
}

// under reports whether an import path is a library's, or lies in it.
func under(path, library string) bool {
	return path == library || strings.HasPrefix(path, library+"/")
}
