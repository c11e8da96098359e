package main

import (
	"context"
	"fmt"
	"io"

	"alongside/internal/admin"
)

type checkCommand struct{ folder }

func (c *checkCommand) Run(ctx context.Context, out *output) error {
	faults := []string{}
	done := out.wait("checking")
	err := admin.Check(ctx, c.Data, func(fault string) {
		if faults = append(faults, fault); !out.json {
			fmt.Fprintln(out.stdout, fault)
		}
	})
	done()
	if err != nil {
		return err
	}
	err = out.say(struct {
		Faults []string `json:"faults"`
	}{faults}, func(w io.Writer) {
		if len(faults) == 0 {
			fmt.Fprintln(w, "no faults")
		}
	})
	if err == nil && len(faults) > 0 {
		err = errTold
	}
	return err
}
