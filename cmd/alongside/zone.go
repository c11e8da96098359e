package main

import (
	"errors"
	"time"
	_ "time/tzdata" // also where the machine has no list of zones
)

// timeZone is a name of the IANA list.
type timeZone struct{ *time.Location }

func (z *timeZone) UnmarshalText(text []byte) error {
	at, err := time.LoadLocation(string(text))
	if err != nil || len(text) == 0 || at == time.Local {
		return errors.New("is to be a time zone such as Europe/London")
	}
	z.Location = at
	return nil
}
