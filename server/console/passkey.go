package console

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/labstack/echo/v4"

	"alongside/internal/auth"
	mobileapi "alongside/mobile-api"
)

// ceremonyLife is for how long a browser may take over one.
const (
	ceremonyLife  = 5 * time.Minute
	ceremonyMost  = 4096
	credentialMax = 64 << 10
)

// ceremonies are those under way (WebAuthn §7). They are in memory only: after a restart one begins again. The zero value is ready.
type ceremonies struct {
	mu    sync.Mutex
	known map[string]ceremony
}

type ceremony struct {
	data  webauthn.SessionData
	until time.Time
}

func (all *ceremonies) put(key string, data webauthn.SessionData, now time.Time) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.known == nil {
		all.known = map[string]ceremony{}
	}
	for k, one := range all.known {
		if !now.Before(one.until) || len(all.known) >= ceremonyMost {
			delete(all.known, k)
		}
	}
	all.known[key] = ceremony{data, now.Add(ceremonyLife)}
}

// take gives one, once.
func (all *ceremonies) take(key string, now time.Time) (webauthn.SessionData, error) {
	all.mu.Lock()
	defer all.mu.Unlock()
	one, ok := all.known[key]
	delete(all.known, key)
	if !ok || !now.Before(one.until) {
		return webauthn.SessionData{}, &mobileapi.Refusal{Status: http.StatusConflict, Code: "passkey_again",
			Detail: "That took too long. Begin again."}
	}
	one.data.Expires = time.Time{} // it is held against our own clock
	return one.data, nil
}

// party is this server, to a browser: by the address that links carry.
func (s *Console) party() (*webauthn.WebAuthn, error) {
	at, err := url.Parse(s.Office.URL)
	if err != nil {
		return nil, err
	}
	return webauthn.New(&webauthn.Config{RPID: at.Hostname(), RPDisplayName: "Alongside", RPOrigins: []string{strings.TrimSuffix(s.Office.URL, "/")},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{ResidentKey: protocol.ResidentKeyRequirementRequired,
			RequireResidentKey: protocol.ResidentKeyRequired(), UserVerification: protocol.VerificationRequired}})
}

// holder is a user, as the library asks for one.
type holder struct {
	user auth.User
	keys []webauthn.Credential
}

func (h holder) WebAuthnID() []byte                         { return []byte(h.user.ID) }
func (h holder) WebAuthnName() string                       { return h.user.Name }
func (h holder) WebAuthnDisplayName() string                { return h.user.Name }
func (h holder) WebAuthnCredentials() []webauthn.Credential { return h.keys }

func (s *Console) holder(ctx context.Context, user string) (holder, error) {
	u, keys, err := s.auth().PasskeysOf(ctx, user)
	h := holder{user: u}
	for _, k := range keys {
		var one webauthn.Credential
		if err := json.Unmarshal(k.Credential, &one); err != nil {
			return h, err
		}
		h.keys = append(h.keys, one)
	}
	return h, err
}

func keyID(id []byte) string { return base64.RawURLEncoding.EncodeToString(id) }

type credentialSent struct {
	ID         string          `json:"id"`
	Code       string          `json:"code"`
	Credential json.RawMessage `json:"credential"`
}

// unproven says that a browser has not shown what it was asked for. Of why, nothing is told: it may help somebody who guesses.
var unproven = auth.ErrNoPasskey

func (s *Console) beginSignIn(c echo.Context) error {
	party, err := s.party()
	if err != nil {
		return err
	}
	options, data, err := party.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return err
	}
	s.ceremonies.put("signin "+data.Challenge, *data, s.now())
	return c.JSON(http.StatusOK, map[string]any{"options": options.Response, "id": data.Challenge})
}

func (s *Console) finishSignIn(c echo.Context) error {
	var req credentialSent
	if err := mobileapi.Decode(c, credentialMax, &req); err != nil {
		return err
	}
	data, err := s.ceremonies.take("signin "+req.ID, s.now())
	if err != nil {
		return err
	}
	user, err := s.prove(c.Request().Context(), data, req.Credential)
	if err != nil {
		return err
	}
	d, err := s.auth().SignIn(c.Request().Context(), user, auth.Device{Name: "a browser", Platform: "web"})
	if err != nil {
		return err
	}
	return s.begin(c, d)
}

