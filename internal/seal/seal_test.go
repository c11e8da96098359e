package seal

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
)

// pair is a new key, its public half, and the file with its secret one.
func pair(t *testing.T, quantum bool) (public, file string) {
	t.Helper()
	var secret fmt.Stringer
	if quantum {
		id, err := age.GenerateHybridIdentity()
		if err != nil {
			t.Fatal(err)
		}
		public, secret = id.Recipient().String(), id
	} else {
		id, err := age.GenerateX25519Identity()
		if err != nil {
			t.Fatal(err)
		}
		public, secret = id.Recipient().String(), id
	}
	file = filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte("# a key\n"+secret.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return public, file
}

func recipients(t *testing.T, lines ...string) Recipients {
	t.Helper()
	to, err := ParseRecipients(strings.NewReader(strings.Join(lines, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	return to
}

func open(t *testing.T, file string, sealed []byte) ([]byte, error) {
	t.Helper()
	keys, err := ReadKeys(file)
	if err != nil {
		t.Fatal(err)
	}
	var plain bytes.Buffer
	err = keys.Open(&plain, bytes.NewReader(sealed))
	return plain.Bytes(), err
}

// long spans several of age's chunks and ends within one.
func long() []byte {
	b := make([]byte, 3<<16+100)
	_, _ = rand.Read(b)
	return b
}

func TestEachRecipientOpensWhatWasSealedAndNobodyElse(t *testing.T) {
	for _, quantum := range []bool{false, true} {
		one, oneKey := pair(t, quantum)
		two, twoKey := pair(t, quantum)
		_, otherKey := pair(t, quantum)
		want := long()
		var sealed bytes.Buffer
		proof, err := recipients(t, "# theirs", one, "", two).Seal(&sealed, bytes.NewReader(want))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(sealed.Bytes(), want[1000:1016]) {
			t.Error("what was sealed stands in the file as it is")
		}
		if err := proof.Holds(bytes.NewReader(sealed.Bytes())); err != nil {
			t.Errorf("the proof does not know its own file: %v", err)
		}
		for _, key := range []string{oneKey, twoKey} {
			if got, err := open(t, key, sealed.Bytes()); err != nil || !bytes.Equal(got, want) {
				t.Errorf("opened %d bytes, %v, want the %d that were sealed", len(got), err, len(want))
			}
		}
		if got, err := open(t, otherKey, sealed.Bytes()); !errors.Is(err, ErrOtherKey) || len(got) != 0 {
			t.Errorf("another key opened %d bytes, %v, want ErrOtherKey", len(got), err)
		}
	}
}

func TestACutOrChangedFileIsNeitherProvenNorOpened(t *testing.T) {
	public, key := pair(t, false)
	var b bytes.Buffer
	proof, err := recipients(t, public).Seal(&b, bytes.NewReader(long()))
	if err != nil {
		t.Fatal(err)
	}
	whole := b.Bytes()
	chunk := 1<<16 + 16
	for name, sealed := range map[string][]byte{
		"nothing":             nil,
		"a header":            whole[:60],
		"cut at a chunk":      whole[:len(whole)-116],
		"without a chunk":     append(bytes.Clone(whole[:len(whole)-116-chunk]), whole[len(whole)-116:]...),
		"without its end":     whole[:len(whole)-1],
		"with more behind it": append(bytes.Clone(whole), 0),
		"a bit in the header": flipped(whole, 50),
		"a bit in the middle": flipped(whole, len(whole)/2),
		"a bit at the end":    flipped(whole, len(whole)-1),
	} {
		if err := proof.Holds(bytes.NewReader(sealed)); !errors.Is(err, ErrBroken) {
			t.Errorf("%s: Holds = %v, want ErrBroken", name, err)
		}
		if _, err := open(t, key, sealed); err == nil {
			t.Errorf("%s: it was opened", name)
		}
	}
	another, err := recipients(t, public).Seal(&bytes.Buffer{}, bytes.NewReader(long()))
	if err != nil {
		t.Fatal(err)
	}
	if err := another.Holds(bytes.NewReader(whole)); !errors.Is(err, ErrBroken) {
		t.Errorf("the proof of another file: %v, want ErrBroken", err)
	}
}

func flipped(b []byte, at int) []byte {
	b = bytes.Clone(b)
	b[at] ^= 1
	return b
}

func TestWhatIsNoKeyIsSaidWithoutRepeatingIt(t *testing.T) {
	_, secret := pair(t, false)
	b, err := os.ReadFile(secret)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "nonsense", "age1nonsense", "ssh-ed25519 AAAA", string(b)} {
		to, err := ParseRecipients(strings.NewReader(text))
		if err == nil || !to.None() {
			t.Errorf("%.12q was taken for a recipient", text)
		} else if len(text) > 1 && strings.Contains(err.Error(), text) || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("the error repeats what was given: %v", err)
		}
	}
	if _, err := (Recipients{}).Seal(&bytes.Buffer{}, strings.NewReader("x")); err == nil {
		t.Error("it was sealed for nobody")
	}
	if _, err := ReadKeys(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	public, _ := pair(t, false)
	for _, text := range []string{"", public, magic + "v1\n"} {
		file := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadKeys(file); err == nil || text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("a file with %.12q is read as a key: %v", text, err)
		}
	}
}

func TestKeysThatCannotStandTogetherAreFoundAtOnce(t *testing.T) {
	plain, _ := pair(t, false)
	quantum, _ := pair(t, true)
	if _, err := recipients(t, plain).And(recipients(t, quantum)); err == nil {
		t.Error("recipients with and without protection against quantum computers were put together")
	}
	if both, err := recipients(t, plain).And(Recipients{}); err != nil || both.None() {
		t.Errorf("one and nobody: %v, %v", both, err)
	}
}

func TestASealedFileIsKnownByItsBeginning(t *testing.T) {
	public, _ := pair(t, false)
	var b bytes.Buffer
	if _, err := recipients(t, public).Seal(&b, strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{"": false, "age": false, "a whole lot of something else": false, b.String(): true} {
		file := filepath.Join(t.TempDir(), "any.name")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := Sealed(file); got != want || err != nil {
			t.Errorf("Sealed(%.12q) = %v, %v, want %v", text, got, err, want)
		}
	}
}
