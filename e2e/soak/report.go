package soak

import (
	"fmt"
	"runtime"
	"strings"
	"time"
)

// report is the verdict as people read it, with a link to the plot.
func report(results []*result, lasted time.Duration, on time.Time) string {
	var out strings.Builder
	out.WriteString("# The last soak\n\n")
	fmt.Fprintf(&out, "Written by `make soak KEEP=1`; [README.md](README.md) tells what it does. %s, %s, %d cores, all hosts at once.\n\n",
		on.UTC().Format(time.DateOnly), lasted.Round(time.Second), runtime.NumCPU())
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
	row("memory, MB: a third in, at the end, at most", func(r *result) any {
		list := r.clients.samples.list
		return fmt.Sprintf("%d, %d, %d", list[len(list)/3].memory, list[len(list)-1].memory, most(list, func(s sample) int { return s.memory }))
	})
	row("memory, MB per hour in the last two thirds", func(r *result) any { return fmt.Sprintf("%+.0f", r.clients.samples.slope()) })
	row("threads: a third in, at the end, at most", func(r *result) any {
		list := r.clients.samples.list
		return fmt.Sprintf("%d, %d, %d", list[len(list)/3].threads, list[len(list)-1].threads, most(list, func(s sample) int { return s.threads }))
	})
	row("goroutines: a third in, at the end, at most", func(r *result) any {
		list := r.clients.samples.list
		return fmt.Sprintf("%d, %d, %d", list[len(list)/3].goroutines, list[len(list)-1].goroutines, most(list, func(s sample) int { return s.goroutines }))
	})
	row("reachable by Go, MB: a third in, at the end", func(r *result) any {
		list := r.clients.samples.list
		return fmt.Sprintf("%.1f, %.1f", list[len(list)/3].heap, list[len(list)-1].heap)
	})
	row("requests in hand at the end", func(r *result) any { return r.active })
	out.WriteString("\n![memory, threads and latency over time](soak.svg)\n")
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

// plot draws what was sampled.
func plot(results []*result) string {
	charts := []struct {
		title string
		value func(sample) float64
	}{
		{"memory, MB", func(s sample) float64 { return float64(s.memory) }},
		{"what Go can reach, MB", func(s sample) float64 { return s.heap }},
		{"goroutines", func(s sample) float64 { return float64(s.goroutines) }},
		{"threads", func(s sample) float64 { return float64(s.threads) }},
		{"latency of undisturbed answers, ms, median", func(s sample) float64 { return s.median }},
		{"latency of undisturbed answers, ms, 99th percentile", func(s sample) float64 { return s.slow }},
	}
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
