package admin

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"alongside/internal/boltstore"
)

func (o *Office) Check(ctx context.Context, report func(fault string)) error {
	return o.DB.Check(ctx, func(f boltstore.Fault) { report(f.String()) })
}

// Check verifies the store of dir through its server, or where none runs, the file as it lies there, whatever state it
// is in.
func Check(ctx context.Context, dir string, report func(fault string)) error {
	for until := time.Now().Add(patience); ; {
		if line, err := Call(dir); err == nil {
			return line.Check(ctx, report)
		}
		path := StorePath(dir)
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%w in %s", ErrNoStore, dir)
		}
		err := boltstore.Check(path, func(f boltstore.Fault) { report(f.String()) })
		if !errors.Is(err, boltstore.ErrInUse) || time.Now().After(until) || ctx.Err() != nil {
			return err
		}
	}
}
