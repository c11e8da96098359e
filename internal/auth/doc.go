// Package auth keeps who may come in: users, the codes that enrol their devices, the clients those become, and the
// tokens that clients show. What it decides is a row of its Store; what it remembers in memory can be lost at any time.
//
// # Access tokens
//
// An access token is a JWT of ten minutes, signed with Ed25519. An asymmetric signature so that the key that checks can be
// handed to another program without making it one that issues, and so that there is no shared secret to confuse with
// a public key; Ed25519 because its signing needs no randomness and it has no parameters to choose wrongly. The
// token says which client it is, never what the client may do: role, team and revocation are read from the store, so
// that a change holds at once and not ten minutes later.
//
// A new key takes over after 30 days. The one before verifies for as long as a token of its could be alive, so no
// rotation signs anyone out. Retired keys stay in the store, and only tell an old token from a forged one.
//
// # The memory of verified tokens
//
// Checking a signature costs more than many a request, so a verified token is remembered for at most a minute, by its
// hash. A revocation, a disabled user and the end of a family empty the memory before the call that made them
// returns. A verification that had read the store before such a change must not put its finding back after it: it
// takes the number of emptyings before it reads and is remembered only if that is still the same.
//
// # Refresh tokens
//
// A refresh token names a family and a generation of it and carries a MAC under a key derived from the store's secret; no
// token is stored, and none can be read out of a row. Being derived is what makes a lost reply harmless: the store
// can hand out the present token again, since it can compute it. It follows that whoever holds the store's secret
// can compute every refresh token, and whoever holds the signing keys every access token: the store file, its archive and its
// backups are as sensitive as the tokens themselves.
//
// A family is the line of refresh tokens of one client. Presenting the newest moves it on; presenting the one before
// gives the newest again, since the reply may have been lost; presenting an older one means that two hold the
// line, and ends it for both (RFC 9700 §4.14.2). A generation that the store has never given, but whose MAC is right,
// was given before the store was restored from an older backup, and is taken.
//
// # Revocation
//
// Cutting off a client cuts off every client that was taken from it, directly or not: they are the same device, or a
// copy of it, and whoever held a lost phone could have taken one in the minutes before the call. A revoked client keeps one
// right, to hand in what it had not sent yet (Last).
package auth
