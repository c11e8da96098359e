package admin

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"alongside/internal/boltstore"
	"alongside/internal/seal"
)

// runs has a schedule run for a while, and gives what it logged.
func runs(t *testing.T, s *Schedule, c Commands, while time.Duration) string {
	t.Helper()
	var log bytes.Buffer
	s.Log = slog.New(slog.NewTextHandler(&log, nil))
	until, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Run(until, c)
	}()
	time.Sleep(while)
	synctest.Wait()
	stop()
	<-done
	return log.String()
}

// times are those of the scheduled backups in a folder.
func times(t *testing.T, dir string) (all []time.Time) {
	t.Helper()
	for _, name := range listing(t, dir) {
		if at, ok := timeIn(name); ok {
			all = append(all, at)
		}
	}
	return all
}

func TestBackupsAreMadeKeptAndRemovedByThePlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, data := stopped(t)
		client := phone(t, o, o)
		dir := t.TempDir()
		theirs := []string{"alongside-20000101T000000Z.backup.old", "alongside-1.backup", "a note", "alongside-20000101T000000Z.backup2",
			"x-alongside-20000101T000000Z.backup", "alongside-2000-01-01.backup.age.partial",
			"alongside-20000101T000000Z", "20000101T000000Z.backup", "alongside-20000101T000000.5Z.backup"}
		for _, name := range theirs {
			if err := os.WriteFile(filepath.Join(dir, name), []byte("theirs"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		broken := nameOf(time.Now().Add(-time.Hour), true) + partialEnd
		if err := os.WriteFile(filepath.Join(dir, broken), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		s := &Schedule{Plan: Plan{Every: time.Hour, Dir: dir, Keep: 3}, Data: data}
		start := time.Now()
		runs(t, s, o, settling-time.Second)
		if got := times(t, dir); len(got) != 0 || safe(t, o, client) != 0 {
			t.Errorf("with the start's work it already made %v", got)
		}
		runs(t, s, o, 2*time.Hour+30*time.Minute)
		first := times(t, dir)
		if len(first) != 3 || first[0].Sub(start) > time.Minute || safe(t, o, client) != 1 {
			t.Errorf("after two hours and a half there are %v, and the phone is safe up to %d", first, safe(t, o, client))
		}
		runs(t, s, o, 29*time.Minute) // a restart changes nothing
		if got := times(t, dir); !slices.Equal(got, first) {
			t.Errorf("before the next was due there are %v, want %v", got, first)
		}
		time.Sleep(5 * time.Hour)
		runs(t, s, o, time.Minute) // it is overdue
		got := times(t, dir)
		if len(got) != 3 || !got[0].Equal(first[1]) || !got[1].Equal(first[2]) || time.Since(got[2]) > time.Minute {
			t.Errorf("after five hours of rest there are %v, want the last two of %v and one of now, %v", got, first, time.Now().UTC())
		}
		runs(t, s, o, 10*time.Hour)
		got = times(t, dir)
		for i := range got {
			if i > 0 && (got[i].Sub(got[i-1]) < time.Hour || got[i].Sub(got[i-1]) > time.Hour+2*glance) {
				t.Errorf("between %v and %v lies no hour", got[i-1], got[i])
			}
		}
		if len(got) != 3 || s.Failures() != 0 || s.NewestBytes() == 0 {
			t.Errorf("after ten hours more there are %v, the newest of %d bytes, and %d failed", got, s.NewestBytes(), s.Failures())
		}
		for _, at := range got {
			if err := boltstore.Check(filepath.Join(dir, nameOf(at, false)), func(f boltstore.Fault) { t.Error(f) }); err != nil {
				t.Error(err)
			}
		}
		left := listing(t, dir)
		for _, name := range theirs {
			if !slices.Contains(left, name) {
				t.Errorf("%s is not the schedule's, and is gone", name)
			}
		}
		if slices.Contains(left, broken) || len(left) != len(theirs)+len(got)+1 {
			t.Errorf("the folder holds %v", left)
		}
	})
}

// countedOffice counts how often it was asked how it stands, which each try begins with.
type countedOffice struct {
	*Office
	asked atomic.Int32
}

func (o *countedOffice) Status(ctx context.Context) (Status, error) {
	o.asked.Add(1)
	return o.Office.Status(ctx)
}

func TestAFolderThatFailsIsToldCountedAndTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, data := stopped(t)
		client := phone(t, o, o)
		at := t.TempDir()
		missing, file, other := filepath.Join(at, "disk"), filepath.Join(at, "file"), filepath.Join(at, "other")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(other, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(other, ownerName), []byte("another\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		for dir, help := range map[string]string{missing: "disk of --backup-dir", file: "disks", other: "of its own"} {
			s := &Schedule{Plan: Plan{Every: 24 * time.Hour, Dir: dir, Keep: 3}, Data: data}
			log := runs(t, s, o, 10*time.Minute)
			// tried after 5 s, and then 1, 2 and 4 minutes later
			if n := strings.Count(log, "level=ERROR"); n != 4 || s.Failures() != 4 || !strings.Contains(log, help) {
				t.Errorf("%s: %d failures are counted and %d logged, want 4 with help:\n%s", filepath.Base(dir), s.Failures(), n, log)
			}
			if safe(t, o, client) != 0 {
				t.Errorf("%s: the phone was told that its op is safe", filepath.Base(dir))
			}
		}
		if _, err := os.Stat(missing); err == nil {
			t.Error("the folder of a missing disk was made")
		}
		s := &Schedule{Plan: Plan{Every: 24 * time.Hour, Dir: missing, Keep: 3}, Data: data}
		runs(t, s, full{o}, time.Minute)
		if err := os.Mkdir(missing, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(missing, ownerName), nil, 0o600); err != nil { // as a power cut may leave it
			t.Fatal(err)
		}
		log := runs(t, s, full{o}, time.Minute)
		if !strings.Contains(log, "make room") || len(times(t, missing)) != 0 || safe(t, o, client) != 0 {
			t.Errorf("on a full disk there are %v:\n%s", times(t, missing), log)
		}
		runs(t, s, o, time.Minute)
		if len(times(t, missing)) != 1 || safe(t, o, client) != 1 {
			t.Errorf("when the disk is back there are %v, and the phone is safe up to %d", times(t, missing), safe(t, o, client))
		}
	})
}

func TestPausesAfterFailuresGrowToAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, data := stopped(t)
		c := &countedOffice{Office: o}
		s := &Schedule{Plan: Plan{Every: 24 * time.Hour, Dir: filepath.Join(data, "no", "folder"), Keep: 1}, Data: data}
		runs(t, s, c, 24*time.Hour)
		if got := c.asked.Load(); got < 24 || got > 32 { // 1, 2, 4 … 32 minutes, then hourly
			t.Errorf("in a day it was tried %d times, want about 30", got)
		}
	})
}

func TestAClockThatWasSetNeitherStopsBackupsNorCostsTheNewest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, data := stopped(t)
		dir := filepath.Join(data, BackupsName)
		s := &Schedule{Plan: Plan{Every: time.Hour, Dir: dir, Keep: 2}, Data: data}
		real := time.Now
		s.Now = func() time.Time { return real().AddDate(5, 0, 0) }
		runs(t, s, o, 90*time.Minute) // the folder in the server's is made
		ahead := times(t, dir)
		s.Now = nil
		runs(t, s, o, time.Minute)
		got := times(t, dir)
		if len(ahead) != 2 || len(got) != 2 || !got[1].Equal(ahead[1]) || time.Since(got[0]) > time.Minute {
			t.Errorf("the clock was set back: there are %v after %v, want one of now and the newer of those", got, ahead)
		}
		runs(t, s, o, 90*time.Minute)
		if got := times(t, dir); len(got) != 2 || got[1].After(time.Now()) {
			t.Errorf("an hour later there are %v, want two that are not ahead of %v", got, time.Now().UTC())
		}
	})
}

func TestAScheduledBackupIsSealedAndItsFolderHoldsNothingPlain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, data := stopped(t)
		if _, err := o.AddTeam(ctx, canary); err != nil {
			t.Fatal(err)
		}
		to, key := keyPair(t)
		dir := t.TempDir()
		s := &Schedule{Plan: Plan{Every: time.Hour, Dir: dir, Keep: 2, To: to}, Data: data}
		runs(t, s, o, 5*time.Hour)
		for _, name := range listing(t, dir) {
			b, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil || bytes.Contains(b, []byte(canary)) || bytes.Contains(b, []byte("records")) {
				t.Errorf("%s holds something plain, %v", name, err)
			}
			info, err := os.Stat(filepath.Join(dir, name))
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s has the mode %v, %v", name, info.Mode(), err)
			}
		}
		all := times(t, dir)
		if len(all) != 2 {
			t.Fatalf("there are %v, want 2", listing(t, dir))
		}
		if _, err := RestoreSealed(ctx, filepath.Join(dir, nameOf(all[1], true)), filepath.Join(t.TempDir(), "data"), "", key, Options{}); err != nil {
			t.Error(err)
		}
	})
}

