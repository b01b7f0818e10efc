package secrets

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/funcroute/funcroute/plugins/kit/exchange"
)

// vaultAnswer is what every answer of the API of Vault looks like.
// https://developer.hashicorp.com/vault/api-docs#the-x-vault-request-header and what follows there.
type vaultAnswer struct {
	LeaseID       string          `json:"lease_id"`
	LeaseDuration int64           `json:"lease_duration"` // in seconds
	Renewable     bool            `json:"renewable"`
	Data          json.RawMessage `json:"data"`
	Auth          *vaultAuth      `json:"auth"`
	Errors        []string        `json:"errors"`
}

// isVaults reports whether an error is one of Vault's, and not of something in between.
func (a vaultAnswer) isVaults() bool { return a.Errors != nil || len(a.Data) > 0 }

type vaultAuth struct {
	ClientToken   string `json:"client_token"`
	LeaseDuration int64  `json:"lease_duration"` // in seconds
	Renewable     bool   `json:"renewable"`
}

var errUnreadable = errors.New("its answer cannot be read")

// readVault reads an answer. The error repeats nothing of it.
func readVault(answer exchange.Answer) (vaultAnswer, error) {
	var read vaultAnswer
	if json.Unmarshal(answer.Body, &read) != nil {
		return vaultAnswer{}, errUnreadable
	}
	return read, nil
}

// maxLease bounds what is believed of a duration, as one beyond it cannot be counted in nanoseconds.
const maxLease = 10 * 365 * 24 * time.Hour

func seconds(n int64) time.Duration {
	if n <= 0 {
		return 0
	}
	return time.Duration(min(n, int64(maxLease/time.Second))) * time.Second
}

// knownErrors are texts of Vault and OpenBao that the log may show. Others may have in them what was sent.
var knownErrors = []string{
	"permission denied", "invalid token", "missing client token", "Vault is sealed", "OpenBao is sealed", "invalid role ID", "invalid role or secret ID",
	"invalid secret id", "invalid role name", "unknown role", "could not be found", "lease not found", "lease expired", "lease is not renewable",
	"no handler for route", "unsupported path", "namespace not found", "error validating token", "invalid audience", "claims validation", "service account name not authorized",
	"namespace not authorized", "missing role", "token is expired", "request path doesn't exist",
}

// saidBy is what an answer says of an error, in brackets, if it is known.
func saidBy(answer exchange.Answer) string {
	read, err := readVault(answer)
	if err != nil {
		return ""
	}
	all := strings.ToLower(strings.Join(read.Errors, "\n"))
	for _, known := range knownErrors {
		if strings.Contains(all, strings.ToLower(known)) {
			return " (" + known + ")"
		}
	}
	return ""
}

// mount is where a secrets engine is mounted.
type mount struct {
	path string // without slashes at its ends
	kv2  bool
}

// readMount reads the answer to which mount a path belongs to.
func readMount(answer exchange.Answer) (mount, error) {
	read, err := readVault(answer)
	if err != nil {
		return mount{}, err
	}
	var data struct {
		Path, Type string
		Options    map[string]string
	}
	if json.Unmarshal(read.Data, &data) != nil {
		return mount{}, errUnreadable
	}
	return mount{path: strings.Trim(data.Path, "/"), kv2: data.Type == "kv" && data.Options["version"] == "2"}, nil
}

// kv2Data is what KV 2 has of a secret.
type kv2Data struct {
	Data     json.RawMessage `json:"data"`
	Metadata struct {
		Version      int64  `json:"version"`
		DeletionTime string `json:"deletion_time"`
		Destroyed    bool   `json:"destroyed"`
	} `json:"metadata"`
}

func readKV2(read vaultAnswer) (kv2Data, error) {
	var data kv2Data
	if len(read.Data) > 0 && json.Unmarshal(read.Data, &data) != nil {
		return kv2Data{}, errUnreadable
	}
	return data, nil
}

// isNothing reports whether there is no JSON, or null.
func isNothing(text json.RawMessage) bool { return len(text) == 0 || string(text) == "null" }

// untilRotation is how long a secret of a static role stays as it is, 0 if it is none of such a role.
func untilRotation(data json.RawMessage) time.Duration {
	var role struct {
		RotationPeriod   json.Number `json:"rotation_period"`
		RotationSchedule string      `json:"rotation_schedule"`
		TTL              json.Number `json:"ttl"`
	}
	if json.Unmarshal(data, &role) != nil || role.RotationPeriod == "" && role.RotationSchedule == "" {
		return 0
	}
	left, err := role.TTL.Int64()
	if err != nil || left < 0 {
		return 0
	}
	return seconds(left) + time.Second
}
