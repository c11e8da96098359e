package server

import (
	_ "embed"
	"net/http"

	"github.com/labstack/echo/v4"
)

//go:embed pages/soon.html
var soonPage []byte

// pages are what a browser finds.
func pages(e *echo.Echo) {
	to := func(path string) echo.HandlerFunc {
		return func(c echo.Context) error { return c.Redirect(http.StatusFound, path) }
	}
	e.GET("/", to("/app/"))
	e.GET("/app", to("/app/"))
	e.GET("/console", to("/console/"))
	e.GET("/app/", soon)
	e.GET("/console/", soon)
}

func soon(c echo.Context) error {
	c.Response().Header().Set("Content-Security-Policy",
		"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	return c.HTMLBlob(http.StatusOK, soonPage)
}
