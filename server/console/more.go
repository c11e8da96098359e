package console

import (
	"github.com/labstack/echo/v4"
)

func (s *Console) more(desk *echo.Group) {}

type chain struct{}
