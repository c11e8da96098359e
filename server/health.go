package server

import (
	"net/http"

	"alongside/internal/boltstore"
	deltasync "alongside/sync"

	"github.com/labstack/echo/v4"
)

type health struct {
	Status string `json:"status"`
}

// alive says that the process answers.
func alive(c echo.Context) error { return c.JSON(http.StatusOK, health{"alive"}) }

// ready says that the store answers too, and takes what is written.
func (p *parts) ready(c echo.Context) error {
	if p.db.Full() {
		return &unready{boltstore.ErrFull}
	}
	if err := p.db.View(c.Request().Context(), func(deltasync.Tx) error { return nil }); err != nil {
		return &unready{err}
	}
	return c.JSON(http.StatusOK, health{"ready"})
}

// unready is that the store does not answer.
type unready struct{ cause error }

func (e *unready) Error() string { return "not ready: " + e.cause.Error() }
func (e *unready) Unwrap() error { return e.cause }
