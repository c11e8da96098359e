package casework

import deltasync "alongside/sync"

// The names of kinds that others ask for.
const (
	KindPerson      = deltasync.KindPerson
	KindContact     = "contact"
	KindConsent     = "consent"
	KindAppointment = "appointment"
	KindSupport     = "support"
	KindFollowUp    = "follow_up"
	KindMessage     = "message"
	KindWay         = "way"
	KindPage        = "page"
	KindSame        = "same"
)

// The steps of the ladder, in follow_up.step, in their order, and those beside it.
const (
	StepOutcome     = "outcome"      // nobody has said yet what became of the appointment
	StepCallBefore  = "call_before"  // a call the day before, where appointments were missed lately
	StepCall        = "call"         // after a miss
	StepVisit       = "visit"        // after a call that reached nobody
	StepCoordinator = "coordinator"  // somebody with a wider view decides what is next
	StepCheckNumber = "check_number" // a message could not be delivered
)
