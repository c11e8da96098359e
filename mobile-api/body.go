package mobileapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	deltasync "alongside/sync"
)

// smallBody bounds the requests that carry a code or a token and nothing else, in bytes.
const smallBody = 16 << 10

// decode reads the body of a request, which is to be one JSON object of at most limit bytes unpacked.
func decode(c echo.Context, limit int, v any) error {
	b, err := body(c, limit)
	if err != nil {
		return err
	}
	return parse(b, v)
}

// body reads a request's body to its end, and unpacks it.
func body(c echo.Context, limit int) ([]byte, error) {
	req := c.Request()
	packed, err := packing(req.Header)
	if err != nil {
		return nil, err
	}
	most := limit
	if packed != identity {
		most += packingRoom
	}
	if req.ContentLength > int64(most) {
		return nil, tooLarge(limit)
	}
	var b bytes.Buffer
	_, err = b.ReadFrom(io.LimitReader(req.Body, int64(most)+1))
	var earlier *echo.HTTPError // of a limit that somebody set before us
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, &Refusal{Status: http.StatusRequestTimeout, Code: "request_timeout",
			Detail: "Nothing came for too long. Send it again."}
	case errors.As(err, &earlier):
		return nil, earlier
	case errors.As(err, new(*http.MaxBytesError)), b.Len() > most:
		return nil, tooLarge(limit)
	case err != nil: // the connection's
		return nil, malformed("The request was cut short. Send it again.")
	case b.Len() == 0:
		return nil, nil
	}
	if err := isJSON(req.Header); err != nil {
		return nil, err
	}
	return unpack(packed, b.Bytes(), limit)
}

// isJSON holds the media type against application/json, which is UTF-8 by RFC 8259 §8.1 whatever it says.
func isJSON(h http.Header) error {
	media, params, err := mime.ParseMediaType(h.Get(echo.HeaderContentType))
	if err == nil && media == echo.MIMEApplicationJSON {
		if set := params["charset"]; set == "" || strings.EqualFold(set, "utf-8") || strings.EqualFold(set, "utf8") {
			return nil
		}
	}
	return &Refusal{Status: http.StatusUnsupportedMediaType, Code: "unsupported_media_type",
		Detail: "Send JSON in UTF-8, with Content-Type: application/json."}
}

// parse reads one JSON object. Members that v does not name are passed over.
func parse(b []byte, v any) error {
	if !utf8.Valid(b) {
		return malformed("The body is not UTF-8 text.")
	}
	if text := bytes.TrimLeft(b, " \t\r\n"); len(text) == 0 || text[0] != '{' {
		return malformed("The body is to be one JSON object.")
	}
	err := json.Unmarshal(b, v)
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.Is(err, deltasync.ErrTooMany), errors.As(err, new(*Refusal)):
		return err
	case errors.As(err, &wrong):
		return malformed(wrong.Field + " is not of the type that it is to be.") // a name of ours, not of the sender's
	case err != nil:
		return malformed("The body is not JSON, or more than one object.")
	}
	return nil
}

func malformed(detail string) error {
	return &Refusal{Status: http.StatusBadRequest, Code: "malformed", Detail: detail + " If you did not write the app, update it."}
}
