package crash

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"alongside/internal/boltstore"
	"alongside/mobile-api/client"
	deltasync "alongside/sync"
	"alongside/sync/storetest"
)

// binary is the program, and unsafely one whose commits do not wait for the disk.
var binary, unsafely string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "alongside-crash-")
	if err == nil {
		binary, unsafely = filepath.Join(dir, "alongside"), filepath.Join(dir, "unsafely")
		err = errors.Join(build(binary), build(unsafely, "-tags", "nosync"))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

func build(to string, flags ...string) error {
	args := append(append([]string{"build", "-o", to}, flags...), "alongside/cmd/alongside")
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// world is a server that gets killed, and phones that do not.
type world struct {
	t      *testing.T
	binary string
	wrap   []string // a command in front of the server's
	data   string
	addr   string
	server *exec.Cmd
	phones []*phone
	users  []string
}

// phone is one that writes and syncs all the time.
type phone struct {
	*client.Phone
	user   string
	person deltasync.RecordID
	made   int

	mu    sync.Mutex
	acked map[deltasync.OpID]client.Op
}

func newWorld(t *testing.T, program, data string) *world {
	t.Helper()
	w := &world{t: t, binary: program, data: data, addr: freeAddress(t)}
	w.start()
	team := w.object("team", "add", "Made-up Team")["team_id"].(string)
	for i := range 3 {
		user := w.object("user", "add", "--name", fmt.Sprint("worker ", i), "--role", "worker", "--team", team)["user_id"].(string)
		w.users = append(w.users, user)
		p := &phone{user: user, acked: map[deltasync.OpID]client.Op{}}
		var err error
		p.Phone, err = client.Open(filepath.Join(t.TempDir(), "phone"), client.Options{
			Sleep: func(ctx context.Context, _ time.Duration) error { time.Sleep(20 * time.Millisecond); return ctx.Err() }})
		w.must(err)
		t.Cleanup(func() { _ = p.Close() })
		w.must(p.Enrol(t.Context(), "http://"+w.addr, w.object("enrol", user)["code"].(string), "phone", "test"))
		p.person, err = p.NewPerson("Somebody", nil)
		w.must(err)
		w.phones = append(w.phones, p)
	}
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// freeAddress is one that the server can be started at again and again.
func freeAddress(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (w *world) start() {
	w.t.Helper()
	var stderr bytes.Buffer
	for range 100 {
		args := append(append([]string{}, w.wrap...), w.binary, "serve", "--data", w.data, "--addr", w.addr)
		cmd := exec.Command(args[0], args[1:]...)
		stderr.Reset()
		cmd.Stderr = &stderr
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		out, err := cmd.StdoutPipe()
		w.must(err)
		w.must(cmd.Start())
		if line, _ := bufio.NewReader(out).ReadString('\n'); strings.HasPrefix(line, "listening") {
			w.server = cmd
			w.t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
			return
		}
		_ = cmd.Wait()
		if len(w.wrap) > 0 {
			return // it was killed before it served
		}
		time.Sleep(50 * time.Millisecond) // the port is still held
	}
	w.t.Fatalf("the server does not start: %s", &stderr)
}

func (w *world) kill() {
	_ = w.server.Process.Kill()
	_ = w.server.Wait()
}

// command runs one on the folder.
func (w *world) command(args ...string) (stdout string, err error) {
	var out, stderr bytes.Buffer
	cmd := exec.Command(w.binary, append(args, "--data", w.data)...)
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%s: %w: %s%s", strings.Join(args, " "), err, &out, &stderr)
	}
	return out.String(), nil
}

func (w *world) object(args ...string) (m map[string]any) {
	w.t.Helper()
	out, err := w.command(append(args, "--json")...)
	w.must(err)
	w.must(json.Unmarshal([]byte(out), &m))
	return m
}

// work has each phone write and sync until stop is called, which waits for all.
func (w *world) work() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for _, p := range w.phones {
		wg.Go(func() {
			for ctx.Err() == nil {
				if err := p.step(ctx); err != nil {
					w.t.Error(err)
					return
				}
			}
		})
	}
	return func() { cancel(); wg.Wait() }
}

func (p *phone) step(ctx context.Context) error {
	scope := deltasync.PersonOf(p.person)
	for range 3 {
		p.made++
		note := fmt.Sprint("note ", p.made, strings.Repeat(".", p.made%700))
		if _, err := p.Edit(client.Edit{Scope: scope, Kind: "support", Set: map[string]any{"what": "call", "at": time.Now(), "note": note}}); err != nil {
			return err
		}
		if _, err := p.Edit(client.Edit{Scope: scope, Kind: "person", Record: p.person, Set: map[string]any{"goals": note}}); err != nil {
			return err
		}
	}
	_, err := p.Sync(ctx)
	if err != nil && !errors.Is(err, client.ErrUnavailable) && ctx.Err() == nil {
		return err
	}
	return p.note()
}

// note remembers what the phone has been told to be on the server.
func (p *phone) note() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, sent, err := p.Outbox()
	for _, e := range sent {
		p.acked[e.ID] = e.Op
	}
	return err
}

func (p *phone) known() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.acked)
}

