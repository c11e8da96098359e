// Package seal encrypts backups so that only who holds a key can open them: files of age (age-encryption.org/v1), which
// any tool that speaks age opens too.
//
// Its choices:
//
//   - The program is told public keys alone. It cannot open what it has sealed, and who takes the server cannot either.
//   - Native recipients only, those with protection against quantum computers (age1pq1…) included: no SSH keys, no
//     passphrases, no plugins.
//   - What was sealed can be verified without the secret key for as long as the Proof is kept, since that remembers the
//     file's own key. It shows that the header and each chunk are authentic and that they hold what was sealed; not that
//     the recipient's secret key is where its owner believes it is. Only opening a backup shows that.
package seal

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"filippo.io/age"
)

var (
	// ErrOtherKey says that a file was sealed for other keys than those given.
	ErrOtherKey = errors.New("it is encrypted for another key")
	// ErrBroken says that a sealed file was cut or changed.
	ErrBroken = errors.New("the encrypted file is cut or damaged")
)

// Recipients are who can open what is sealed; the zero value: nobody, so nothing can be sealed.
type Recipients struct{ all []age.Recipient }

// ParseRecipients reads public keys, one a line; empty lines and those that begin with # count for nothing. Its errors
// do not say what was read: it may have been a secret.
func ParseRecipients(r io.Reader) (Recipients, error) {
	all, err := age.ParseRecipients(r)
	if err != nil {
		return Recipients{}, errors.New("is to be a public key of age (age1…), or @FILE with one a line")
	}
	return Recipients{all}, nil
}

// None reports whether there is nobody to seal for.
func (to Recipients) None() bool { return len(to.all) == 0 }

// And are the recipients of both. Keys with protection against quantum computers cannot stand with keys without.
func (to Recipients) And(more Recipients) (Recipients, error) {
	both := Recipients{slices.Concat(to.all, more.all)}
	if both.None() {
		return both, nil
	}
	if _, err := age.Encrypt(io.Discard, both.all...); err != nil {
		return Recipients{}, errors.New("a backup cannot be encrypted for keys with and without protection against quantum computers (age1pq1… and age1…) at once")
	}
	return both, nil
}

// Seal writes what it reads from r to w, encrypted. The proof can tell whether what w came to is whole.
func (to Recipients) Seal(w io.Writer, r io.Reader) (*Proof, error) {
	if to.None() {
		return nil, errors.New("there is nobody to encrypt for")
	}
	p := &Proof{}
	all := slices.Clone(to.all)
	all[0] = &listening{all[0], p}
	sealed, err := age.Encrypt(w, all...)
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(sealed, r); err != nil {
		return nil, err
	}
	return p, sealed.Close()
}

// Proof knows what a sealed file holds. It can open the file, so it is not to be kept longer than it is needed.
type Proof struct{ key []byte }

// Holds reads a sealed file to its end, and says whether it holds what was sealed: nothing else was ever sealed with its
// key.
func (p *Proof) Holds(sealed io.Reader) error {
	plain, err := age.Decrypt(sealed, age.NewInjectedFileKeyIdentity(p.key))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBroken, err)
	}
	if _, err := io.Copy(io.Discard, plain); err != nil {
		return fmt.Errorf("%w: %w", ErrBroken, err)
	}
	return nil
}

// listening is a recipient that tells a proof the key which age makes for each file.
type listening struct {
	age.Recipient
	to *Proof
}

func (l *listening) Wrap(key []byte) ([]*age.Stanza, error) {
	l.to.key = bytes.Clone(key)
	return l.Recipient.Wrap(key)
}

// WrapWithLabels lets age see which recipients go together.
func (l *listening) WrapWithLabels(key []byte) ([]*age.Stanza, []string, error) {
	labelled, ok := l.Recipient.(age.RecipientWithLabels)
	if !ok {
		stanzas, err := l.Wrap(key)
		return stanzas, nil, err
	}
	l.to.key = bytes.Clone(key)
	return labelled.WrapWithLabels(key)
}

const magic = "age-encryption.org/"

// Sealed reports whether a file is one of age, whatever it is called. What is no ordinary file is none.
func Sealed(file string) (bool, error) {
	if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() {
		return false, err
	}
	f, err := os.Open(file)
	if err != nil {
		return false, err
	}
	defer f.Close()
	begin := make([]byte, len(magic))
	n, err := io.ReadFull(f, begin)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return string(begin[:n]) == magic, err
}

// Keys are secret keys.
type Keys struct{ all []age.Identity }

// ReadKeys reads a file of secret keys, as age-keygen writes one. Its errors do not say what it holds.
func ReadKeys(file string) (Keys, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return Keys{}, err
	}
	if strings.HasPrefix(string(b), magic) {
		return Keys{}, fmt.Errorf("%s is itself encrypted: open it with age first", file)
	}
	all, err := age.ParseIdentities(bytes.NewReader(b))
	if err != nil {
		return Keys{}, fmt.Errorf("%s holds no secret key of age: name the file that age-keygen wrote", file)
	}
	return Keys{all}, nil
}

// Open writes what a sealed file holds. Where it fails, what was written is not to be used.
func (k Keys) Open(w io.Writer, sealed io.Reader) error {
	plain, err := age.Decrypt(bufio.NewReaderSize(sealed, 1<<16), k.all...)
	var other *age.NoIdentityMatchError
	switch {
	case errors.As(err, &other):
		return ErrOtherKey
	case err != nil:
		return ErrBroken
	}
	_, err = io.Copy(w, &breaking{plain})
	return err
}

// breaking makes an error of age's, or the end of a file that was cut, into ErrBroken.
type breaking struct{ r io.Reader }

func (b *breaking) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	var system *os.PathError
	if err != nil && err != io.EOF && !errors.As(err, &system) {
		err = ErrBroken
	}
	return n, err
}
