package archtest

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// begins is what stands before a path that is not the tail of a longer one.
const begins = `(?:^|[^\w./*}-])`

// homes are folders that a path of somebody's own machine begins with.
const homes = `/home/[\w.-]+/|/Users/[\w.-]+/|/root/|[A-Z]:\\Users\\`

// machinePaths gives a line for each source line that names a path of the machine that it was written on: in a home
// folder, or where the checkout stands.
func machinePaths(tree fs.FS, root string) ([]string, error) {
	named := homes + "|" + regexp.QuoteMeta(root+"/")
	if parent := path.Dir(root); !common[parent] {
		named += "|" + regexp.QuoteMeta(parent+"/")
	}
	wrong, err := regexp.Compile(begins + "(" + named + ")")
	if err != nil {
		return nil, err
	}
	var faults []string
	err = fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			if unread[d.Name()] {
				return fs.SkipDir
			}
			return nil
		case !source[path.Ext(name)] && path.Base(name) != "Makefile" && name != ".ci/run":
			return nil
		}
		b, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		if !wrong.Match(b) {
			return nil
		}
		for n, line := range strings.Split(string(b), "\n") {
			if wrong.MatchString(line) {
				faults = append(faults, fmt.Sprintf("%s:%d: names a path of one machine", name, n+1))
			}
		}
		return nil
	})
	return faults, err
}

var (
	source = setOf(".go", ".md", ".yaml", ".yml", ".json", ".txt", ".mod", ".sh", ".ts", ".tsx", ".mjs", ".css", ".html")
	unread = setOf(".git", "node_modules", ".test", "dist", "bin", "data", "phone", "archtest") // archtest: its own examples

	// common are folders that any machine may have, so that a checkout right below tells nothing.
	common = setOf("/", "/data", "/home", "/media", "/mnt", "/opt", "/root", "/srv", "/src", "/tmp", "/usr", "/var")
)

func setOf(names ...string) map[string]bool {
	s := map[string]bool{}
	for _, n := range names {
		s[n] = true
	}
	return s
}
