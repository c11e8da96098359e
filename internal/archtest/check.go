package archtest

import (
	"cmp"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// file is a Go file as far as the rules ask.
type file struct {
	path    string
	folder  string
	pkg     string // as the package clause says
	test    bool
	imports []imported
}

type imported struct {
	line int
	path string
	name string // as the import line spells it; empty: not at all
}

// read parses every Go file of a tree, leaving out what go build leaves out.
func read(tree fs.FS) ([]file, error) {
	var files []file
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			if name != "." && skipped(d.Name()) {
				return fs.SkipDir
			}
			return nil
		case !strings.HasSuffix(name, ".go"):
			return nil
		}
		f, err := readFile(tree, name)
		files = append(files, f)
		return err
	})
	return files, err
}

func skipped(folder string) bool {
	return folder == "testdata" || folder == "node_modules" || strings.HasPrefix(folder, ".") || strings.HasPrefix(folder, "_")
}

func readFile(tree fs.FS, name string) (file, error) {
	src, err := fs.ReadFile(tree, name)
	if err != nil {
		return file{}, err
	}
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, name, src, parser.ImportsOnly)
	if err != nil {
		return file{}, err
	}
	f := file{path: name, folder: path.Dir(name), pkg: parsed.Name.Name, test: strings.HasSuffix(name, "_test.go")}
	for _, spec := range parsed.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return file{}, fmt.Errorf("%s: %w", name, err)
		}
		i := imported{line: set.Position(spec.Pos()).Line, path: p}
		if spec.Name != nil {
			i.name = spec.Name.Name
		}
		f.imports = append(f.imports, i)
	}
	return f, nil
}

// check gives a line for each breach of a rule.
func check(files []file) []string {
	named := map[string]string{} // package names by folder
	for _, f := range files {
		if !f.test {
			named[f.folder] = f.pkg
		}
	}
	unknown := map[string]bool{}
	var faults []string
	for _, f := range files {
		r, known := ruleFor(f.folder)
		if !known && !unknown[f.folder] {
			unknown[f.folder] = true
			faults = append(faults, fmt.Sprintf("%s: the table has no row for this package", f.folder))
		}
		for _, i := range f.imports {
			where := fmt.Sprintf("%s:%d", f.path, i.line)
			if own, ok := strings.CutPrefix(i.path, module+"/"); ok {
				faults = appendFault(faults, where, spelling(own, i.name, named[own]))
			}
			if f.test {
				continue
			}
			if known {
				faults = appendFault(faults, where, r.forbids(i.path))
			}
			faults = appendFault(faults, where, reservedFor(f.folder, i.path))
			faults = appendFault(faults, where, purity(f.folder, i.path))
		}
	}
	slices.SortStableFunc(faults, cmp.Compare[string])
	return faults
}

func appendFault(faults []string, where, fault string) []string {
	if fault == "" {
		return faults
	}
	return append(faults, where+": "+fault)
}

func (r row) forbids(imported string) string {
	own, ok := strings.CutPrefix(imported, module+"/")
	if !ok || anyMatches(own, r.may) {
		return ""
	}
	return fmt.Sprintf("%s does not import %s", r.folder, own)
}

func reservedFor(folder, imported string) string {
	for _, r := range reserved {
		if under(imported, r.library) && !anyMatches(folder, r.by) {
			return fmt.Sprintf("only %s imports %s", strings.Join(r.by, ", "), r.library)
		}
	}
	return ""
}

func purity(folder, imported string) string {
	if !slices.Contains(pure, folder) {
		return ""
	}
	first, _, _ := strings.Cut(imported, "/")
	switch {
	case first == module || strings.Contains(first, "."):
		return folder + " imports the standard library only"
	case slices.Contains(impure, first):
		return folder + " does no I/O, and starts and locks nothing, so it has no use for " + imported
	}
	return ""
}

// spelling holds an import line to saying the package's name where the folder does not. name is as spelled there, pkg
// as the package clause says; empty: the package is not in the tree, which is the compiler's to say.
func spelling(folder, name, pkg string) string {
	odd := pkg != path.Base(folder)
	switch {
	case pkg == "", name == "_", name == ".", name == pkg, name == "" && !odd:
		return ""
	case odd:
		return fmt.Sprintf("the import line is to say %s %q", pkg, module+"/"+folder)
	}
	return fmt.Sprintf("%s goes by its own name, not %s", folder, name)
}
