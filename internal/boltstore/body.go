package boltstore

import (
	"bytes"
	"time"

	deltasync "alongside/sync"
)

// body is a record's wire body taken apart: what Record.AppendBody wrote, as far as a record is read back out of it.
type body struct {
	user   string
	at     time.Time // zero where it does not come back, as for years of five digits
	fields []member  // in the order of their names
}

// member is one name and its value, which aliases the body.
type member struct {
	name  string
	value []byte
	twice bool // another member has the same name
}

// readBody takes a wire body apart. Faulty is what is not an object's inner part with user, at and fields in it.
func readBody(b []byte) (body, bool) {
	var out body
	found := 0
	s := scanner{b: b}
	for found < 3 && !s.bad {
		name, value := s.member()
		switch string(name) {
		case "user":
			text, ok := unquote(value)
			if !ok {
				return body{}, false
			}
			out.user = text
			found++
		case "at":
			text, ok := unquote(value)
			if !ok {
				return body{}, false
			}
			if at, err := time.Parse(deltasync.TimeFormat, text); err == nil {
				out.at = at
			}
			found++
		case "fields":
			fields, ok := members(value)
			if !ok {
				return body{}, false
			}
			out.fields = fields
			found++
		}
		if len(s.b) > 0 {
			s.expect(',')
		} else if found < 3 {
			s.bad = true
		}
	}
	return out, !s.bad
}

// members takes an object apart.
func members(object []byte) ([]member, bool) {
	s := scanner{b: object}
	s.expect('{')
	if s.bad {
		return nil, false
	}
	if string(s.b) == "}" {
		return nil, true
	}
	out := make([]member, 0, 8)
	for {
		name, value := s.member()
		out = append(out, member{name: string(name), value: value})
		if n := len(out); n > 1 && out[n-2].name == out[n-1].name {
			out[n-2].twice, out[n-1].twice = true, true
		}
		if s.bad {
			return nil, false
		}
		if string(s.b) == "}" {
			return out, true
		}
		s.expect(',')
	}
}

// elements takes an array of strings apart.
func elements(array []byte) ([]string, bool) {
	s := scanner{b: array}
	s.expect('[')
	if string(s.b) == "]" {
		return nil, !s.bad
	}
	var out []string
	for !s.bad {
		text, ok := unquote(s.value())
		if !ok {
			return nil, false
		}
		out = append(out, text)
		if string(s.b) == "]" {
			return out, true
		}
		s.expect(',')
	}
	return nil, false
}

// scanner finds where JSON values end. It trusts that they are values: whoever put them there has parsed them.
type scanner struct {
	b   []byte
	bad bool
}

func (s *scanner) fail() {
	s.b, s.bad = nil, true
}

func (s *scanner) expect(c byte) {
	if len(s.b) == 0 || s.b[0] != c {
		s.fail()
		return
	}
	s.b = s.b[1:]
}

func (s *scanner) take(n int) []byte {
	if n > len(s.b) {
		s.fail()
		return nil
	}
	b := s.b[:n:n]
	s.b = s.b[n:]
	return b
}

func (s *scanner) member() (name string, value []byte) {
	name, ok := unquote(s.string())
	if !ok {
		s.fail()
	}
	s.expect(':')
	return name, s.value()
}

func (s *scanner) string() []byte {
	n := stringEnd(s.b)
	if n < 0 {
		s.fail()
		return nil
	}
	return s.take(n)
}

// stringEnd is where the string that b begins with ends; -1: there is none, or it does not end.
func stringEnd(b []byte) int {
	if len(b) == 0 || b[0] != '"' {
		return -1
	}
	for i := 1; ; {
		j := bytes.IndexByte(b[i:], '"')
		if j < 0 {
			return -1
		}
		i += j
		slashes := 0
		for b[i-1-slashes] == '\\' {
			slashes++
		}
		i++
		if slashes%2 == 0 {
			return i
		}
	}
}

// value takes one value, with whatever space stands around it: values are kept as they were sent.
func (s *scanner) value() []byte {
	depth := 0
	for i := 0; i < len(s.b); {
		switch s.b[i] {
		case '"':
			n := stringEnd(s.b[i:])
			if n < 0 {
				s.fail()
				return nil
			}
			i += n
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return s.filled(i)
			}
			depth--
		case ',':
			if depth == 0 {
				return s.filled(i)
			}
		}
		i++
	}
	if depth > 0 {
		s.fail()
		return nil
	}
	return s.filled(len(s.b))
}

func (s *scanner) filled(n int) []byte {
	if n == 0 {
		s.fail()
		return nil
	}
	return s.take(n)
}

// unquote is the reverse of deltasync.AppendString.
func unquote(quoted []byte) (string, bool) {
	if len(quoted) < 2 || quoted[0] != '"' || quoted[len(quoted)-1] != '"' {
		return "", false
	}
	inner := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return string(inner), true
	}
	out := make([]byte, 0, len(inner))
	for i := 0; i < len(inner); i++ {
		c := inner[i]
		if c != '\\' {
			out = append(out, c)
			continue
		}
		i++
		if i == len(inner) {
			return "", false
		}
		switch inner[i] {
		case '"', '\\':
			out = append(out, inner[i])
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			if i+4 >= len(inner) || inner[i+1] != '0' || inner[i+2] != '0' {
				return "", false
			}
			high, low := digit(inner[i+3]), digit(inner[i+4])
			if high|low > 15 {
				return "", false
			}
			out = append(out, high<<4|low)
			i += 4
		default:
			return "", false
		}
	}
	return string(out), true
}
