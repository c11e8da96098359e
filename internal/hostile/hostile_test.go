package hostile

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"alongside/mobile-api/client"
	deltasync "alongside/sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

var (
	lasts = flag.Duration("lasts", 6*time.Second, "how long the attacks go on")
	idles = flag.Int("idle", 2000, "connections that say nothing")
)

// mostMemory is what the server may come to, in KiB.
const mostMemory = 400 << 10

var binary string

func TestMain(m *testing.M) {
	var most syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &most) == nil {
		most.Cur = most.Max
		_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &most)
	}
	dir, err := os.MkdirTemp("", "alongside-hostile-")
	if err == nil {
		binary = filepath.Join(dir, "alongside")
		if out, e := exec.Command("go", "build", "-o", binary, "alongside/cmd/alongside").CombinedOutput(); e != nil {
			err = fmt.Errorf("%w: %s", e, out)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// target is a server under attack.
type target struct {
	t      *testing.T
	data   string
	addr   string
	server *exec.Cmd
	team   string
	log    *bytes.Buffer

	batches [greedy][]byte // for who pushes as fast as it can

	mu      sync.Mutex
	answers map[string]int
}

func newTarget(t *testing.T) *target {
	t.Helper()
	s := &target{t: t, data: filepath.Join(t.TempDir(), "data"), answers: map[string]int{}, log: &bytes.Buffer{}}
	s.server = exec.Command(binary, "serve", "--data", s.data, "--addr", "127.0.0.1:0")
	s.server.Stderr = s.log
	s.server.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := s.server.StdoutPipe()
	s.must(err)
	s.must(s.server.Start())
	t.Cleanup(func() { _ = s.server.Process.Kill(); _ = s.server.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	s.must(err)
	s.addr = strings.TrimSpace(strings.TrimPrefix(line, "listening on http://"))
	for i := range s.batches {
		s.batches[i] = batch(i)
	}
	s.team = s.object("team", "add", "Made-up Team")["team_id"].(string)
	return s
}

func (s *target) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *target) object(args ...string) (m map[string]any) {
	s.t.Helper()
	out, err := exec.Command(binary, append(args, "--data", s.data, "--json")...).Output()
	s.must(err)
	s.must(json.Unmarshal(out, &m))
	return m
}

func (s *target) code() string {
	user := s.object("user", "add", "--name", "somebody", "--role", "worker", "--team", s.team)["user_id"].(string)
	return s.object("enrol", user)["code"].(string)
}

// memory is the most that the server has had, in KiB.
func (s *target) memory() int {
	s.t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.server.Process.Pid))
	s.must(err)
	for _, line := range strings.Split(string(b), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(rest), " kB"))
			s.must(err)
			return n
		}
	}
	s.t.Skip("not run: the system does not say how much memory a process has had")
	return 0
}

// answered counts what an attack was told, and holds that who is turned away for the time being is told for how long.
func (s *target) answered(what string, res *http.Response) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[fmt.Sprint(what, " ", res.StatusCode)]++
	later := res.StatusCode == http.StatusTooManyRequests || res.StatusCode == http.StatusServiceUnavailable
	if later && res.Header.Get("Retry-After") == "" {
		s.t.Errorf("%s: %d without Retry-After", what, res.StatusCode)
	}
	if res.StatusCode >= 500 && res.StatusCode != http.StatusServiceUnavailable {
		s.t.Errorf("%s: %d", what, res.StatusCode)
	}
}

// ask makes one request of an attack, if it can be made at all.
func (s *target) ask(ctx context.Context, what, path, bearer string, head http.Header, body []byte) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.addr+path, bytes.NewReader(body))
	if err != nil {
		s.t.Error(err)
		return
	}
	req.Header = http.Header{}
	maps.Copy(req.Header, head)
	req.Header.Set("Content-Type", "application/json")
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	res, err := attacker.Do(req)
	if err != nil {
		return // it was hung up on, or is over
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<20))
	s.answered(what, res)
}

var attacker = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 200}}

// attack runs fn on so many goroutines until ctx ends.
func attack(ctx context.Context, wg *sync.WaitGroup, times int, fn func(i int)) {
	for i := range times {
		wg.Go(func() {
			for ctx.Err() == nil {
				fn(i)
			}
		})
	}
}

func noise(n int) string {
	b := make([]byte, n/2)
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}

