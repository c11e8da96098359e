package pushtest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// Pushed is a message that reached a browser.
type Pushed struct {
	Payload                     string
	Topic, TTL, Urgency, Server string // Server is the subject of the server's key
}

// Browser is a browser that has subscribed, and its push service.
type Browser struct {
	provider
	key     *ecdh.PrivateKey
	secret  []byte
	server  string // the public key that it subscribed to; empty: any
	got     []Pushed
	current string // path of the subscription
}

// NewBrowser starts one until the test ends. It takes messages that are signed with that public key alone, or with any where it is empty.
func NewBrowser(t testing.TB, server string) *Browser {
	t.Helper()
	b := &Browser{server: server, secret: make([]byte, 16), current: "/wpush/v2/a-subscription"}
	var err error
	if b.key, err = ecdh.P256().GenerateKey(rand.Reader); err != nil {
		t.Fatal(err)
	}
	if _, err := rand.Read(b.secret); err != nil {
		t.Fatal(err)
	}
	b.serve(t, http.HandlerFunc(b.take))
	return b
}

// Host is its address, as an allow-list names it.
func (b *Browser) Host() string { return strings.TrimPrefix(b.URL, "http://") }

// Subscription is what the browser gives a page, in JSON.
func (b *Browser) Subscription() string {
	text, err := json.Marshal(map[string]any{"endpoint": b.URL + b.current, "expirationTime": nil, "keys": map[string]string{
		"p256dh": base64.RawURLEncoding.EncodeToString(b.key.PublicKey().Bytes()), "auth": base64.RawURLEncoding.EncodeToString(b.secret)}})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// Got are the messages that reached it.
func (b *Browser) Got() []Pushed {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.got)
}

func (b *Browser) take(w http.ResponseWriter, r *http.Request) {
	body, err := readAll(r)
	if err == nil && r.Header.Get("Content-Encoding") != "aes128gcm" {
		err = errors.New("it is not packed as RFC 8291 says")
	}
	var text []byte
	if err == nil {
		text, err = b.open(body)
	}
	if err != nil {
		b.fault(fmt.Sprintf("a push service got what no browser can read: %v", err))
	}
	if b.moody(w, func(int) string { return "{}" }) {
		return
	}
	subject, err := b.signed(r.Header.Get("Authorization"))
	switch {
	case r.URL.Path != b.current:
		w.WriteHeader(http.StatusGone)
	case err != nil:
		w.WriteHeader(http.StatusForbidden)
	default:
		b.mu.Lock()
		b.got = append(b.got, Pushed{string(text), r.Header.Get("Topic"), r.Header.Get("TTL"), r.Header.Get("Urgency"), subject})
		b.mu.Unlock()
		w.WriteHeader(http.StatusCreated)
	}
}

// open decrypts a body (RFC 8188 §2, RFC 8291 §3.4).
func (b *Browser) open(body []byte) ([]byte, error) {
	if len(body) < 16+4+1+65 || body[20] != 65 {
		return nil, errors.New("it has no header")
	}
	salt, from, sealed := body[:16], body[21:86], body[86:]
	sender, err := ecdh.P256().NewPublicKey(from)
	if err != nil {
		return nil, err
	}
	shared, err := b.key.ECDH(sender)
	if err != nil {
		return nil, err
	}
	info := "WebPush: info\x00" + string(b.key.PublicKey().Bytes()) + string(from)
	ikm, err := hkdf.Key(sha256.New, shared, b.secret, info, 32)
	if err != nil {
		return nil, err
	}
	key, err := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: aes128gcm\x00", 16)
	if err != nil {
		return nil, err
	}
	nonce, err := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	text, err := gcm.Open(nil, nonce, sealed, nil)
	if err != nil {
		return nil, err
	}
	text = []byte(strings.TrimRight(string(text), "\x00"))
	if len(text) == 0 || text[len(text)-1] != 2 {
		return nil, errors.New("its last record is not marked")
	}
	return text[:len(text)-1], nil
}

// signed verifies the server's key (RFC 8292 §2, §3), and gives its subject.
func (b *Browser) signed(header string) (string, error) {
	params, ok := strings.CutPrefix(header, "vapid ")
	if !ok {
		return "", errors.New("it is not signed")
	}
	var token, public string
	for part := range strings.SplitSeq(params, ",") {
		part = strings.TrimSpace(part)
		if t, ok := strings.CutPrefix(part, "t="); ok {
			token = t
		}
		if k, ok := strings.CutPrefix(part, "k="); ok {
			public = k
		}
	}
	if b.server != "" && public != b.server {
		return "", errors.New("it is another server's key")
	}
	raw, err := base64.RawURLEncoding.DecodeString(public)
	if err != nil {
		return "", errors.New("its key cannot be read")
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), raw)
	if err != nil {
		return "", errors.New("its key is no point of P-256")
	}
	claims := jwt.RegisteredClaims{}
	_, err = jwt.ParseWithClaims(token, &claims, func(*jwt.Token) (any, error) { return key, nil }, jwt.WithValidMethods([]string{"ES256"}),
		jwt.WithExpirationRequired(), jwt.WithAudience(b.URL))
	if err != nil {
		return "", err
	}
	if u, err := url.Parse(claims.Subject); err != nil || u.Scheme != "mailto" && u.Scheme != "https" {
		return "", errors.New("it does not say whom to reach")
	}
	return claims.Subject, nil
}
