package main

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/funcroute/funcroute/e2e/harness"
)

// The sections of the results, each written by a run of its own.
const (
	costSection  = "cost"
	scaleSection = "scale"
)

// report collects tables.
type report struct {
	options options
	section string
	text    strings.Builder
}

func newReport(o options, section string) *report {
	r := &report{options: o, section: section}
	if section == costSection {
		fmt.Fprintf(&r.text, "%d repetitions of %s each. ", o.repetitions, o.duration)
	}
	fmt.Fprintf(&r.text, "One worker. %s, %d CPUs (load %s before), Linux %s, %s, Envoy %s.\n", processor(), runtime.NumCPU(),
		loadAverage(), firstLine("/proc/sys/kernel/osrelease"), runtime.Version(), envoyVersion())
	return r
}

// add adds the table of a series.
func (r *report) add(s series) {
	fmt.Fprintf(&r.text, "\n### %s\n\n", s)
	r.text.WriteString("| contestant | requests/s | added CPU µs | spread | p50 ms | p99 ms | measured by | ratio | spread | bar |\n")
	r.text.WriteString("|---|---|---|---|---|---|---|---|---|---|\n")
	for _, c := range s.job.contestants {
		added := s.of(func(m map[string]sample) float64 { return micro(m[c.name].added) })
		if c.name == noFilter {
			added = s.of(func(m map[string]sample) float64 { return micro(m[c.name].cpu) })
		}
		name := c.name
		if name == noFilter {
			name += " (all of it)"
		}
		fmt.Fprintf(&r.text, "| %s | %.0f | %.1f | %.1f – %.1f | %.2f | %.2f |", name,
			median(s.of(func(m map[string]sample) float64 { return m[c.name].perSecond })),
			median(added), slices.Min(added), slices.Max(added),
			median(s.of(func(m map[string]sample) float64 { return micro(m[c.name].p50) / 1000 })),
			median(s.of(func(m map[string]sample) float64 { return micro(m[c.name].p99) / 1000 })))
		if c.against == "" || !slices.ContainsFunc(s.job.contestants, func(o contestant) bool { return o.name == c.against }) {
			r.text.WriteString(" | | | |\n")
			continue
		}
		reference := s.of(func(m map[string]sample) float64 { return micro(m[c.against].added) })
		ratios := s.of(func(m map[string]sample) float64 { return float64(m[c.name].added) / float64(m[c.against].added) })
		fmt.Fprintf(&r.text, " %s | **%.2f** | %.2f – %.2f | %s |\n", c.against, median(added)/median(reference),
			slices.Min(ratios), slices.Max(ratios), c.limit())
	}
}

// limit is the bar, if there is one.
func (c contestant) limit() string {
	if c.bar == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", c.bar)
}

// fail says in the place of a table why there is none.
func (r *report) fail(s series, err error) {
	reason, _, _ := strings.Cut(err.Error(), "\n")
	fmt.Fprintf(&r.text, "\n### %s\n\nNot measured: %s\n", s, reason)
}

// of returns one figure of every repetition.
func (s series) of(figure func(map[string]sample) float64) []float64 {
	figures := make([]float64, len(s.repetitions))
	for i, repetition := range s.repetitions {
		figures[i] = figure(repetition)
	}
	return figures
}

func micro(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

func median(figures []float64) float64 {
	sorted := slices.Sorted(slices.Values(figures))
	if len(sorted) == 0 {
		return math.NaN()
	}
	return (sorted[len(sorted)/2] + sorted[(len(sorted)-1)/2]) / 2
}

// addMemory adds what Envoy's memory is after some load, with one contestant in it.
func (r *report) addMemory(chosen []job, upstream string) error {
	r.text.WriteString("\n### Memory of an Envoy with this contestant alone, after two seconds of load\n\n| job | contestant | MB |\n|---|---|---|\n")
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	for _, j := range chosen {
		for _, c := range j.contestants {
			bytes, err := memoryOf(dir, j, c, upstream)
			if err != nil {
				return fmt.Errorf("memory of %s: %w", c.name, err)
			}
			fmt.Fprintf(&r.text, "| %s | %s | %.1f |\n", j.name, c.name, float64(bytes)/(1<<20))
		}
	}
	return nil
}

func memoryOf(dir string, j job, c contestant, upstream string) (int, error) {
	config := harness.NewConfig()
	addContestant(config, upstream, listenerName(j.name, c.name), c)
	libraries := ours
	if c.libraries != "" {
		libraries = c.libraries
	}
	e, err := start(config, libraries)
	if err != nil {
		return 0, err
	}
	defer e.stop()
	g, err := newWrk(dir, j, bodies[1])
	if err != nil {
		return 0, err
	}
	if _, err := g.run(e.ports[listenerName(j.name, c.name)], 2*time.Second); err != nil {
		return 0, err
	}
	return e.memory()
}

// write prints the report, and puts it into the results' file in the place of the former one.
func (r *report) write() error {
	fmt.Print(r.text.String())
	if r.options.results == "" {
		return nil
	}
	begin, end := "<!-- begin "+r.section+": written by make bench -->\n", "<!-- end "+r.section+" -->\n"
	content, err := os.ReadFile(r.options.results)
	if err != nil {
		return err
	}
	before, rest, found := strings.Cut(string(content), begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		return fmt.Errorf("%s has no place for the tables, between %q and %q", r.options.results, begin, end)
	}
	return os.WriteFile(r.options.results, []byte(before+begin+r.text.String()+end+after), 0o600)
}

func envoyVersion() string {
	binary, err := harness.FindEnvoy()
	if err != nil {
		return "of an unknown version"
	}
	output, err := exec.Command(binary, "--version").Output()
	if err != nil {
		return "of an unknown version"
	}
	return find(string(output), `/(\d+\.\d+\.\d+)/`)
}

func processor() string {
	content, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "an unknown processor"
	}
	return find(string(content), `model name\s*: (.*)`)
}

// loadAverage tells how busy the machine was with other things.
func loadAverage() string {
	average, _, _ := strings.Cut(firstLine("/proc/loadavg"), " ")
	return average
}

func firstLine(path string) string {
	content, _ := os.ReadFile(path)
	line, _, _ := strings.Cut(string(content), "\n")
	return line
}
