//go:build !without_mqtt

package all

import _ "github.com/funcroute/funcroute/plugins/mqtt" // type: mqtt
