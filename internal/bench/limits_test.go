package bench

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"go.etcd.io/bbolt"
)

// limits are what the machine itself gives, in the run that they are held beside.
type limits struct {
	batch     int // bytes of an append
	fsync     time.Duration
	fsyncLast time.Duration // of a hundred, the slowest but one
	echo      time.Duration // processor time of a request that is answered with a few bytes
	echoRate  float64
	put       time.Duration // processor time of a put among those of one commit
	putRate   float64
}

func (l limits) String() string {
	return fmt.Sprintf("the machine itself: an append of %s durable after %s (99 of 100 within %s); a bare Echo handler %s and %.0f a second; bbolt, 100 puts of %d B a commit, %s a put and %.0f a second",
		inBytes(float64(l.batch)), inMillis(millis(l.fsync)), inMillis(millis(l.fsyncLast)), inMillis(millis(l.echo)), l.echoRate, opSize, inMillis(millis(l.put)), l.putRate)
}

func measureLimits(tb testing.TB, s size) (l limits, err error) {
	dir := tb.TempDir()
	l.batch = s.batch * opSize
	took, err := appends(dir, l.batch, s.appends)
	if err != nil {
		return l, err
	}
	l.fsync, l.fsyncLast = median(took), quantile(took, 0.99)
	if l.echo, l.echoRate, err = bareEcho(s); err != nil {
		return l, err
	}
	l.put, l.putRate, err = barePuts(dir, s.batch, s.appends)
	return l, err
}

// appends says how long each of n appends took to be durable.
func appends(dir string, size, n int) ([]time.Duration, error) {
	f, err := os.Create(filepath.Join(dir, "append"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b := make([]byte, size)
	took := make([]time.Duration, n)
	for i := range took {
		start := time.Now()
		if _, err := f.Write(b); err != nil {
			return nil, err
		}
		if err := f.Sync(); err != nil {
			return nil, err
		}
		took[i] = time.Since(start)
	}
	return took, nil
}

// barePuts is bbolt alone: keys that only grow, and a commit for each batch.
func barePuts(dir string, batch, commits int) (each time.Duration, rate float64, err error) {
	db, err := bbolt.Open(filepath.Join(dir, "puts"), 0o600, &bbolt.Options{NoFreelistSync: true, FreelistType: bbolt.FreelistMapType})
	if err != nil {
		return 0, 0, err
	}
	defer db.Close()
	value := make([]byte, opSize)
	n := uint64(0)
	before, start := ownCPU(), time.Now()
	for range commits {
		err := db.Update(func(tx *bbolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists([]byte("log"))
			if err != nil {
				return err
			}
			b.FillPercent = 1
			for range batch {
				n++
				if err := b.Put(binary.BigEndian.AppendUint64(nil, n), value); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return 0, 0, err
		}
	}
	took := time.Since(start)
	return (ownCPU() - before) / time.Duration(n), float64(n) / took.Seconds(), nil
}

func ownCPU() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// bareArg has the test's own binary serve a bare Echo handler in place of running tests.
const bareArg = "ALONGSIDE_BENCH_BARE"

func TestMain(m *testing.M) {
	if os.Getenv(bareArg) != "" {
		serveBare()
		return
	}
	os.Exit(m.Run())
}

func serveBare() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println("listening on http://" + l.Addr().String())
	e := echo.New()
	e.POST("/v1/sync", func(c echo.Context) error {
		if _, err := io.Copy(io.Discard, c.Request().Body); err != nil {
			return err
		}
		return c.JSONBlob(http.StatusOK, []byte(`{"frame":"page","complete":true}`))
	})
	_ = (&http.Server{Handler: e}).Serve(l) // ends with the process
}

// bareEcho is what HTTP itself costs: the same requests as a sync with nothing new, answered by a handler that reads them
// and says a few bytes.
func bareEcho(s size) (each time.Duration, rate float64, err error) {
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), bareArg+"=1")
	srv := &server{process: cmd, http: client(nil)}
	if err := srv.begin(io.Discard); err != nil {
		return 0, 0, err
	}
	defer srv.kill()
	body := []byte(`{"schema":1,"cursor":"` + string(bytes.Repeat([]byte("c"), 120)) + `","last_n":0,"sent_at":"2026-11-20T09:00:00.000Z","max_bytes":262144,"ops":[]}`)
	before, err := srv.cpu()
	if err != nil {
		return 0, 0, err
	}
	start := time.Now()
	_, err = together(s.connections, func(int) (traffic, error) {
		for range s.idle {
			resp, err := srv.http.Post(srv.url+"/v1/sync", "application/json", bytes.NewReader(body))
			if err != nil {
				return traffic{}, err
			}
			_, err = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
			if err != nil {
				return traffic{}, err
			}
		}
		return traffic{}, nil
	})
	took := time.Since(start)
	if err != nil {
		return 0, 0, err
	}
	after, err := srv.cpu()
	n := s.connections * s.idle
	return (after - before) / time.Duration(n), float64(n) / took.Seconds(), err
}
