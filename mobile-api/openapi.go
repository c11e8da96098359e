package mobileapi

import (
	_ "embed"
	"encoding/json"
	"net/http"
	"sync"

	"github.com/labstack/echo/v4"
	"github.com/oasdiff/yaml"
)

//go:embed openapi.yaml
var openapiYAML []byte

// openapiJSON is the document as the route gives it.
var openapiJSON = sync.OnceValues(func() ([]byte, error) {
	var doc any
	if _, err := yaml.Unmarshal(openapiYAML, &doc, yaml.DecodeOpts{}); err != nil {
		return nil, err
	}
	return json.MarshalIndent(doc, "", " ")
})

func openapi(c echo.Context) error {
	doc, err := openapiJSON()
	if err != nil {
		return err
	}
	return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, doc)
}
