// Command bench compares what funcroute costs an Envoy with what Envoy's own filters cost it at the same job. See README.md.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"github.com/funcroute/funcroute/e2e/harness"
)

// options say what is run.
type options struct {
	repetitions int
	duration    time.Duration
	protocols   *regexp.Regexp
	bodies      *regexp.Regexp
	jobs        *regexp.Regexp
	contestants *regexp.Regexp
	beside      string
	scale       string
	results     string
}

func main() {
	upstream := flag.Bool("upstream", false, "be the upstream")
	full := flag.Bool("full", false, "all bodies and both protocols")
	var o options
	flag.IntVar(&o.repetitions, "repetitions", 7, "how often each run is repeated")
	flag.DurationVar(&o.duration, "duration", 2*time.Second, "how long a run lasts, in whole seconds")
	protocols := flag.String("protocols", "^HTTP/1.1$", "which protocols, as a regular expression")
	sizes := flag.String("bodies", "^(none|1 KB)$", "which bodies")
	names := flag.String("jobs", "", "which jobs")
	contestants := flag.String("contestants", "", "which contestants; the one without a filter always runs")
	flag.StringVar(&o.beside, "beside", "", "a folder with an earlier libfuncroute.so, which each contestant of ours is then measured by")
	flag.StringVar(&o.scale, "scale", "", "instead: so many clusters (1,100,5000), many slow calls and large answers")
	flag.StringVar(&o.results, "results", "", "the file to write the tables to, besides standard output")
	flag.Parse()
	if *full {
		*protocols, *sizes = "", ""
	}
	o.protocols, o.bodies = regexp.MustCompile(*protocols), regexp.MustCompile(*sizes)
	o.jobs, o.contestants = regexp.MustCompile(*names), regexp.MustCompile(*contestants)
	run := func() error { return bench(o) }
	if *upstream {
		run = serve
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// Where the libraries are, below the repository's root.
const (
	ours  = "dist"
	apart = "dist/bench"
)

func bench(o options) error {
	upstream, stop, err := startUpstream()
	if err != nil {
		return err
	}
	defer stop()
	if o.scale != "" {
		r := newReport(o, scaleSection)
		if err := scale(r, upstream); err != nil {
			return err
		}
		return r.write()
	}
	chosen := choose(o)
	on := envoys{}
	defer on.stop()
	for _, place := range places(chosen) {
		if on[place], err = startAll(chosen, upstream, place); err != nil {
			delete(on, place)
			return err
		}
	}
	r := newReport(o, costSection)
	planned := plan(o, chosen)
	fmt.Fprintf(os.Stderr, "about %s, and then the memory\n", o.estimate(planned))
	var failures []error
	for _, p := range planned {
		s, err := p.measure(o, on)
		if err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", p, err))
			r.fail(p, err)
			continue
		}
		r.add(s)
	}
	if err := r.addMemory(chosen, upstream); err != nil {
		return err
	}
	return errors.Join(append(failures, r.write())...)
}

// estimate is how long it takes to measure, besides the memory.
func (o options) estimate(planned []series) time.Duration {
	runs := 0
	for _, s := range planned {
		runs += s.runs()
	}
	return (time.Duration(runs) * (time.Second + time.Duration(o.repetitions)*o.duration)).Round(time.Minute)
}

// choose keeps the jobs and contestants that are wanted.
func choose(o options) []job {
	var chosen []job
	for _, j := range jobs() {
		if !o.jobs.MatchString(j.name) {
			continue
		}
		if o.beside != "" {
			j = j.beside(o.beside)
		}
		j.contestants = slices.DeleteFunc(j.contestants, func(c contestant) bool {
			return c.name != noFilter && !o.contestants.MatchString(c.name)
		})
		chosen = append(chosen, j)
	}
	return chosen
}

// places are the folders of libraries that any of the jobs needs.
func places(chosen []job) []string {
	var all []string
	for _, j := range chosen {
		for _, place := range j.places() {
			if !slices.Contains(all, place) {
				all = append(all, place)
			}
		}
	}
	return all
}

// startAll starts an Envoy for all contestants that take their libraries from a folder.
func startAll(chosen []job, upstream, place string) (*envoy, error) {
	config := harness.NewConfig()
	for _, j := range chosen {
		for _, c := range j.contestants {
			if c.name == noFilter || c.libraries == place {
				addContestant(config, upstream, listenerName(j.name, c.name), c)
			}
		}
	}
	if place == "" {
		place = ours
	}
	return start(config, place)
}

// root changes to the repository's root, where the libraries' paths begin.
func init() {
	for dir, err := os.Getwd(); err == nil && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, ".envoy-version")); err == nil {
			_ = os.Chdir(dir)
			return
		}
	}
}