func (s *target) attacks(ctx context.Context, wg *sync.WaitGroup, known []string, bombs map[string][]byte) {
	dial := func() net.Conn {
		var d net.Dialer
		c, err := d.DialContext(ctx, "tcp", s.addr)
		if err != nil {
			return nil
		}
		context.AfterFunc(ctx, func() { _ = c.Close() })
		return c
	}
	for range *idles {
		dial()
	}
	slowly := func(head string) func(int) {
		return func(int) {
			c := dial()
			if c == nil {
				return
			}
			defer c.Close()
			for _, b := range []byte(head) {
				if _, err := c.Write([]byte{b}); err != nil || ctx.Err() != nil {
					return
				}
				time.Sleep(200 * time.Millisecond)
			}
		}
	}
	attack(ctx, wg, 100, slowly("POST /v1/token HTTP/1.1\r\nHost: x\r\nX-Slow: "+strings.Repeat("x", 4000)))
	attack(ctx, wg, 100, slowly("POST /v1/enrol HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"+strings.Repeat(" ", 4000)))
	attack(ctx, wg, 4, func(int) { s.wrongCode(ctx) })
	attack(ctx, wg, 4, func(int) { s.ask(ctx, "a guessed token", "/v1/sync", noise(200), nil, []byte(`{}`)) })
	attack(ctx, wg, 4, func(int) {
		s.ask(ctx, "a guessed refresh token", "/v1/token", "", nil, []byte(`{"refresh_token":"`+noise(80)+`"}`))
	})
	for what, bomb := range bombs {
		head := http.Header{"Content-Encoding": {what}}
		attack(ctx, wg, 8, func(i int) { s.ask(ctx, "a bomb of "+what, "/v1/sync", known[i%len(known)], head, bomb) })
		attack(ctx, wg, 4, func(int) { s.ask(ctx, "a bomb of "+what+" without a token", "/v1/last", "", head, bomb) })
	}
	deep := []byte(`{"schema":1,"cursor":"","last_n":1,"ops":[` + strings.Repeat("[", 400_000) + `]}`)
	attack(ctx, wg, 4, func(i int) { s.ask(ctx, "deep JSON", "/v1/sync", known[i%len(known)], nil, deep) })
	attack(ctx, wg, 2, func(int) {
		s.ask(ctx, "a huge head", "/v1/sync", "", http.Header{"X-Huge": {strings.Repeat("x", 200_000)}}, nil)
	})
	attack(ctx, wg, greedy, func(i int) { s.push(ctx, known[0], i) })
	attack(ctx, wg, 50, func(i int) {
		req, _ := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.addr+"/v1/live", nil)
		req.Header.Set("Authorization", "Bearer "+known[i%len(known)])
		if res, err := attacker.Do(req); err == nil {
			s.answered("live again and again", res)
			_ = res.Body.Close()
		}
	})
}

// enrolled are access tokens of clients that are let in and mean no good.
func (s *target) enrolled() (tokens []string) {
	for range 4 {
		res, err := http.Post("http://"+s.addr+"/v1/enrol", "application/json", strings.NewReader(`{"code":"`+s.code()+`","device":{"name":"x","platform":"x"}}`))
		s.must(err)
		var t struct {
			Access string `json:"access_token"`
		}
		s.must(json.NewDecoder(res.Body).Decode(&t))
		_ = res.Body.Close()
		tokens = append(tokens, t.Access)
	}
	return tokens
}

// greedy is how many requests the client has under way that pushes as fast as it can.
const greedy = 50

func (s *target) push(ctx context.Context, token string, i int) {
	s.ask(ctx, "as fast as it can", "/v1/sync", token, nil, s.batches[i])
}

// tellsToWait has the two who ask without end go on alone until they are told to wait, if they have not been yet: a machine
// that is busy enough lets nobody ask too often.
func (s *target) tellsToWait(ctx context.Context, token string) {
	told := func(what string) bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.answers[what+" 429"] > 0
	}
	for range 200 {
		if told("a wrong code") {
			break
		}
		s.wrongCode(ctx)
	}
	for range 20 {
		if told("as fast as it can") {
			break
		}
		var wg sync.WaitGroup
		for i := range greedy {
			wg.Go(func() { s.push(ctx, token, i) })
		}
		wg.Wait()
	}
	if !told("a wrong code") || !told("as fast as it can") {
		s.t.Error("who asks without end is never told to wait")
	}
}

func (s *target) wrongCode(ctx context.Context) {
	s.ask(ctx, "a wrong code", "/v1/enrol", "", nil, []byte(`{"code":"`+noise(12)+`","device":{"name":"x","platform":"x"}}`))
}

