package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"alongside/internal/push/fcm"
	"alongside/internal/push/sms"
	"alongside/internal/reminder"
	"alongside/server"
)

// reminderFlags say when people are reminded, and by which ways.
type reminderFlags struct {
	TimeZone      timeZone  `default:"Europe/London" placeholder:"ZONE" help:"Where the partnership is (default ${default})."`
	ReminderLeads leads     `default:"48h,3h" placeholder:"LEADS" help:"How long before an appointment people are reminded of it (default ${default})."`
	QuietHours    hours     `default:"20:00-09:00" placeholder:"FROM-UNTIL" help:"When nobody is written to (default ${default}; 00:00-00:00: never)."`
	QuietDays     quietDays `default:"Sun" placeholder:"DAYS" help:"Days on which nobody is written to (default ${default}; none: no such day)."`
	PerDay        int       `default:"2" help:"Messages to one person in one day, at most (default ${default})."`

	FCMProject     string     `name:"fcm-project" placeholder:"ID" help:"Firebase project through which phones are woken."`
	FCMCredentials string     `name:"fcm-credentials" type:"path" placeholder:"FILE" help:"Its service account, in JSON."`
	FCMEndpoint    webAddress `name:"fcm-endpoint" placeholder:"URL" help:"Another server in FCM's place, without credentials."`

	VAPIDSubject subject    `name:"vapid-subject" placeholder:"MAIL|URL" help:"Whom push services reach about this server; switches on notifications in browsers."`
	PushHosts    []pushHost `placeholder:"HOST" help:"Push services that the server sends to (default: those of the known browsers)."`

	NotifyKey      string     `placeholder:"KEY" help:"GOV.UK Notify's API key, by which texts are sent."`
	NotifyTemplate string     `placeholder:"ID" help:"Its template for texts."`
	NotifyEndpoint webAddress `placeholder:"URL" help:"Another server in Notify's place."`
	NotifyToken    string     `placeholder:"TOKEN" help:"The bearer token that Notify shows when it reports deliveries and passes on texts."`
	NotifyInbound  bool       `default:"true" negatable:"" help:"Texts can be answered by text: say so in them (needs --notify-token)."`
}

// Validate is called by kong.
func (f *reminderFlags) Validate() error {
	switch {
	case f.PerDay < 1 || f.PerDay > 20:
		return fmt.Errorf("--per-day %d: from 1 to 20", f.PerDay)
	case f.FCMProject == "" && (f.FCMCredentials != "" || f.FCMEndpoint != ""):
		return errors.New("--fcm-credentials and --fcm-endpoint go with --fcm-project")
	case f.FCMProject != "" && (f.FCMCredentials == "") == (f.FCMEndpoint == ""):
		return errors.New("--fcm-project goes with one of --fcm-credentials and --fcm-endpoint")
	case (f.NotifyKey == "") != (f.NotifyTemplate == ""):
		return errors.New("--notify-key and --notify-template go together")
	case f.NotifyKey == "" && (f.NotifyEndpoint != "" || f.NotifyToken != ""):
		return errors.New("--notify-endpoint and --notify-token go with --notify-key")
	case f.NotifyToken != "" && len(f.NotifyToken) < 16:
		return errors.New("--notify-token is to have 16 characters at least: whoever guesses it answers for people")
	}
	if f.FCMProject != "" { // it asks nobody
		if _, err := fcm.New(context.Background(), fcm.Config{Project: f.FCMProject, Credentials: f.FCMCredentials, Endpoint: string(f.FCMEndpoint)}); err != nil {
			return fmt.Errorf("--fcm-project: %w", err)
		}
	}
	if f.NotifyKey != "" {
		if _, err := sms.NewNotify(sms.NotifyConfig{Key: f.NotifyKey, Template: f.NotifyTemplate, Endpoint: string(f.NotifyEndpoint)}); err != nil {
			return fmt.Errorf("--notify-key: %w", err)
		}
	}
	return nil
}

