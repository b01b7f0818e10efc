package credentials

import "github.com/funcroute/funcroute/plugins"

// What operators see of fetches.
var (
	fetchesDone   = plugins.NewCounter("funcroute.credentials.refreshed")
	fetchesFailed = plugins.NewCounter("funcroute.credentials.failed")
)
