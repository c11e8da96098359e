package console

import (
	"encoding/csv"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// harmless makes a cell one that no spreadsheet takes for a formula.
func harmless(cell string) string {
	if strings.HasPrefix(cell, " ") {
		if t := strings.TrimLeft(cell, " "); t != "" && strings.ContainsRune("=+-@", rune(t[0])) {
			return "'" + cell
		}
	}
	if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

// sendCSV answers with a table (RFC 4180), marked as UTF-8 for those that would guess.
func sendCSV(c echo.Context, name string, rows [][]string) error {
	var b strings.Builder
	b.WriteString("\ufeff")
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	for _, row := range rows {
		safe := make([]string, len(row))
		for i, cell := range row {
			safe[i] = harmless(cell)
		}
		if err := w.Write(safe); err != nil {
			return err
		}
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="`+name+`.csv"`)
	return c.Blob(http.StatusOK, "text/csv; charset=utf-8", []byte(b.String()))
}
