// Package push is how a message leaves the server: one small Sender for each way.
//
// Its choices:
//
//   - A Sender sends and says what became of it, nothing else: when to send, whether to send again and what follows from a
//     number that is not in use are the planner's, who writes them down.
//   - What became of a message is one of five things that the planner treats differently. Whoever writes a Sender sorts each answer of a
//     provider into one of them, and what fits nowhere is Unknown: it may have been sent.
//   - A Why is a code of ours. It never holds what a provider wrote, in which a number or a name may stand.
//   - On a lock screen and on the wire there is an opaque id and nothing of the person: only a text message has words.
package push

import (
	"context"
	"time"
)

// Kind names a way of reaching a phone.
type Kind string

const (
	FCM     Kind = "fcm"     // a value is a registration token or an installation id
	WebPush Kind = "webpush" // a value is the subscription as the browser gave it, in JSON
	SMS     Kind = "sms"     // a value is a number, as it was written down
	Log     Kind = "log"     // for demo and development: it prints
)

// Target is one phone, by one way.
type Target struct {
	Kind  Kind   `json:"kind"`
	Value string `json:"value"`
}

// Message is what goes to one target.
type Message struct {
	ID       string    // names the message for ever, at the provider too; opaque
	To       Target    //
	Collapse string    // a later message with the same one takes this one's place where it has not been read; opaque, at most 32 of A–Z a–z 0–9 - _
	Words    string    // of a text message; nothing else carries words
	Link     string    // where to answer; a text message has it in its words too
	Alert    bool      // false: a wake-up that shows nothing
	Until    time.Time // after that it is not to be delivered
}

// Status is what became of a message.
type Status string

const (
	Sent    Status = "sent"    // the provider has taken it
	Gone    Status = "gone"    // there is no such phone any more: the target is to be forgotten, or marked
	Refused Status = "refused" // this message will never be taken, and the target may be all right
	Later   Status = "later"   // not now: nothing was sent, and it may be tried again after After
	Unknown Status = "unknown" // it may have been sent or not: the reply was lost, or made no sense
)

// Outcome is what a Sender says of one message.
type Outcome struct {
	Status Status
	After  time.Duration // of Later: how long the provider asked to be left alone; 0: it did not say
	Why    string        // a code, such as "quota", "unregistered", "timeout"; never a provider's words
}

// Sender sends by one way.
type Sender interface {
	// Send tries each message once, and gives an outcome for each, in their order. When ctx ends, what is under way is Unknown and
	// the rest Later. It may be called from several goroutines.
	Send(ctx context.Context, batch []Message) []Outcome
}

// Asker is a Sender whose provider can be asked later what became of a message, by its id.
type Asker interface {
	// Ask gives Sent, Gone or Refused for a message that the provider knows, Later where it cannot be asked now, and
	// found false where it never got it.
	Ask(ctx context.Context, id string) (o Outcome, found bool)
}
