package queue

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"

	"github.com/funcroute/funcroute/plugins/kit/files"
)

// largestFile is how large in bytes a file with certificates or a key may be.
const largestFile = 1 << 20

// tlsConfig reads certificates and key anew for each connection, so that a file that is replaced counts from the next one on.
func tlsConfig(c *Connecting) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: c.TLSServerName}
	limit := files.Limit{Bytes: 3 * largestFile, File: largestFile}
	read, _, err := files.Read(limit, func(set *files.Set) (*tls.Config, error) {
		if c.TLSCAFile != "" {
			pem, err := set.Read(c.TLSCAFile)
			if err != nil {
				return nil, err
			}
			config.RootCAs = x509.NewCertPool()
			if !config.RootCAs.AppendCertsFromPEM(pem) {
				return nil, fmt.Errorf("%s holds no certificate", c.TLSCAFile)
			}
		}
		if c.TLSCertificateFile == "" {
			return config, nil
		}
		certificate, err := set.Read(c.TLSCertificateFile)
		if err != nil {
			return nil, err
		}
		key, err := set.Read(c.TLSKeyFile)
		if err != nil {
			return nil, err
		}
		pair, err := tls.X509KeyPair(certificate, key)
		if err != nil {
			return nil, fmt.Errorf("%s and %s: %w", c.TLSCertificateFile, c.TLSKeyFile, err)
		}
		config.Certificates = []tls.Certificate{pair}
		return config, nil
	})
	return read, err
}
