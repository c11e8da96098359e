package crash

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

var (
	killsFlag = flag.Int("kills", 10, "how often the server is killed")
	seedFlag  = flag.Uint64("seed", 0, "of the moments; 0: by the clock")
	callsFlag = flag.Int("calls", 6, "at how many system calls of its start and commits the server is killed, for each call")
)

func dice(t *testing.T) *rand.Rand {
	seed := *seedFlag
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("the moments are of seed %d", seed)
	return rand.New(rand.NewPCG(seed, 1))
}

// Killed at any moment, the server loses nothing that it has acknowledged.
func TestKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	moments := dice(t)
	w := newWorld(t, binary, filepath.Join(t.TempDir(), "data"))
	stop := w.work()
	for kill := range *killsFlag {
		if kill%2 == 1 { // on a busy machine nothing would have happened yet
			w.until("another acknowledged op", w.more())
		}
		time.Sleep(time.Duration(20+moments.IntN(300)) * time.Millisecond)
		w.kill()
		if lost, err := w.holds(); err != nil || lost > 0 {
			t.Fatalf("kill %d: %d acknowledged ops are gone, %v", kill+1, lost, err)
		}
		w.start()
	}
	stop()
	w.converge()
	t.Logf("%d kills, %d ops acknowledged", *killsFlag, w.progress())
	if w.progress() < *killsFlag {
		t.Error("hardly anything happened")
	}
}

// A command that is killed leaves nothing half done.
func TestKilledCommands(t *testing.T) {
	t.Parallel()
	moments := dice(t)
	w := newWorld(t, binary, filepath.Join(t.TempDir(), "data"))
	for range 5 {
		w.must(w.phones[0].step(t.Context()))
	}
	backup := filepath.Join(t.TempDir(), "backup")
	for range max(*killsFlag/2, 4) {
		cmd := exec.Command(w.binary, "backup", backup, "--data", w.data)
		w.must(cmd.Start())
		time.Sleep(time.Duration(moments.IntN(40)) * time.Millisecond)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if _, err := os.Stat(backup); err == nil {
			if out, err := exec.Command(w.binary, "restore", backup, "--data", filepath.Join(t.TempDir(), "elsewhere")).CombinedOutput(); err != nil {
				t.Fatalf("a backup that is there is not whole: %s", out)
			}
		}
	}
	w.object("backup", backup)
	w.must(w.phones[0].step(t.Context()))
	w.must(w.server.Process.Signal(syscall.SIGTERM))
	_ = w.server.Wait()
	archive := filepath.Join(t.TempDir(), "archive")
	w.must(os.Rename(filepath.Join(w.data, "archive"), archive))
	for range max(*killsFlag/2, 4) {
		cmd := exec.Command(w.binary, "restore", backup, "--data", w.data, "--archive", archive)
		w.must(cmd.Start())
		time.Sleep(time.Duration(moments.IntN(60)) * time.Millisecond)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	w.object("restore", backup, "--archive", archive)
	if lost, err := w.holds(); err != nil || lost > 0 {
		t.Fatalf("after restores that were killed %d acknowledged ops are gone, %v", lost, err)
	}
	for range max(*killsFlag/2, 4) {
		cmd := exec.Command(w.binary, "erase", string(w.phones[1].person), "--data", w.data)
		w.must(cmd.Start())
		time.Sleep(time.Duration(moments.IntN(60)) * time.Millisecond)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	if _, err := w.command("check"); err != nil {
		t.Error(err)
	}
	w.start()
	w.must(w.phones[0].step(t.Context()))
	w.kill()
	if lost, err := w.holds(); err != nil || lost > 0 {
		t.Errorf("%d acknowledged ops are gone, %v", lost, err)
	}
}

// Killed at each system call by which a commit reaches the disk.
func TestKilledAtEachSystemCall(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("not run: strace is missing")
	}
	if out, err := exec.Command("strace", "-qq", "-o", os.DevNull, "true").CombinedOutput(); err != nil {
		t.Skipf("not run: strace may not trace here: %s", out)
	}
	w := newWorld(t, binary, filepath.Join(t.TempDir(), "data"))
	w.must(w.phones[0].step(t.Context()))
	w.kill()
	struck := 0
	for _, call := range []string{"pwrite64", "fdatasync", "fsync"} {
		most := *callsFlag
		if call == "fsync" {
			most = min(most, 5) // the archive's, which once it is open come every two seconds
		}
		for n := 1; n <= most; n++ {
			w.wrap = []string{"strace", "-f", "-qq", "-o", os.DevNull, "-e", "trace=" + call, "-e", fmt.Sprintf("inject=%s:signal=KILL:when=%d", call, n)}
			w.server = nil
			w.start()
			if w.server != nil { // it serves, and ends at a commit
				stop := w.work()
				ended := make(chan error, 1)
				go func() { ended <- w.server.Wait() }()
				select {
				case err := <-ended:
					if err == nil || !strings.Contains(err.Error(), "kill") {
						t.Fatalf("at %s %d the server ended by itself: %v", call, n, err)
					}
				case <-time.After(2 * time.Minute):
					t.Fatalf("there is no %d. %s", n, call)
				}
				stop()
			}
			struck++
			if lost, err := w.holds(); err != nil || lost > 0 {
				t.Fatalf("killed at %s %d: %d acknowledged ops are gone, %v", call, n, lost, err)
			}
		}
	}
	w.wrap = nil
	w.start()
	w.converge()
	t.Logf("killed at %d system calls, %d ops acknowledged", struck, w.progress())
}
