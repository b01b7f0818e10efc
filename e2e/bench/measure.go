package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

// series are the repetitions of one kind of request with all contestants of a job.
type series struct {
	job         job
	protocol    string
	body        body
	repetitions []map[string]sample
}

// String names the requests.
func (s series) String() string {
	return fmt.Sprintf("%s, %s, body: %s", s.job.name, s.protocol, s.body.name)
}

// plan lists what is to be measured.
func plan(o options, chosen []job) []series {
	var planned []series
	for _, protocol := range []string{"HTTP/1.1", "HTTP/2"} {
		for _, b := range bodies {
			for _, j := range chosen {
				unwanted := !o.protocols.MatchString(protocol) || !o.bodies.MatchString(b.name)
				if unwanted || b.size < 0 && !j.bodyless || b.streamed && protocol == "HTTP/2" { // h2load always tells the length.
					continue
				}
				planned = append(planned, series{job: j, protocol: protocol, body: b})
			}
		}
	}
	return planned
}

// sample is one run. added is the CPU per request besides that of the chain without a filter, in the same process and
// the same repetition.
type sample struct {
	load
	cpu, added time.Duration
}

// envoys are the Envoys that run, by the folder of their libraries.
type envoys map[string]*envoy

func (all envoys) stop() {
	for _, e := range all {
		e.stop()
	}
}

// measure runs the repetitions. Each begins and ends with the chain without a filter, and every other one has the
// contestants in opposite order, so that a machine that becomes slower or faster meanwhile favours none of them.
func (s series) measure(o options, on envoys) (series, error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return s, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	g, err := s.generator(dir)
	if err != nil {
		return s, err
	}
	for i := range o.repetitions + 1 {
		duration := o.duration
		if i == 0 { // The first warms connections and caches, and does not count.
			duration = time.Second
		}
		fmt.Fprintf(os.Stderr, "%s: %d of %d\n", s, i, o.repetitions)
		samples, err := s.repetition(on, g, duration, i%2 == 1)
		if errors.Is(err, errStalled) {
			samples, err = s.repetition(on, g, duration, i%2 == 1)
		}
		if err != nil {
			return s, err
		}
		if i > 0 {
			s.repetitions = append(s.repetitions, samples)
		}
	}
	return s, nil
}

func (s series) generator(dir string) (generator, error) {
	if s.protocol == "HTTP/2" {
		return newH2load(dir, s.job, s.body)
	}
	return newWrk(dir, s.job, s.body)
}

func (s series) repetition(on envoys, g generator, duration time.Duration, backwards bool) (map[string]sample, error) {
	run := func(name, place string) (sample, error) {
		got, err := once(on[place], g, listenerName(s.job.name, name), duration)
		if err != nil {
			return got, fmt.Errorf("%s: %w", name, err)
		}
		return got, nil
	}
	contestants := slices.Clone(s.job.contestants[1:])
	if backwards {
		slices.Reverse(contestants)
	}
	// What runs in another Envoy has a chain without a filter of its own.
	bare := map[string]sample{}
	unfiltered := func() error {
		for _, place := range s.job.places() {
			got, err := run(noFilter, place)
			if err != nil {
				return err
			}
			if before, ok := bare[place]; ok {
				got = mean(before, got)
			}
			bare[place] = got
		}
		return nil
	}
	samples := map[string]sample{}
	if err := unfiltered(); err != nil {
		return nil, err
	}
	for _, c := range contestants {
		got, err := run(c.name, c.libraries)
		if err != nil {
			return nil, err
		}
		samples[c.name] = got
	}
	if err := unfiltered(); err != nil {
		return nil, err
	}
	samples[noFilter] = bare[""]
	for _, c := range contestants {
		got := samples[c.name]
		got.added = got.cpu - bare[c.libraries].cpu
		samples[c.name] = got
	}
	return samples, nil
}

// runs is how many runs a repetition has.
func (s series) runs() int { return len(s.job.contestants) - 1 + 2*len(s.job.places()) }

func mean(a, b sample) sample {
	return sample{cpu: (a.cpu + b.cpu) / 2, load: load{
		requests: (a.requests + b.requests) / 2, perSecond: (a.perSecond + b.perSecond) / 2, p50: (a.p50 + b.p50) / 2, p99: (a.p99 + b.p99) / 2,
	}}
}

// errStalled is a run in which no request came to its end: the machine may have been busy with something else.
var errStalled = errors.New("no request came to its end in time")

func once(e *envoy, g generator, listener string, duration time.Duration) (sample, error) {
	if err := e.settle(); err != nil {
		return sample{}, err
	}
	before, err := e.cpu()
	if err != nil {
		return sample{}, err
	}
	l, err := g.run(e.ports[listener], duration)
	if err != nil {
		return sample{}, err
	}
	if l.requests == 0 {
		return sample{}, errStalled
	}
	after, err := e.cpu()
	if err != nil {
		return sample{}, err
	}
	return sample{load: l, cpu: (after - before) / time.Duration(l.requests)}, nil
}