// batch is as large a push as is taken, whose numbers do not even fit.
func batch(i int) []byte {
	var b bytes.Buffer
	note := strings.Repeat("x", 1500)
	fmt.Fprintf(&b, `{"schema":1,"cursor":"","last_n":500,"max_bytes":4194304,"ops":[`)
	for n := 1; n <= 500; n++ {
		if n > 1 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"n":%d,"id":"0192f0c1-%04d-7000-8000-%012d","at":"2026-11-22T09:00:00Z","scope":"person/0192f0c1-5555-7b3c-8d1e-5f60718293a4","kind":"support","record":"0192f0c1-1111-7000-8000-%012d","base":0,"set":{"what":"call","at":"2026-11-22T09:00:00Z","note":"%s"}}`, n, i, n, n, note)
	}
	b.WriteString(`]}`)
	return b.Bytes()
}

// bombs are small, and would come to a gigabyte: one stream after the other, as both formats allow, since making one that long takes
// minutes under the race detector.
func bombs(t *testing.T) (gz, zs []byte) {
	var g, z bytes.Buffer
	gw, err := gzip.NewWriterLevel(&g, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	zw, err := zstd.NewWriter(&z, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(8<<20))
	if err != nil {
		t.Fatal(err)
	}
	block := bytes.Repeat([]byte(" "), 1<<20)
	for range 16 {
		if _, err := io.MultiWriter(gw, zw).Write(block); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(gw.Close(), zw.Close()); err != nil {
		t.Fatal(err)
	}
	return bytes.Repeat(g.Bytes(), 48), bytes.Repeat(z.Bytes(), 64) // of gzip, what fits into the body that is read at all
}

// honest is a phone that wants no more than to work.
type honest struct {
	*client.Phone
	person deltasync.RecordID
	took   []time.Duration
	cut    int
	wrote  int
}

func (s *target) phones(n int) (all []*honest) {
	for range n {
		p, err := client.Open(filepath.Join(s.t.TempDir(), "phone"), client.Options{Sleep: func(ctx context.Context, d time.Duration) error {
			time.Sleep(min(d, 300*time.Millisecond))
			return ctx.Err()
		}})
		s.must(err)
		s.t.Cleanup(func() { _ = p.Close() })
		s.must(p.Enrol(s.t.Context(), "http://"+s.addr, s.code(), "phone", "test"))
		person, err := p.NewPerson("Somebody", nil)
		s.must(err)
		_, err = p.Sync(s.t.Context())
		s.must(err)
		all = append(all, &honest{Phone: p, person: person})
	}
	return all
}

func (h *honest) work(t *testing.T, until func() bool) {
	for until() {
		h.wrote++
		if _, err := h.Edit(client.Edit{Scope: deltasync.PersonOf(h.person), Kind: "support", Set: map[string]any{"what": "call", "at": time.Now(), "note": fmt.Sprint(h.wrote)}}); err != nil {
			t.Error(err)
			return
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		start := time.Now()
		report, err := h.Sync(ctx)
		cancel()
		if err != nil && !errors.Is(err, client.ErrUnavailable) {
			t.Errorf("an honest phone: %v", err)
			return
		}
		if err == nil {
			h.took = append(h.took, time.Since(start))
		}
		h.cut += report.Cut
		time.Sleep(50 * time.Millisecond)
	}
}

func median(all []time.Duration) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2]
}

func TestOthersAreServedUnderAttack(t *testing.T) {
	if testing.Short() {
		t.Skip("not run: it is short")
	}
	s := newTarget(t)
	phones := s.phones(5)
	together := func(until func() bool) {
		var wg sync.WaitGroup
		for _, h := range phones {
			h.took = nil
			wg.Go(func() { h.work(t, until) })
		}
		wg.Wait()
	}
	all := func() (took []time.Duration) {
		for _, h := range phones {
			took = append(took, h.took...)
		}
		return took
	}
	quiet := time.Now().Add(time.Second)
	together(func() bool { return time.Now().Before(quiet) })
	before, idle := median(all()), s.memory()

	known := s.enrolled()
	gz, zs := bombs(t)
	ctx, over := context.WithTimeout(t.Context(), *lasts)
	defer over()
	var wg sync.WaitGroup
	s.attacks(ctx, &wg, known, map[string][]byte{"gzip": gz, "zstd": zs})
	together(func() bool { return ctx.Err() == nil })
	during := all()
	over()
	wg.Wait()
	s.tellsToWait(t.Context(), known[0])

	cut := 0
	for _, h := range phones {
		if len(h.took) == 0 {
			t.Error("an honest phone did not get through once")
		}
		if _, err := h.Sync(t.Context()); err != nil {
			t.Errorf("afterwards an honest phone: %v", err)
		}
		records, err := h.View(deltasync.PersonOf(h.person))
		s.must(err)
		if got := len(records) - 2; got != h.wrote { // the person and the assignment
			t.Errorf("an honest phone wrote %d supports, and shows %d", h.wrote, got)
		}
		cut += h.cut
	}
	if got := s.memory(); got > mostMemory {
		t.Errorf("the server had %d KiB, more than %d", got, mostMemory)
	} else {
		t.Logf("memory: %d KiB quiet, %d at most", idle, got)
	}
	t.Logf("an honest sync took %s in quiet and %s under attack (medians), %d got through, %d tries did not", before, median(during), len(during), cut)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, what := range slices.Sorted(maps.Keys(s.answers)) {
		t.Logf("%6d  %s", s.answers[what], what)
	}
}
