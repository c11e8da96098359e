package reminder

import (
	"fmt"
	"strings"
	"time"

	"alongside/internal/casework"
)

// Everything that a person reads outside of their page stands here. Whoever looks at the screen learns that somebody has something on at some
// time, and nothing else: no service, no reason, no name, neither theirs nor the worker's.

// something is what a message calls what is coming, unless the person has said what it may be called.
const something = "something"

// coming is the text of a reminder. what is person.message_words, or empty; more is how many others are near it.
func (s Settings) coming(what string, at time.Time, more int, link string) string {
	text := fmt.Sprintf("You have %s on %s.", called(what), s.when(at))
	if more > 0 {
		text = fmt.Sprintf("You have %s on %s, and %s.", called(what), s.when(at), others(more))
	}
	return text + s.replies(link)
}

// missed is the text after an appointment that the person did not come to.
func (s Settings) missed(what, link string) string {
	text := "Sorry we missed you. Nothing is lost: pick another time, or say what would help."
	if strings.TrimSpace(what) != "" {
		text = fmt.Sprintf("Sorry we missed you for %s. Nothing is lost: pick another time, or say what would help.", called(what))
	}
	return text + " " + link
}

func (s Settings) replies(link string) string {
	if s.Inbound {
		return " Reply 1 coming, 2 can't, 3 come with me, STOP. Or: " + link
	}
	return " Reply: " + link
}

// when is a moment as it is said: "Tuesday 1 December at 10:00".
func (s Settings) when(at time.Time) string { return at.In(s.Zone).Format("Monday 2 January at 15:04") }

func called(what string) string {
	if what = strings.Join(strings.Fields(what), " "); what != "" {
		return what
	}
	return something
}

func others(n int) string {
	if n == 1 {
		return "one more thing near it"
	}
	return fmt.Sprintf("%d more things near it", n)
}

// task is what a worker reads of a step. It stands in the person's own records.
func (s Settings) task(step string, at time.Time) string {
	when := s.when(at)
	switch step {
	case casework.StepOutcome:
		return "What became of the appointment on " + when + "?"
	case casework.StepCallBefore:
		return "Call before the appointment on " + when + ". Several were missed lately."
	case casework.StepCall:
		return "Call: the appointment on " + when + " was missed."
	case casework.StepVisit:
		return "Visit: the appointment on " + when + " was missed, and a call has not reached them."
	}
	return "Decide what is next: the appointment on " + when + " was missed, and nobody has reached them."
}

// sentText begins what a worker reads of a text that answers nothing. It is contact, too.
const sentText = "Sent a text: "

// checking is what a worker reads when somebody cannot be reached.
func checking(what string) string {
	switch what {
	case noWay:
		return "Add a number: there is no way to send a reminder."
	case unclear:
		return "Write the hours in which messages may come as 10:00-16:00: nothing is sent until then."
	}
	return "Check this number: a message could not be delivered."
}
