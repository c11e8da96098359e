// Package demo fills an empty store with a made-up partnership, to show what the program does and to try it out.
//
// Its choices:
//
//   - Everything is made up, and says so: teams are named "Made-up Team …", surnames are of nobody, phone numbers come
//     from the range that Ofcom keeps for drama (07700 900000 to 900999), places are kinds of places.
//   - The same day gives the same partnership, since all chance is drawn from a seed made of the date. Only the ids of
//     teams, users and clients differ: the server gives those.
//   - It writes as phones do, through Engine.Exchange, in batches, each user as a client of their own. What a phone
//     could not have done, the demo cannot either.
//   - It is a plan first, plain values that a test can look at, and then written.
package demo