func TestStatusSaysHowStoreServerAndBackupsStand(t *testing.T) {
	everywhere(t, func(t *testing.T, c Commands, o *Office, data string) {
		phone(t, c, o)
		s, err := c.Status(ctx)
		if err != nil {
			t.Fatal(err)
		}
		_, live := c.(*Line)
		if s.Store != o.DB.ID() || s.Users != 1 || s.Devices != 1 || s.Head == 0 || s.Size == 0 || s.Epoch == "" ||
			time.Since(s.Began) > time.Hour || s.URL != o.URL || s.Running != live || s.Backup != nil || s.Schedule != nil {
			t.Errorf("the status is %+v", s)
		}
		dir := t.TempDir()
		o.Schedule = &Schedule{Plan: Plan{Every: 4 * time.Hour, Dir: dir, Keep: 2}, Data: data}
		if s, err = c.Status(ctx); err != nil || s.Schedule == nil || !s.Schedule.Overdue || s.Schedule.Standing != 0 || s.Schedule.Next != nil {
			t.Errorf("before the first scheduled backup: %+v, %v", s.Schedule, err)
		}
		head := o.DB.Stats().Head
		old := time.Now().Add(-290 * time.Minute).Truncate(time.Second)
		b, err := BackupTo(ctx, c, data, filepath.Join(dir, nameOf(old, false)), nil)
		if err != nil {
			t.Fatal(err)
		}
		if s, err = c.Status(ctx); err != nil || s.Backup == nil || s.Backup.Head != head || s.Backup.Age > 60 ||
			s.Schedule.Standing != 1 || !s.Schedule.Newest.Equal(old) || s.Schedule.Size != b.Size || s.Schedule.Overdue ||
			!s.Schedule.Next.Equal(old.Add(4*time.Hour)) {
			t.Errorf("less than a quarter late: %+v %+v, %v", s.Backup, s.Schedule, err)
		}
		if err := os.Rename(b.File, filepath.Join(dir, nameOf(old.Add(-time.Hour), false))); err != nil {
			t.Fatal(err)
		}
		if s, err = c.Status(ctx); err != nil || !s.Schedule.Overdue {
			t.Errorf("more than a quarter late: %+v, %v", s.Schedule, err)
		}
		if off, err := c.DisableUser(ctx, userOf(t, c)); err != nil || len(off) != 1 {
			t.Fatalf("%v, %v", off, err)
		}
		if s, err = c.Status(ctx); err != nil || s.Users != 0 || s.Devices != 0 {
			t.Errorf("with the user disabled there are %d users and %d devices, %v", s.Users, s.Devices, err)
		}
	})
}

func userOf(t *testing.T, c Commands) string {
	t.Helper()
	all, err := c.Devices(ctx)
	if err != nil || len(all) != 1 {
		t.Fatalf("%v, %v", all, err)
	}
	return all[0].User
}

func TestTheScheduleIsKnownWhileTheServerIsStopped(t *testing.T) {
	data := t.TempDir()
	to, _ := keyPair(t)
	s := &Schedule{Plan: Plan{Every: 36 * time.Hour, Dir: filepath.Join(data, BackupsName), Keep: 5, To: to}, Data: data}
	if err := KeepSchedule(data, s); err != nil {
		t.Fatal(err)
	}
	o, err := openOffice(data, Options{Make: true})
	if err != nil {
		t.Fatal(err)
	}
	defer o.DB.Close()
	got, err := o.Status(ctx)
	want := ScheduleStatus{Every: 36 * 3600, Dir: s.Dir, Keep: 5, Encrypted: true, Overdue: true}
	if err != nil || got.Schedule == nil || *got.Schedule != want || got.Running {
		t.Errorf("the schedule is %+v, %v, want %+v", got.Schedule, err, want)
	}
	if err := KeepSchedule(data, nil); err != nil || lastSchedule(data) != nil {
		t.Errorf("a server without a schedule leaves %+v, %v", lastSchedule(data), err)
	}
}

func TestASealedBackupDuringHeavyWritesIsWhole(t *testing.T) {
	o, data := stopped(t)
	client := phone(t, o, o)
	to, key := keyPair(t)
	stop, wrote := make(chan struct{}), make(chan int)
	go func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				wrote <- n
				return
			default:
				if _, err := o.AddTeam(ctx, "North"); err != nil {
					t.Error(err)
				}
			}
		}
	}()
	for _, to := range []seal.Recipients{{}, to} {
		before := o.DB.Stats().Head
		b, err := SealedBackupTo(ctx, o, data, filepath.Join(t.TempDir(), "b"), to, nil)
		if err != nil || b.Head < before {
			t.Fatalf("a backup up to %d, %v, where the log was at %d", b.Head, err, before)
		}
		into := filepath.Join(t.TempDir(), "data")
		r, err := RestoreSealed(ctx, b.File, into, "", key, Options{})
		if err != nil || r.Backup != b.Head {
			t.Errorf("restored up to %d, %v, want %d", r.Backup, err, b.Head)
		}
		if err := Check(ctx, into, func(fault string) { t.Error(fault) }); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	if n := <-wrote; n == 0 || safe(t, o, client) != 1 {
		t.Errorf("beside two backups %d commits went through, and the phone is safe up to %d", n, safe(t, o, client))
	}
}
