package bench

import (
	"fmt"
	"math"
	"strings"
)

// chart draws the processor time of a sync against the records in the store. Both axes are logarithmic: what does not grow
// with the store is level.
func chart(points []point) string {
	const width, height, left, right, top, bottom = 760, 400, 72, 240, 48, 52
	if len(points) == 0 {
		return ""
	}
	lines := []struct {
		name, colour string
		of           func(point) float64
	}{
		{"first pull of a caseload", "var(--c4)", func(p point) float64 { return p.first }},
		{"push 3 and pull", "var(--c1)", func(p point) float64 { return p.little }},
		{"one op of a wide batch", "var(--c3)", func(p point) float64 { return p.wide }},
		{"nothing new", "var(--c2)", func(p point) float64 { return p.idle }},
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, p := range points {
		for _, l := range lines {
			low, high = min(low, l.of(p)), max(high, l.of(p))
		}
	}
	low, high = math.Floor(math.Log10(low)), math.Ceil(math.Log10(high))
	from, to := math.Log10(float64(points[0].records)), math.Log10(float64(points[len(points)-1].records))
	x := func(records float64) float64 {
		return left + (math.Log10(records)-from)/max(to-from, 1e-9)*(width-left-right)
	}
	y := func(ms float64) float64 {
		return height - bottom - (math.Log10(ms)-low)/max(high-low, 1e-9)*(height-top-bottom)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="system-ui, sans-serif" font-size="13" role="img" aria-label="Processor time of the server against the records in its store">
<style>
svg { --paper: #fff; --ink: #1d2b28; --soft: #5b6a66; --rule: #dde3e1; --c1: #00614f; --c2: #9a3c00; --c3: #4b3f99; --c4: #0b5fa5 }
@media (prefers-color-scheme: dark) { svg { --paper: #14201d; --ink: #e8efed; --soft: #a5b4b0; --rule: #31413d; --c1: #6fd3bb; --c2: #ffb37a; --c3: #b9aef5; --c4: #86c4f7 } }
text { fill: var(--ink) } .soft { fill: var(--soft) } .rule { stroke: var(--rule) }
</style>
<rect width="%[1]d" height="%[2]d" fill="var(--paper)"/>
<text x="%d" y="24" font-weight="600">Processor time of the server, against records in the store</text>
`, width, height, left)
	for e := low; e <= high; e++ {
		v := math.Pow(10, e)
		fmt.Fprintf(&b, `<line class="rule" x1="%d" x2="%d" y1="%.1f" y2="%[3]f"/>`, left, width-right, y(v))
		fmt.Fprintf(&b, `<text class="soft" x="%d" y="%.1f" text-anchor="end">%g ms</text>`+"\n", left-8, y(v)+4, v)
	}
	for _, p := range points {
		fmt.Fprintf(&b, `<text class="soft" x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n", x(float64(p.records)), height-bottom+22, short(p.records))
	}
	taken := -math.MaxFloat64
	for _, l := range lines {
		var path []string
		for _, p := range points {
			path = append(path, fmt.Sprintf("%.1f,%.1f", x(float64(p.records)), y(l.of(p))))
		}
		fmt.Fprintf(&b, `<polyline fill="none" stroke="%s" stroke-width="2.5" points="%s"/>`+"\n", l.colour, strings.Join(path, " "))
		for _, p := range points {
			fmt.Fprintf(&b, `<circle fill="%s" cx="%.1f" cy="%.1f" r="4"/>`, l.colour, x(float64(p.records)), y(l.of(p)))
		}
		last := points[len(points)-1]
		at := max(y(l.of(last))+4, taken+17) // names do not lie on one another
		taken = at
		fmt.Fprintf(&b, "\n"+`<text x="%d" y="%.1f" style="fill: %s">%s %.2g ms</text>`+"\n", width-right+12, at, l.colour, l.name, l.of(last))
	}
	fmt.Fprintf(&b, `<text class="soft" x="%d" y="%d" text-anchor="middle">records</text>`+"\n</svg>\n", left+(width-left-right)/2, height-8)
	return b.String()
}

func short(n int) string {
	switch {
	case n >= 999_500:
		return fmt.Sprintf("%.2g M", float64(n)/1e6)
	case n >= 1000:
		return fmt.Sprintf("%.0f k", float64(n)/1e3)
	}
	return fmt.Sprint(n)
}
