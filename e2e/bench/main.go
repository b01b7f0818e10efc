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

	"github.com/funcroute/funcroute/e2e"
)

// options say what is run.
type options struct {
	repetitions int
	duration    time.Duration
	protocols   *regexp.Regexp
	bodies      *regexp.Regexp
	jobs        *regexp.Regexp
	contestants *regexp.Regexp
	scale       string
	results     string
}

func main() {
	upstream := flag.Bool("upstream", false, "be the upstream")
	full := flag.Bool("full", false, "all bodies and both protocols")
	var o options
	flag.IntVar(&o.repetitions, "repetitions", 5, "how often each run is repeated")
	flag.DurationVar(&o.duration, "duration", 3*time.Second, "how long a run lasts, in whole seconds")
	protocols := flag.String("protocols", "^HTTP/1.1$", "which protocols, as a regular expression")
	sizes := flag.String("bodies", "^(none|1 KB)$", "which bodies")
	names := flag.String("jobs", "", "which jobs")
	contestants := flag.String("contestants", "", "which contestants; the one without a filter always runs")
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
	chosen, err := choose(o, upstream)
	if err != nil {
		return err
	}
	together, err := startAll(chosen, upstream, false)
	if err != nil {
		return err
	}
	defer together.stop()
	alone, err := startAll(chosen, upstream, true)
	if err != nil {
		return err
	}
	defer alone.stop()
	r := newReport(o, costSection)
	for _, protocol := range []string{"HTTP/1.1", "HTTP/2"} {
		for _, b := range bodies {
			for _, j := range chosen {
				if !o.protocols.MatchString(protocol) || !o.bodies.MatchString(b.name) || j.bodies != nil && !slices.Contains(j.bodies, b.name) {
					continue
				}
				if b.streamed && protocol != "HTTP/1.1" { // h2load always knows the length beforehand.
					continue
				}
				s, err := measure(o, together, alone, protocol, b, j)
				if err != nil {
					return fmt.Errorf("%s, %s, %s: %w", j.name, protocol, b.name, err)
				}
				r.add(s)
			}
		}
	}
	if err := r.addMemory(chosen, upstream); err != nil {
		return err
	}
	return r.write()
}

// choose keeps the jobs and contestants that are wanted and that the library knows.
func choose(o options, upstream string) ([]job, error) {
	var chosen []job
	for _, j := range jobs() {
		if !o.jobs.MatchString(j.name) {
			continue
		}
		all := j.contestants
		j.contestants = nil
		for _, c := range all {
			if c.name != noFilter && !o.contestants.MatchString(c.name) {
				continue
			}
			if c.optional {
				config := e2e.NewConfig()
				addContestant(config, upstream, listenerName(j.name, c.name), c)
				if err := tryOut(config, j); err != nil {
					fmt.Fprintf(os.Stderr, "%s is left out, the library does not have it yet: %v\n", c.name, err)
					continue
				}
			}
			j.contestants = append(j.contestants, c)
		}
		chosen = append(chosen, j)
	}
	return chosen, nil
}

// tryOut asks whether one contestant works at all.
func tryOut(config e2e.Config, j job) error {
	e, err := start(config, ours)
	if err != nil {
		return errors.New("its configuration is refused")
	}
	defer e.stop()
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	generator, err := newWrk(dir, j, bodies[1])
	if err != nil {
		return err
	}
	for _, address := range e.ports {
		if _, err := generator.run(address, time.Second); err != nil {
			return errors.New("its requests fail")
		}
	}
	return nil
}

func startAll(chosen []job, upstream string, alone bool) (*envoy, error) {
	config := e2e.NewConfig()
	for _, j := range chosen {
		for _, c := range j.contestants {
			if c.name == noFilter || c.apart == alone {
				addContestant(config, upstream, listenerName(j.name, c.name), c)
			}
		}
	}
	if alone {
		return start(config, apart)
	}
	return start(config, ours)
}

// series are the repetitions of one request with all contestants of a job.
type series struct {
	job         job
	protocol    string
	body        body
	repetitions []map[string]sample
}

// sample is one run. added is the CPU per request besides that of the chain without a filter, in the same process and
// the same repetition.
type sample struct {
	load
	cpu, added time.Duration
}

func measure(o options, together, alone *envoy, protocol string, b body, j job) (series, error) {
	s := series{job: j, protocol: protocol, body: b}
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return s, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	var g generator
	if protocol == "HTTP/2" {
		g, err = newH2load(dir, j, b)
	} else {
		g, err = newWrk(dir, j, b)
	}
	if err != nil {
		return s, err
	}
	hasApart := slices.ContainsFunc(j.contestants, func(c contestant) bool { return c.apart })
	for i := range o.repetitions + 1 {
		duration := o.duration
		if i == 0 { // The first warms connections and caches, and does not count.
			duration = time.Second
		}
		fmt.Fprintf(os.Stderr, "%s, %s, %s: %d of %d\n", j.name, protocol, b.name, i, o.repetitions)
		samples := map[string]sample{}
		var bare, bareApart time.Duration
		if hasApart {
			first, err := once(alone, g, listenerName(j.name, noFilter), duration)
			if err != nil {
				return s, err
			}
			bareApart = first.cpu
		}
		for _, c := range j.contestants {
			e, base := together, &bare
			if c.apart {
				e, base = alone, &bareApart
			}
			got, err := once(e, g, listenerName(j.name, c.name), duration)
			if err != nil {
				return s, fmt.Errorf("%s: %w", c.name, err)
			}
			if c.name == noFilter {
				bare = got.cpu
			}
			got.added = got.cpu - *base
			samples[c.name] = got
		}
		if i > 0 {
			s.repetitions = append(s.repetitions, samples)
		}
	}
	return s, nil
}

func once(e *envoy, g generator, listener string, duration time.Duration) (sample, error) {
	before, err := e.cpu()
	if err != nil {
		return sample{}, err
	}
	l, err := g.run(e.ports[listener], duration)
	if err != nil {
		return sample{}, err
	}
	after, err := e.cpu()
	if err != nil {
		return sample{}, err
	}
	return sample{load: l, cpu: (after - before) / time.Duration(l.requests)}, nil
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
