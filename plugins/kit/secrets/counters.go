package secrets

import "github.com/funcroute/funcroute/plugins"

// counters are what operators see of the fetches of one store.
type counters struct{ refreshed, failed plugins.Counter }

func newCounters(store string) counters {
	return counters{
		refreshed: plugins.NewCounter("funcroute.secrets." + store + ".refreshed"),
		failed:    plugins.NewCounter("funcroute.secrets." + store + ".failed"),
	}
}

var (
	ofFiles       = newCounters("file")
	ofEnvironment = newCounters("env")
)
