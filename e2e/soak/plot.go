package soak

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// series is a line of a chart.
type series struct {
	name   string
	values []point
}

type point struct{ x, y float64 }

// chart is some lines over the same time.
type chart struct {
	title  string
	series []series
}

const (
	width, height     = 860, 210 // of one chart
	left, right       = 60, 20
	top, bottom       = 30, 30
	plotWidth         = width - left - right
	plotHeight        = height - top - bottom
	legendHeight      = 30
	ticks             = 4
	charactersOfWidth = 7
)

var colours = []string{"#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#8c564b"}

// svg draws charts below each other. All have the same lines, by name.
func svg(charts []chart) string {
	var out strings.Builder
	total := len(charts)*height + legendHeight
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", width, total)
	fmt.Fprintf(&out, `<rect width="%d" height="%d" fill="white"/>`+"\n", width, total)
	for i, c := range charts {
		fmt.Fprintf(&out, `<g transform="translate(0 %d)">`+"\n", i*height)
		c.draw(&out)
		out.WriteString("</g>\n")
	}
	if len(charts) > 0 {
		legend(&out, charts[0].series, len(charts)*height)
	}
	out.WriteString("</svg>\n")
	return out.String()
}

func legend(out *strings.Builder, lines []series, y int) {
	x := left
	for i, line := range lines {
		fmt.Fprintf(out, `<rect x="%d" y="%d" width="12" height="12" fill="%s"/>`, x, y+4, colours[i%len(colours)])
		fmt.Fprintf(out, `<text x="%d" y="%d">%s</text>`+"\n", x+18, y+14, html.EscapeString(line.name))
		x += 40 + charactersOfWidth*len(line.name)
	}
}

func (c *chart) draw(out *strings.Builder) {
	end, peak := c.bounds()
	fmt.Fprintf(out, `<text x="%d" y="18" font-weight="bold">%s</text>`+"\n", left, html.EscapeString(c.title))
	for i := range ticks + 1 {
		share := float64(i) / ticks
		y, x := float64(top)+plotHeight*(1-share), float64(left)+plotWidth*share
		fmt.Fprintf(out, `<line x1="%d" y1="%.1f" x2="%d" y2="%.1f" stroke="#ddd"/>`, left, y, width-right, y)
		fmt.Fprintf(out, `<text x="%d" y="%.1f" text-anchor="end">%s</text>`, left-6, y+4, number(peak*share))
		fmt.Fprintf(out, `<text x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n", x, height-bottom+16, minutes(end*share))
	}
	for i, line := range c.series {
		var path strings.Builder
		for j, p := range line.values {
			command := "L"
			if j == 0 {
				command = "M"
			}
			fmt.Fprintf(&path, "%s%.1f %.1f", command, left+plotWidth*p.x/end, top+plotHeight*(1-p.y/peak))
		}
		fmt.Fprintf(out, `<path d="%s" fill="none" stroke="%s" stroke-width="1.2"/>`+"\n", path.String(), colours[i%len(colours)])
	}
}

// bounds are the last moment and a round number above all values.
func (c *chart) bounds() (end, peak float64) {
	for _, line := range c.series {
		for _, p := range line.values {
			end, peak = max(end, p.x), max(peak, p.y)
		}
	}
	if end == 0 || peak == 0 {
		return max(end, 1), max(peak, 1)
	}
	step := math.Pow(10, math.Floor(math.Log10(peak)))
	return end, math.Ceil(peak/step*2) / 2 * step
}

func number(value float64) string {
	if value >= 10 || value == math.Trunc(value) {
		return fmt.Sprintf("%.0f", value)
	}
	return fmt.Sprintf("%.1f", value)
}

func minutes(seconds float64) string {
	return fmt.Sprintf("%d:%02d", int(seconds)/60, int(seconds)%60)
}