// prove says whose passkey was shown.
func (s *Console) prove(ctx context.Context, data webauthn.SessionData, sent json.RawMessage) (string, error) {
	party, err := s.party()
	if err != nil {
		return "", err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(sent)
	if err != nil {
		return "", unproven
	}
	whose := func(_, handle []byte) (webauthn.User, error) { return s.holder(ctx, string(handle)) }
	var user webauthn.User
	var used *webauthn.Credential
	if len(data.UserID) == 0 {
		user, used, err = party.ValidatePasskeyLogin(whose, data, parsed)
	} else {
		var h holder
		if h, err = s.holder(ctx, string(data.UserID)); err == nil {
			user = h
			used, err = party.ValidateLogin(h, data, parsed)
		}
	}
	if err != nil || used.Authenticator.CloneWarning {
		return "", unproven
	}
	kept, err := json.Marshal(used)
	if err != nil {
		return "", err
	}
	return string(user.WebAuthnID()), s.auth().UsedPasskey(ctx, keyID(used.ID), kept)
}

func (s *Console) beginPasskey(c echo.Context) error {
	if err := s.fresh(c); err != nil {
		return err
	}
	party, err := s.party()
	if err != nil {
		return err
	}
	d := deskOf(c)
	h, err := s.holder(c.Request().Context(), d.User.ID)
	if err != nil {
		return err
	}
	options, data, err := party.BeginRegistration(h, webauthn.WithExclusions(webauthn.Credentials(h.keys).CredentialDescriptors()))
	if err != nil {
		return err
	}
	s.ceremonies.put("passkey "+d.Session.Hash, *data, s.now())
	return c.JSON(http.StatusOK, map[string]any{"options": options.Response})
}

func (s *Console) finishPasskey(c echo.Context) error {
	var req credentialSent
	if err := mobileapi.Decode(c, credentialMax, &req); err != nil {
		return err
	}
	d, ctx := deskOf(c), c.Request().Context()
	data, err := s.ceremonies.take("passkey "+d.Session.Hash, s.now())
	if err != nil {
		return err
	}
	party, err := s.party()
	if err != nil {
		return err
	}
	h, err := s.holder(ctx, d.User.ID)
	if err != nil {
		return err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(req.Credential)
	if err != nil {
		return unproven
	}
	made, err := party.CreateCredential(h, data, parsed)
	if err != nil {
		return unproven
	}
	kept, err := json.Marshal(made)
	if err != nil {
		return err
	}
	if err := s.auth().AddPasskey(ctx, auth.Passkey{ID: keyID(made.ID), User: d.User.ID, Credential: kept}); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

func (s *Console) beginStepUp(c echo.Context) error {
	d := deskOf(c)
	if !d.Passkey {
		return &mobileapi.Refusal{Status: http.StatusConflict, Code: "no_passkey",
			Detail: "You have no passkey here. Ask for a fresh code, and confirm with that."}
	}
	party, err := s.party()
	if err != nil {
		return err
	}
	h, err := s.holder(c.Request().Context(), d.User.ID)
	if err != nil {
		return err
	}
	options, data, err := party.BeginLogin(h, webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return err
	}
	s.ceremonies.put("step "+d.Session.Hash, *data, s.now())
	return c.JSON(http.StatusOK, map[string]any{"options": options.Response})
}

func (s *Console) finishStepUp(c echo.Context) error {
	var req credentialSent
	if err := mobileapi.Decode(c, credentialMax, &req); err != nil {
		return err
	}
	d, ctx := deskOf(c), c.Request().Context()
	var row auth.Session
	if req.Code != "" && !d.Passkey {
		var err error
		if row, err = s.auth().StepUpByCode(ctx, d.Session.Hash, req.Code); err != nil {
			return err
		}
	} else {
		data, err := s.ceremonies.take("step "+d.Session.Hash, s.now())
		if err != nil {
			return err
		}
		user, err := s.prove(ctx, data, req.Credential)
		if err != nil {
			return err
		}
		if user != d.User.ID {
			return unproven
		}
		if row, err = s.auth().StepUp(ctx, d.Session.Hash); err != nil {
			return err
		}
	}
	return c.JSON(http.StatusOK, map[string]any{"stepped_up_until": row.SteppedUpUntil()})
}
