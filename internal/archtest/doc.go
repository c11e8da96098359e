// Package archtest holds the module to its import rules, as a test that reads the Go files themselves. Who may import
// what is data, in rules.go; a package that no row knows fails, and a new one adds its row in the same commit.
//
// Its choices:
//
//   - It parses, and compiles nothing. So it sees every file whatever its build tags, and needs no tool but go test.
//   - Test files may import what they like. How they spell an import is held to the same rule as elsewhere.
//   - The checker works on any fs.FS, so that a test can hand it small trees that break each rule.
package archtest