// holds opens the store that nobody serves, and says which acknowledged ops are not in it.
func (w *world) holds() (lost int, err error) {
	if out, err := w.command("check"); err != nil {
		return 0, fmt.Errorf("%w: %s", err, out)
	}
	err = boltstore.Peek(context.Background(), filepath.Join(w.data, boltstore.FileName), func(tx *boltstore.Tx) error {
		standing := storetest.NewStanding(tx)
		for _, p := range w.phones {
			p.mu.Lock()
			for id, op := range p.acked {
				v, err := tx.OpByID(deltasync.UserID(p.user), id)
				if err == nil && v != 0 {
					err = stands(tx, standing, v, op)
				}
				if err != nil {
					p.mu.Unlock()
					return err
				}
				if v == 0 {
					lost++
				}
			}
			p.mu.Unlock()
		}
		return nil
	})
	return lost, err
}

func stands(tx *boltstore.Tx, standing *storetest.Standing, v deltasync.Version, op client.Op) error {
	e, err := tx.Entry(v)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(op)
	if err == nil && !deltasync.SameOp(e.Op.Raw, raw) {
		err = fmt.Errorf("op %s says %s, and was written as %s", op.ID, e.Op.Raw, raw)
	}
	return errors.Join(err, standing.Stands(v))
}

// converge has everybody sync, and holds that each phone shows all that it wrote, once.
func (w *world) converge() {
	w.t.Helper()
	for _, p := range w.phones {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
		if _, err := p.Sync(ctx); err != nil {
			w.t.Errorf("the last sync: %v", err)
		}
		cancel()
		records, err := p.View(deltasync.PersonOf(p.person))
		w.must(err)
		supports := 0
		for _, r := range records {
			if r.Kind == "support" {
				supports++
			}
		}
		if supports != p.made {
			w.t.Errorf("a phone wrote %d supports, and shows %d", p.made, supports)
		}
		st, err := p.State()
		w.must(err)
		if st.Waiting > 0 || st.Incidents > 0 || st.Lost > 0 {
			w.t.Errorf("a phone ends with %d unsent, %d differences, %d lost", st.Waiting, st.Incidents, st.Lost)
		}
	}
}

// more reports whether more ops have been acknowledged than when it was asked for.
func (w *world) more() func() bool {
	before := w.progress()
	return func() bool { return w.progress() > before }
}

// until waits for something that is to come.
func (w *world) until(what string, come func() bool) {
	w.t.Helper()
	for end := time.Now().Add(2 * time.Minute); !come(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("%s did not come", what)
		}
	}
}

// progress is how many ops have been acknowledged in all.
func (w *world) progress() (n int) {
	for _, p := range w.phones {
		n += p.known()
	}
	return n
}
