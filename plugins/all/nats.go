//go:build !without_nats

package all

import _ "github.com/funcroute/funcroute/plugins/nats" // type: nats
