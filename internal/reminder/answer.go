package reminder

import (
	"time"

	deltasync "alongside/sync"
)

// Answer is what a person says to an appointment: appointment.reply.
type Answer string

const (
	Coming     Answer = "coming"
	Cannot     Answer = "cannot"
	NewTime    Answer = "new_time"
	ComeWithMe Answer = "come_with_me"
)

// Reply is one answer, from the page or by text.
type Reply struct {
	ID          deltasync.OpID // the form's own: sent again it changes nothing
	Appointment deltasync.RecordID
	Answer      Answer
	Note        string
	Time        time.Time // of NewTime, where one that was offered was picked
}
