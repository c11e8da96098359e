package push

import (
	"errors"
	"strings"
)

// ErrNumber says that a text is no number of a phone.
var ErrNumber = errors.New("this is no telephone number: write it with its area code, such as 07700 900123, or from abroad +44 7700 900123")

// Number gives a number as the world writes it (E.164): +447700900123. One without a country is of the United Kingdom.
func Number(text string) (string, error) {
	var digits strings.Builder
	for i, c := range strings.TrimSpace(text) {
		switch {
		case c >= '0' && c <= '9':
			digits.WriteRune(c)
		case c == '+' && i == 0:
			digits.WriteRune(c)
		case strings.ContainsRune(" \u00a0-.()/", c):
		default:
			return "", ErrNumber
		}
	}
	n := strings.Replace(digits.String(), "+440", "+44", 1) // +44 (0)7700 …
	switch {
	case strings.HasPrefix(n, "+"):
		n = n[1:]
	case strings.HasPrefix(n, "00"):
		n = strings.Replace(n[2:], "440", "44", 1)
	case strings.HasPrefix(n, "0"):
		n = "44" + n[1:]
	case strings.HasPrefix(n, "44") && len(n) == 12:
	default:
		return "", ErrNumber
	}
	if len(n) < 8 || len(n) > 15 || n[0] == '0' || strings.HasPrefix(n, "44") && len(n) != 12 && (len(n) != 11 || n[2] == '7') {
		return "", ErrNumber
	}
	return "+" + n, nil
}