// config is what the flags say. Messages are printed to log where that is not nil and nothing else sends them.
func (f *reminderFlags) config(log io.Writer) *server.Reminders {
	s := reminder.Defaults()
	s.Zone, s.Leads, s.Quiet, s.QuietDays, s.PerDay = f.TimeZone.Location, f.ReminderLeads, reminder.Hours(f.QuietHours), f.QuietDays, f.PerDay
	s.Inbound = f.NotifyInbound && f.NotifyToken != ""
	r := &server.Reminders{Settings: s,
		FCM:    server.FCM{Project: f.FCMProject, Credentials: f.FCMCredentials, Endpoint: string(f.FCMEndpoint)},
		Web:    server.WebPush{Subject: string(f.VAPIDSubject)},
		Notify: server.Notify{Key: f.NotifyKey, Template: f.NotifyTemplate, Endpoint: string(f.NotifyEndpoint), Token: f.NotifyToken}}
	for _, h := range f.PushHosts {
		r.Web.Hosts = append(r.Web.Hosts, string(h))
	}
	if f.FCMProject == "" && f.VAPIDSubject == "" && f.NotifyKey == "" {
		r.Print = log
	}
	return r
}

// leads are how long before, the longest first.
type leads []time.Duration

func (l *leads) UnmarshalText(text []byte) (err error) {
	if *l, err = reminder.ParseLeads(string(text)); err == nil && len(*l) > 5 {
		err = errors.New("is to be five times at most")
	}
	return err
}

// hours are a stretch of the day.
type hours reminder.Hours

func (h *hours) UnmarshalText(text []byte) error {
	all, err := reminder.ParseHours(string(text))
	if err == nil && len(all) != 1 {
		err = errors.New("is to be from when until when, such as 20:00-09:00")
	}
	if err == nil {
		*h = hours(all[0])
	}
	return err
}

type quietDays []time.Weekday

func (q *quietDays) UnmarshalText(text []byte) error {
	*q = quietDays{}
	if strings.EqualFold(strings.TrimSpace(string(text)), "none") {
		return nil
	}
	for one := range strings.SplitSeq(string(text), ",") {
		day, ok := weekday(strings.TrimSpace(one))
		if !ok {
			return errors.New("is to be days such as Sat,Sun, or none")
		}
		if !slices.Contains(*q, day) {
			*q = append(*q, day)
		}
	}
	if len(*q) == 7 {
		return errors.New("leaves no day on which anybody is written to")
	}
	return nil
}

func weekday(text string) (time.Weekday, bool) {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if strings.EqualFold(text, d.String()) || strings.EqualFold(text, d.String()[:3]) {
			return d, true
		}
	}
	return 0, false
}

// subject is whom a push service reaches (RFC 8292 §2.1).
type subject string

func (s *subject) UnmarshalText(text []byte) error {
	to := strings.TrimSpace(string(text))
	if !strings.Contains(to, ":") && strings.Contains(to, "@") {
		to = "mailto:" + to
	}
	mail, isMail := strings.CutPrefix(to, "mailto:")
	site, isSite := strings.CutPrefix(to, "https://")
	if isMail && !strings.Contains(strings.Trim(mail, "@"), "@") || isSite && site == "" || !isMail && !isSite || strings.ContainsAny(to, " \t\r\n") {
		return errors.New("is to be an address such as mailto:it@alongside.example.org, or https://alongside.example.org")
	}
	*s = subject(to)
	return nil
}

// pushHost is a host's name; with a dot or *. in front, every host below it too.
type pushHost string

func (h *pushHost) UnmarshalText(text []byte) error {
	name := strings.TrimSpace(string(text))
	if name == "" || strings.ContainsAny(name, "/@?# \t\r\n") {
		return errors.New("is to be the name of a host, such as push.example.org, without https://")
	}
	*h = pushHost(name)
	return nil
}
