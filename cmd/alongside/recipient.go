package main

import (
	"io"
	"os"
	"strings"

	"alongside/internal/seal"
)

// recipient is who can open a backup: a public key of age, or with @ in front a file of some.
type recipient struct{ seal.Recipients }

func (r *recipient) UnmarshalText(text []byte) (err error) {
	var from io.Reader = strings.NewReader(strings.TrimSpace(string(text)))
	if name, ok := strings.CutPrefix(string(text), "@"); ok {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		from = f
	}
	r.Recipients, err = seal.ParseRecipients(from)
	return err
}

// together are all of them, if they can stand together.
func together(all []recipient) (to seal.Recipients, err error) {
	for _, r := range all {
		if to, err = to.And(r.Recipients); err != nil {
			return seal.Recipients{}, err
		}
	}
	return to, nil
}
