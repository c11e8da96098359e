package auth

import (
	"bytes"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write the vectors anew")

// sealVectors are cases that every client's sealing can be held against. Bytes are in base64url (RFC 4648 §5) without padding.
type sealVectors struct {
	Algorithm string       `json:"alg"`
	Secret    string       `json:"secret"` // that the server's key is derived from
	Private   string       `json:"private_key"`
	Public    string       `json:"public_key"`
	KID       string       `json:"kid"`
	Info      string       `json:"info"`
	Data      string       `json:"additional_data"`
	Sealed    []sealVector `json:"sealed"`
	Refused   []struct {
		Name   string `json:"name"`
		KID    string `json:"kid"`
		Sealed string `json:"sealed"`
		Code   string `json:"code"`
	} `json:"refused"`
}

type sealVector struct {
	Name      string `json:"name"`
	Ephemeral string `json:"ephemeral_private_key"`
	Point     string `json:"ephemeral_public_key"`
	IV        string `json:"iv"`
	Shared    string `json:"shared_secret"`
	Key       string `json:"key"`
	Text      string `json:"text"`
	Sealed    string `json:"sealed"`
}

func base64url(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func fromBase64url(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSealVectorsHold(t *testing.T) {
	const file = "../../sync/testdata/vectors/seal.json"
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var v sealVectors
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	private, err := sealKey(fromBase64url(t, v.Secret))
	if err != nil {
		t.Fatal(err)
	}
	key := publicHalf(private)
	got := v
	got.Algorithm, got.Private, got.Public, got.KID = SealAlgorithm, base64url(private.Bytes()), base64url(key.Public), key.ID
	got.Info, got.Data = sealInfo, sealData+key.ID
	got.Sealed = nil
	for _, c := range v.Sealed {
		ephemeral, err := ecdh.P256().NewPrivateKey(fromBase64url(t, c.Ephemeral))
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := Seal(key, ephemeral, fromBase64url(t, c.IV), []byte(c.Text))
		if err != nil {
			t.Fatal(err)
		}
		shared, err := ephemeral.ECDH(private.PublicKey())
		if err != nil {
			t.Fatal(err)
		}
		point := ephemeral.PublicKey().Bytes()
		k, err := hkdf.Key(sha256.New, shared, append(point, key.Public...), sealInfo, keyBytes)
		if err != nil {
			t.Fatal(err)
		}
		c.Point, c.Shared, c.Key, c.Sealed = base64url(point[:pointBytes]), base64url(shared), base64url(k), base64url(sealed)
		got.Sealed = append(got.Sealed, c)
		if text, err := unseal(private, key.ID, sealed); err != nil || string(text) != c.Text {
			t.Errorf("%s opens to %q, %v", c.Name, text, err)
		}
	}
	for _, c := range v.Refused {
		want := map[string]error{"unknown_key": ErrSealKey, "not_opened": ErrNotSealed}[c.Code]
		if _, err := unseal(private, c.KID, fromBase64url(t, c.Sealed)); want == nil || !errors.Is(err, want) {
			t.Errorf("%s: %v, want %s", c.Name, err, c.Code)
		}
	}
	text, err := json.MarshalIndent(got, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, '\n')
	if *update {
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
	} else if !bytes.Equal(text, b) {
		t.Errorf("the vectors are\n%s\nwant\n%s", b, text)
	}
}

func TestSealKeyLivesAsLongAsTheStore(t *testing.T) {
	h := open(t)
	key, err := h.SealKey(t.Context())
	h.must(err)
	if len(key.ID) < 12 || len(key.Public) != pointBytes || key.Public[0] != 4 {
		t.Errorf("the key is %q, %x", key.ID, key.Public)
	}
	again, err := h.reopened().SealKey(t.Context())
	h.must(err)
	if again.ID != key.ID || !bytes.Equal(again.Public, key.Public) {
		t.Errorf("after a restart the key is %q, %x, want %q, %x", again.ID, again.Public, key.ID, key.Public)
	}
}

func TestSealKeyIsReadAgainAfterTheStoreFailed(t *testing.T) {
	h := open(t)
	h.store.unread = errors.New("no disk")
	if _, err := h.SealKey(t.Context()); !errors.Is(err, h.store.unread) {
		t.Errorf("SealKey = %v, want the store's error", err)
	}
	h.store.unread = nil
	if _, err := h.SealKey(t.Context()); err != nil {
		t.Errorf("SealKey = %v after the store was there again", err)
	}
}

func TestOnlyWhatWasSealedToTheKeyOpens(t *testing.T) {
	h := open(t)
	key, err := h.SealKey(t.Context())
	h.must(err)
	ephemeral, err := ecdh.P256().GenerateKey(rand.Reader)
	h.must(err)
	sealed, err := Seal(key, ephemeral, make([]byte, ivBytes), []byte("a word"))
	h.must(err)
	if text, err := h.Unseal(t.Context(), key.ID, sealed); err != nil || string(text) != "a word" {
		t.Fatalf("it opens to %q, %v", text, err)
	}
	for i := range sealed {
		broken := bytes.Clone(sealed)
		broken[i] ^= 1
		if text, err := h.Unseal(t.Context(), key.ID, broken); !errors.Is(err, ErrNotSealed) {
			t.Errorf("with another byte %d it opens to %q, %v", i, text, err)
		}
		if text, err := h.Unseal(t.Context(), key.ID, sealed[:i]); !errors.Is(err, ErrNotSealed) {
			t.Errorf("with %d bytes it opens to %q, %v", i, text, err)
		}
	}
	if _, err := h.Unseal(t.Context(), "another", sealed); !errors.Is(err, ErrSealKey) {
		t.Errorf("under another key's id: %v, want ErrSealKey", err)
	}
	elsewhere, err := sealKey([]byte("the secret of some other store!!"))
	h.must(err)
	if _, err := unseal(elsewhere, publicHalf(elsewhere).ID, sealed); !errors.Is(err, ErrNotSealed) {
		t.Errorf("with another store's key: %v, want ErrNotSealed", err)
	}
}

func TestOwnersAreKnownOfClientsThatWereCutOff(t *testing.T) {
	h := open(t)
	phone := h.phone(h.amal)
	_, err := h.Revoke(t.Context(), phone.Client.ID)
	h.must(err)
	owners, err := h.Owners(t.Context(), []string{phone.Client.ID, "nobody's", phone.Client.ID})
	h.must(err)
	if len(owners) != 1 || owners[phone.Client.ID] != h.amal.ID {
		t.Errorf("owners are %v, want %s of one", owners, h.amal.ID)
	}
}
