//go:build !without_amqp

package all

import _ "github.com/funcroute/funcroute/plugins/amqp" // type: amqp
