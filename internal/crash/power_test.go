package crash

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

var lossesFlag = flag.Int("losses", 2, "how often the power goes")

// What the kernel has for a file system to be shut down as if the power went (linux/fs/ext4: EXT4_IOC_SHUTDOWN), without
// flushing its journal first.
const (
	shutdown      = 0x8004587d
	withoutJlFlag = 2
)

// disk is a file system of our own on a loop device.
type disk struct {
	t     *testing.T
	image string
	at    string
	loop  string
}

// newDisk makes one, or says that this cannot be run here.
func newDisk(t *testing.T) *disk {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("not run: only root may mount a disk")
	}
	for _, tool := range []string{"mkfs.ext4", "losetup"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("not run: %s is missing", tool)
		}
	}
	dir := t.TempDir()
	d := &disk{t: t, image: filepath.Join(dir, "image"), at: filepath.Join(dir, "disk")}
	if err := os.WriteFile(d.image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(d.image, 192<<20); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mkfs.ext4", "-q", "-F", d.image).CombinedOutput(); err != nil {
		t.Skipf("not run: no file system can be made: %s", out)
	}
	if err := os.Mkdir(d.at, 0o700); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("losetup", "--find", "--show", d.image).CombinedOutput()
	if err != nil {
		t.Skipf("not run: no loop device: %s", out)
	}
	d.loop = strings.TrimSpace(string(out))
	t.Cleanup(func() {
		_ = syscall.Unmount(d.at, syscall.MNT_DETACH)
		_ = exec.Command("losetup", "--detach", d.loop).Run()
	})
	if err := d.mount(); err != nil {
		t.Skipf("not run: it cannot be mounted: %v", err)
	}
	return d
}

func (d *disk) mount() error { return syscall.Mount(d.loop, d.at, "ext4", 0, "") }

// powerGoes leaves on the disk what had reached it.
func (d *disk) powerGoes() {
	d.t.Helper()
	f, err := os.Open(d.at)
	if err != nil {
		d.t.Fatal(err)
	}
	defer f.Close()
	flags := uint32(withoutJlFlag)
	if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), shutdown, uintptr(unsafe.Pointer(&flags))); e != 0 {
		d.t.Skipf("not run: the file system cannot be shut down: %v", e)
	}
}

// powerIsBack mounts the disk as it is now, which replays its journal.
func (d *disk) powerIsBack() {
	d.t.Helper()
	for range 100 {
		if err := syscall.Unmount(d.at, 0); err == nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if err := d.mount(); err != nil {
		d.t.Fatal(err)
	}
}

// lose runs rounds of load that each end with the power, and says how many acknowledged ops were gone after each; a store that does
// not open any more counts as all of them.
func lose(t *testing.T, program string, rounds int) (lost, acked int) {
	d := newDisk(t)
	moments := dice(t)
	w := newWorld(t, program, filepath.Join(d.at, "data"))
	syscall.Sync()
	for round := range rounds {
		stop := w.work()
		w.until("another acknowledged op", w.more())
		time.Sleep(time.Duration(200+moments.IntN(600)) * time.Millisecond)
		d.powerGoes()
		w.kill()
		stop()
		d.powerIsBack()
		gone, err := w.holds()
		acked = w.progress()
		if err != nil {
			if program == binary {
				t.Fatalf("round %d: %v", round+1, err)
			}
			return acked, acked
		}
		if lost += gone; gone > 0 {
			return lost, acked
		}
		w.start()
	}
	w.converge()
	return lost, acked
}

func TestPowerLoss(t *testing.T) {
	t.Run("what was acknowledged is there", func(t *testing.T) {
		lost, acked := lose(t, binary, *lossesFlag)
		if lost > 0 {
			t.Errorf("of %d acknowledged ops %d are gone", acked, lost)
		}
		t.Logf("%d times without power, %d ops acknowledged, %d lost", *lossesFlag, acked, lost)
	})
	t.Run("without waiting for the disk it is not", func(t *testing.T) {
		lost, acked := lose(t, unsafely, max(*lossesFlag, 5))
		if lost == 0 {
			t.Error("the control lost nothing: this proves nothing")
		}
		t.Logf("the control lost %d of %d acknowledged ops", lost, acked)
	})
}
