package soak

import (
	"fmt"
	"runtime"
	"strings"
	"time"
)

// report is the verdict as people read it, with a link to the plot.
func report(results []*result, lasted time.Duration, rate int, on time.Time) string {
	var out strings.Builder
	out.WriteString("# The last soak\n\n")
	fmt.Fprintf(&out, "Written by `make soak KEEP=1`; [README.md](README.md) tells what it does. %s, %s, %d cores, all hosts at once, "+
		"each with at most %d requests per second.\n\n", on.UTC().Format(time.DateOnly), lasted.Round(time.Second), runtime.NumCPU(), rate)
	fmt.Fprintf(&out, "**Verdict: %s**\n\n", verdict(results, lasted))
	row := func(what string, value func(*result) any) {
		fmt.Fprintf(&out, "| %s |", what)
		for _, r := range results {
			fmt.Fprintf(&out, " %v |", value(r))
		}
		out.WriteString("\n")
	}
	row("", func(r *result) any { return r.host })
	out.WriteString("|---|" + strings.Repeat("---:|", len(results)) + "\n")
	row("requests sent", func(r *result) any { return r.clients.sent.Load() })
	row("answered right", func(r *result) any { return r.clients.right.Load() })
	row("client went away", func(r *result) any { return r.clients.aborted.Load() })
	row("503: no credentials", func(r *result) any { return r.clients.noCredentials.Load() })
	for i := range faults {
		row("error because "+faults[i].name, func(r *result) any { return r.clients.befell[i].Load() })
	}
	row("**lost**", func(r *result) any { return r.clients.lost.Load() })
	row("calls that arrived", func(r *result) any { return r.up.calls.Load() })
	row("**not signed, or not the call it should be**", func(r *result) any { return r.up.unsigned.Load() + r.up.wrong.Load() })
	row("signatures verified by botocore", func(r *result) any { return r.up.verified.Load() })
	row("credentials given", func(r *result) any { return r.up.weather.given.Load() })
	row("updates of clusters and routes", func(r *result) any { return r.updates })
	row("threads: a third in, at the end, at most", func(r *result) any {
		list := r.clients.samples.list
		return fmt.Sprintf("%d, %d, %d", list[len(list)/3].threads, list[len(list)-1].threads, most(list, func(s sample) int { return s.threads }))
	})
	row("goroutines: a third in, at the end, at most", func(r *result) any {
		list := r.clients.samples.list
		return fmt.Sprintf("%d, %d, %d", list[len(list)/3].goroutines, list[len(list)-1].goroutines, most(list, func(s sample) int { return s.goroutines }))
	})
	row("requests in hand at the end", func(r *result) any { return r.active })
	out.WriteString(memoryReport(results))
	out.WriteString("\n![memory, threads and latency over time](soak.svg)\n")
	return out.String()
}

// memoryReport is the part of the report that tells what the memory is made of and what of it grows.
func memoryReport(results []*result) string {
	var out strings.Builder
	out.WriteString("\n## Memory\n\nIn megabytes: the mean of each quarter of the time, and the growth per hour in the last two thirds and in the second half.\n\n|  |")
	for _, r := range results {
		fmt.Fprintf(&out, " %s |", r.host)
	}
	out.WriteString("\n|---|" + strings.Repeat("---:|", len(results)) + "\n")
	for _, p := range parts {
		fmt.Fprintf(&out, "| %s |", p.name)
		for _, r := range results {
			s := r.clients.samples
			means := quarters(s.list, p.of)
			fmt.Fprintf(&out, " %.1f, %.1f, %.1f, %.1f; %+.1f, %+.1f |", means[0], means[1], means[2], means[3],
				slope(s.lastTwoThirds(), p.of), slope(s.secondHalf(), p.of))
		}
		out.WriteString("\n")
	}
	out.WriteString("| at most |")
	for _, r := range results {
		fmt.Fprintf(&out, " %.1f |", most(r.clients.samples.list, wholeMemory))
	}
	out.WriteString("\n")
	return out.String()
}

func verdict(results []*result, lasted time.Duration) string {
	for _, r := range results {
		if len(r.problems(lasted)) > 0 {
			return "failed"
		}
	}
	return "nothing lost, nothing unsigned, memory and threads bounded, every Envoy alive"
}

// table has all samples, for those who want to know more than the plot shows.
func table(results []*result) string {
	var out strings.Builder
	out.WriteString("host,seconds,threads,goroutines,median ms,99th percentile ms")
	for _, p := range parts {
		fmt.Fprintf(&out, ",%q", p.name)
	}
	out.WriteString("\n")
	for _, r := range results {
		for _, s := range r.clients.samples.list {
			fmt.Fprintf(&out, "%q,%.0f,%d,%d,%.1f,%.1f", r.host, s.at.Seconds(), s.threads, s.goroutines, s.median, s.slow)
			for _, p := range parts {
				fmt.Fprintf(&out, ",%.2f", p.of(s.memory))
			}
			out.WriteString("\n")
		}
	}
	return out.String()
}

// plot draws what was sampled.
func plot(results []*result) string {
	type titled struct {
		title string
		value func(sample) float64
	}
	var charts []titled
	for _, p := range parts {
		charts = append(charts, titled{p.name + ", MB", func(s sample) float64 { return p.of(s.memory) }})
	}
	charts = append(charts,
		titled{"goroutines", func(s sample) float64 { return float64(s.goroutines) }},
		titled{"threads", func(s sample) float64 { return float64(s.threads) }},
		titled{"latency of undisturbed answers, ms, median", func(s sample) float64 { return s.median }},
		titled{"latency of undisturbed answers, ms, 99th percentile", func(s sample) float64 { return s.slow }},
	)
	var drawn []chart
	for _, c := range charts {
		one := chart{title: c.title}
		for _, r := range results {
			line := series{name: r.host}
			for _, s := range r.clients.samples.list {
				line.values = append(line.values, point{s.at.Seconds(), c.value(s)})
			}
			one.series = append(one.series, line)
		}
		drawn = append(drawn, one)
	}
	return svg(drawn)
}
