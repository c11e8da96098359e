package auth

import "errors"

// Errors that callers tell apart. They come wrapped with the id they are about, never with a code or a token.
var (
	ErrCodeInvalid = errors.New("enrolment code is not known") // also one that is no code at all
	ErrCodeUsed    = errors.New("enrolment code is used")
	ErrCodeExpired = errors.New("enrolment code has expired")

	// ErrCodeForPhone says that a code is a worker's, and for the app on the phone. It is not used up by saying so.
	ErrCodeForPhone = errors.New("enrolment code is for a phone")
	// ErrSessionEnded is of every session at a desk that does not stand: ended, too old, idle for too long, or never there.
	ErrSessionEnded = errors.New("session has ended")
	ErrNoPasskey    = errors.New("no such passkey")

	ErrTokenInvalid = errors.New("token is not valid") // also one of an ended family, at Verify and Alive
	ErrTokenExpired = errors.New("token has expired")
	ErrTokenReused  = errors.New("refresh token was presented before") // the family has ended, now or earlier

	ErrRevoked    = errors.New("device is revoked") // also every device of a disabled user
	ErrNotRevoked = errors.New("device is not revoked")

	ErrUnknownUser   = errors.New("no such user")
	ErrUnknownClient = errors.New("no such client")
	ErrUserDisabled  = errors.New("user is disabled")
	ErrUserInvalid   = errors.New("user is not valid") // no name, no team, or an unknown role
	ErrUserExists    = errors.New("another user has that id")
)
