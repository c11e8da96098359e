package admin

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"alongside/internal/auth"
	"alongside/internal/boltstore"
	"alongside/internal/seal"
	deltasync "alongside/sync"

	"filippo.io/age"
)

const canary = "Canary Wren of Nowhere"

// keyPair is who a backup is encrypted for, and the file with the secret key.
func keyPair(t *testing.T) (seal.Recipients, string) {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	to, err := seal.ParseRecipients(strings.NewReader(id.Recipient().String()))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(id.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return to, file
}

// phone has written one op.
func phone(t *testing.T, c Commands, o *Office) deltasync.Client {
	t.Helper()
	worker := device(t, c, o, user(t, c, auth.Worker, team(t, c)))
	client := deltasync.Client{ID: deltasync.ClientID(worker.Client.ID), User: deltasync.UserID(worker.User.ID), Role: deltasync.Worker,
		Team: deltasync.TeamID(worker.User.Team)}
	write(t, o, client, 1, newPerson(unknown))
	return client
}

func safe(t *testing.T, o *Office, c deltasync.Client) (n uint64) {
	t.Helper()
	err := o.DB.Read(ctx, func(tx *boltstore.Tx) error {
		count, err := tx.Counter(c.ID)
		n = count.Safe
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// listing is a folder's files with their sizes.
func listing(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func TestASealedBackupIsPlainNowhereAndMakesTheStoreAnew(t *testing.T) {
	everywhere(t, func(t *testing.T, c Commands, o *Office, dir string) {
		if _, err := c.AddTeam(ctx, canary); err != nil {
			t.Fatal(err)
		}
		client := phone(t, c, o)
		to, key := keyPair(t)
		before := listing(t, dir)
		into := t.TempDir()
		file := filepath.Join(into, "any.name")
		b, err := SealedBackupTo(ctx, c, dir, file, to, nil)
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := os.ReadFile(file)
		if err != nil || int64(len(sealed)) != b.Size || !bytes.HasPrefix(sealed, []byte("age-encryption.org/v1\n")) {
			t.Fatalf("the file of %d bytes begins %.30q, %v; told was %+v", len(sealed), sealed, err, b)
		}
		if store, err := os.ReadFile(StorePath(dir)); err != nil || !bytes.Contains(store, []byte(canary)) {
			t.Fatalf("the store does not hold the canary: %v", err)
		}
		if bytes.Contains(sealed, []byte(canary)) {
			t.Error("the canary stands in the encrypted backup")
		}
		if got := listing(t, into); len(got) != 1 {
			t.Errorf("beside the backup there is left %v", got)
		}
		if got := listing(t, dir); !slices.Equal(got, before) {
			t.Errorf("in the server's folder there is %v, before the backup %v", got, before)
		}
		if got := safe(t, o, client); got != 1 {
			t.Errorf("after the backup the phone is safe up to %d, want 1", got)
		}
		empty := filepath.Join(t.TempDir(), "none", "data")
		if _, err := RestoreSealed(ctx, file, empty, "", key, Options{}); err != nil {
			t.Fatal(err)
		}
		if err := Check(ctx, empty, func(fault string) { t.Errorf("the restored store: %s", fault) }); err != nil {
			t.Error(err)
		}
		if store, err := os.ReadFile(StorePath(empty)); err != nil || !bytes.Contains(store, []byte(canary)) {
			t.Errorf("the restored store does not hold the canary: %v", err)
		}
		if got := listing(t, filepath.Dir(empty)); len(got) != 1 {
			t.Errorf("the restore left %v", got)
		}
	})
}

func TestASealedBackupThatCannotBeOpenedChangesNothing(t *testing.T) {
	o, dir := stopped(t)
	to, key := keyPair(t)
	_, other := keyPair(t)
	file := filepath.Join(t.TempDir(), "backup")
	if _, err := SealedBackupTo(ctx, o, dir, file, to, nil); err != nil {
		t.Fatal(err)
	}
	if err := o.DB.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(t.TempDir(), "cut")
	if err := os.WriteFile(cut, whole[:len(whole)-1], 0o600); err != nil {
		t.Fatal(err)
	}
	store, err := os.ReadFile(StorePath(dir))
	if err != nil {
		t.Fatal(err)
	}
	before := listing(t, dir)
	called, cancel := context.WithCancel(ctx)
	cancel()
	var value *ValueError
	for name, test := range map[string]struct {
		ctx       context.Context
		file, key string
		right     func(error) bool
	}{
		"another key": {ctx, file, other, func(err error) bool { return errors.Is(err, seal.ErrOtherKey) }},
		"a cut file":  {ctx, cut, key, func(err error) bool { return errors.Is(err, seal.ErrBroken) }},
		"no key":      {ctx, file, "", func(err error) bool { return errors.As(err, &value) }},
		"a wrong key": {ctx, file, file, func(err error) bool { return strings.Contains(err.Error(), "itself encrypted") }},
		"called off":  {called, file, key, func(err error) bool { return errors.Is(err, context.Canceled) }},
	} {
		_, err := RestoreSealed(test.ctx, test.file, dir, "", test.key, Options{})
		if err == nil || !test.right(err) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
		if got := listing(t, dir); !slices.Equal(got, before) {
			t.Errorf("%s: the folder holds %v, before %v", name, got, before)
		}
		if now, err := os.ReadFile(StorePath(dir)); err != nil || !bytes.Equal(now, store) {
			t.Errorf("%s: the store is another now: %v", name, err)
		}
	}
	if got, err := filepath.Glob(filepath.Join(filepath.Dir(dir), plainName+"*")); err != nil || len(got) != 0 {
		t.Errorf("beside the folder there is %v, %v", got, err)
	}
	if _, err := RestoreSealed(ctx, file, dir, "", key, Options{}); err != nil {
		t.Errorf("after the refusals: %v", err)
	}
}

// full is an office whose backups meet the end of the disk, after the half.
type full struct{ *Office }

func (o full) Backup(ctx context.Context, w io.Writer, _ func(done, all int64)) (deltasync.Version, error) {
	var b bytes.Buffer
	head, err := o.Office.Backup(ctx, &b, nil)
	_, _ = w.Write(b.Bytes()[:b.Len()/2])
	return head, errors.Join(err, &os.PathError{Op: "write", Path: "it", Err: syscall.ENOSPC})
}

func TestNothingIsSafeThroughABackupThatWasNotKept(t *testing.T) {
	o, dir := stopped(t)
	client := phone(t, o, o)
	before := listing(t, dir)
	to, _ := keyPair(t)
	into := t.TempDir()
	for name, c := range map[string]Commands{"torn": torn{o}, "full": full{o}} {
		for _, to := range []seal.Recipients{{}, to} {
			if _, err := SealedBackupTo(ctx, c, dir, filepath.Join(into, "b"), to, nil); err == nil {
				t.Errorf("%s: the backup was kept", name)
			}
			if got := listing(t, into); len(got) != 0 {
				t.Errorf("%s: it left %v", name, got)
			}
			if got := listing(t, dir); !slices.Equal(got, before) {
				t.Errorf("%s: the server's folder holds %v, before %v", name, got, before)
			}
			if got := safe(t, o, client); got != 0 || !o.DB.Stats().Backup.At.IsZero() {
				t.Errorf("%s: the phone is safe up to %d and the last backup was %v, want none", name, got, o.DB.Stats().Backup)
			}
		}
	}
}

func TestAPlainCopyThatWasLeftIsScrubbed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a [folder]*")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	f, _, err := plainCopy(dir)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat(canary, 1000)
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	bytesOf := filepath.Join(t.TempDir(), "the same bytes")
	if err := os.Link(f.Name(), bytesOf); err != nil {
		t.Fatal(err)
	}
	if err := Sweep(dir); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(f.Name()); err != nil || string(b) != text {
		t.Errorf("a copy that is in use was swept away: %v", err)
	}
	if err := f.Close(); err != nil { // as when its process is killed
		t.Fatal(err)
	}
	if err := Sweep(dir); err != nil {
		t.Fatal(err)
	}
	if got := listing(t, dir); len(got) != 0 {
		t.Errorf("there is left %v", got)
	}
	if b, err := os.ReadFile(bytesOf); err != nil || len(b) != len(text) || len(bytes.Trim(b, "\x00")) != 0 {
		t.Errorf("of %d bytes %d are not scrubbed, %v", len(b), len(bytes.Trim(b, "\x00")), err)
	}
}
