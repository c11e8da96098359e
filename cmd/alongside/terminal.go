package main

import (
	"io"
	"strings"
	"unicode"
)

// printable writes to a terminal what others wrote: of what would steer it, or turn the text around, only a mark is left. A write is to hold whole
// characters.
type printable struct{ to io.Writer }

func (p printable) Write(b []byte) (int, error) {
	text := strings.Map(func(c rune) rune {
		switch {
		case c == '\n', c == '\t':
			return c
		case unicode.IsControl(c), unicode.Is(unicode.Bidi_Control, c):
			return unicode.ReplacementChar
		}
		return c
	}, string(b))
	if _, err := io.WriteString(p.to, text); err != nil {
		return 0, err
	}
	return len(b), nil
}
