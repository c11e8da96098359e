package server

import (
	"context"
	"maps"
	"net/http"
	"strconv"
	"sync"

	"alongside/internal/admin"
	"alongside/internal/boltstore"
	deltasync "alongside/sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// requests counts what was asked and how it was answered, for as long as the process lives.
type requests struct {
	answered *prometheus.CounterVec
	running  *prometheus.GaugeVec

	archiveFailed prometheus.Counter
}

func newRequests() *requests {
	return &requests{
		answered: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "alongside_requests_total",
			Help: "Requests by route pattern and status."}, []string{"route", "status"}),
		running: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "alongside_requests_running",
			Help: "Requests that are being answered, by route pattern; those of /v1/live are live connections."}, []string{"route"}),
		archiveFailed: prometheus.NewCounter(prometheus.CounterOpts{Name: "alongside_archive_failures_total",
			Help: "How often the archive could not take what the log holds."}),
	}
}

func (r *requests) begin(route string) { r.running.WithLabelValues(route).Inc() }

func (r *requests) end(route string, status int) {
	r.running.WithLabelValues(route).Dec()
	r.answered.WithLabelValues(route, strconv.Itoa(status)).Inc()
}

// ops counts the ops in the log since the store was opened, by what became of them. It reads the log when it is asked.
type ops struct {
	db    *boltstore.DB
	mu    sync.Mutex
	upTo  deltasync.Version
	count map[deltasync.Status]uint64
}

var opsTotal = prometheus.NewDesc("alongside_ops_total",
	"Ops in the log since the store was opened, by what became of them.", []string{"status"}, nil)

// startOps counts from where the log stands now.
func startOps(db *boltstore.DB) *ops {
	o := &ops{db: db, upTo: db.Stats().Head, count: map[deltasync.Status]uint64{}}
	for _, s := range []deltasync.Status{deltasync.Applied, deltasync.Conflict, deltasync.Held, deltasync.Rejected} {
		o.count[s] = 0
	}
	return o
}

func (o *ops) Describe(to chan<- *prometheus.Desc) { to <- opsTotal }

// Collect is the library's word for being asked. A store that does not answer makes the whole answer an error.
func (o *ops) Collect(to chan<- prometheus.Metric) {
	count, err := o.read()
	if err != nil {
		to <- prometheus.NewInvalidMetric(opsTotal, err)
	}
	for s, n := range count {
		to <- prometheus.MustNewConstMetric(opsTotal, prometheus.CounterValue, float64(n), string(s))
	}
}

func (o *ops) read() (map[deltasync.Status]uint64, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	err := o.db.View(context.Background(), func(tx deltasync.Tx) error {
		return tx.Entries(o.upTo, func(e deltasync.Entry) bool {
			if e.Type == deltasync.EntryOp {
				o.count[e.Op.Status]++
			}
			o.upTo = e.Version
			return true
		})
	})
	if err != nil {
		return nil, err
	}
	return maps.Clone(o.count), nil
}

// metrics answers in the formats of Prometheus, out of a registry of its own.
func (p *parts) metrics() http.Handler {
	figure := func(of func(boltstore.Stats) float64) func() float64 {
		return func() float64 { return of(p.db.Stats()) }
	}
	r := prometheus.NewRegistry()
	r.MustRegister(p.requests.answered, p.requests.running, p.requests.archiveFailed, startOps(p.db),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "alongside_store_head", Help: "The latest version in the store's log."},
			figure(func(s boltstore.Stats) float64 { return float64(s.Head) })), // below 2^53, so exact
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "alongside_archive_head", Help: "The latest version that the archive holds, and has been told to keep."},
			func() float64 { return float64(p.archive.Head()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "alongside_store_bytes", Help: "The size of the store's file."},
			figure(func(s boltstore.Stats) float64 { return float64(s.Size) })),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "alongside_store_commits_total", Help: "Commits since the store was opened."},
			figure(func(s boltstore.Stats) float64 { return float64(s.Commits) })),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "alongside_store_commit_seconds", Help: "How long the last commit took."},
			figure(func(s boltstore.Stats) float64 { return s.LastCommit.Seconds() })),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "alongside_backup_last_success_timestamp_seconds",
			Help: "When the last backup had been verified, whoever made it; 0: never."}, figure(lastBackup)),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if p.backups != nil {
		r.MustRegister(scheduled(p.backups)...)
	}
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{})
}

func lastBackup(s boltstore.Stats) float64 {
	if s.Backup.At.IsZero() {
		return 0
	}
	return float64(s.Backup.At.UnixMilli()) / 1000
}

func scheduled(s *admin.Schedule) []prometheus.Collector {
	return []prometheus.Collector{
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "alongside_backup_failures_total",
			Help: "Scheduled backups that failed since the server was started."}, func() float64 { return float64(s.Failures()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "alongside_backup_last_bytes",
			Help: "The size of the newest scheduled backup that stands; 0: none does."}, func() float64 { return float64(s.NewestBytes()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "alongside_backup_every_seconds",
			Help: "How much time is to lie between two scheduled backups."}, s.Every.Seconds),
	}
}
