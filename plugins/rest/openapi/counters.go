package openapi

import "github.com/funcroute/funcroute/plugins"

// versionsLoaded counts the versions of documents that have been taken up, versionsFailed those that could not.
var (
	versionsLoaded = plugins.NewCounter("funcroute.openapi.loaded")
	versionsFailed = plugins.NewCounter("funcroute.openapi.failed")
)
