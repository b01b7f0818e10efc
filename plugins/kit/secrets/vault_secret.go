package secrets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/funcroute/funcroute/plugins/kit/exchange"
	"github.com/funcroute/funcroute/plugins/kit/keep"
)

// vaultSource is one path of Vault's. What has a lease is renewed in place, and read anew when that does not go on.
type vaultSource struct {
	vault *vault
	path  string // escaped
	// mount is what is known of the path's mount, nil if nothing is.
	mount atomic.Pointer[mount]
	held  atomic.Pointer[held]
	// refused says that what is held must not be renewed.
	refused atomic.Bool
}

// held is a secret with a lease.
type held struct {
	content   *content
	leaseID   string
	renewable bool
	life      time.Duration
	session   *session
}

func (v *vault) source(path string) (source, error) {
	escaped, err := escapePath(path)
	if err != nil {
		return nil, err
	}
	if !strings.Contains(escaped, "/") {
		return nil, errors.New("after vault: must stand a mount and a path in it, like vault:secret/db#password")
	}
	return &vaultSource{vault: v, path: escaped}, nil
}

func (s *vaultSource) rejected() { s.refused.Store(true) }

func (s *vaultSource) fetch(ctx context.Context) (keep.Found[*content], error) {
	if found, renewed := s.renew(ctx); renewed {
		return found, nil
	}
	known := s.mount.Load()
	if known == nil {
		asked, err := s.askMount(ctx)
		if err != nil {
			return keep.Found[*content]{}, err
		}
		known = &asked
	}
	if s.refused.Swap(false) {
		s.held.Store(nil) // Else what was refused would be renewed if it cannot be read anew at once.
	}
	found, err := s.read(ctx, *known)
	if err != nil {
		known = nil // Somebody may have mounted another engine there.
	}
	s.mount.Store(known)
	return found, err
}

// askMount asks which engine has the path.
func (s *vaultSource) askMount(ctx context.Context) (mount, error) {
	path := "sys/internal/ui/mounts/" + s.path
	answer, _, err := s.vault.ask(ctx, http.MethodGet, path, nil)
	if err != nil {
		return mount{}, err
	}
	if answer.Status != http.StatusOK {
		return mount{}, s.vault.refusal(path, answer)
	}
	found, err := readMount(answer)
	if err != nil {
		return mount{}, fmt.Errorf("%s/v1/%s: %w", s.vault.server, path, err)
	}
	return found, nil
}

// read reads the secret. What it has no lease for is read again in due time.
func (s *vaultSource) read(ctx context.Context, at mount) (keep.Found[*content], error) {
	path := s.path
	if rest, within := strings.CutPrefix(path, at.path+"/"); at.kv2 && within {
		path = at.path + "/data/" + rest
	}
	began := time.Now()
	answer, session, err := s.vault.ask(ctx, http.MethodGet, path, nil)
	if err != nil {
		return keep.Found[*content]{}, err
	}
	read, err := readVault(answer)
	switch {
	case answer.Status == http.StatusNotFound && err == nil && read.isVaults():
		return keep.Found[*content]{}, keep.Gone{Cause: s.missing(path, at, answer)}
	case answer.Status != http.StatusOK:
		return keep.Found[*content]{}, s.vault.refusal(path, answer)
	case err != nil:
		return keep.Found[*content]{}, fmt.Errorf("%s/v1/%s: %w", s.vault.server, path, err)
	}
	data := read.Data
	if at.kv2 {
		inner, err := readKV2(read)
		if err != nil || isNothing(inner.Data) {
			return keep.Found[*content]{}, fmt.Errorf("%s/v1/%s: there is no secret in its answer", s.vault.server, path)
		}
		data = inner.Data
	}
	found, err := jsonContent(data)
	if err != nil {
		return keep.Found[*content]{}, fmt.Errorf("%s/v1/%s: %w", s.vault.server, path, err)
	}
	if life := seconds(read.LeaseDuration); read.LeaseID != "" && life > 0 {
		lease := &held{content: found, leaseID: read.LeaseID, renewable: read.Renewable, life: life, session: session}
		s.held.Store(lease)
		return lease.found(began, life), nil
	}
	s.held.Store(nil)
	recheck := s.vault.refresh
	if left := untilRotation(data); left > 0 {
		recheck = min(recheck, left)
	}
	return keep.Found[*content]{Value: found, Recheck: recheck}, nil
}

// missing says of a 404 what is not there. KV 2 also answers so for a version that was deleted.
func (s *vaultSource) missing(path string, at mount, answer exchange.Answer) error {
	where := fmt.Sprintf("%s/v1/%s answers 404", s.vault.server, path)
	if !at.kv2 {
		return fmt.Errorf("%s: there is no such secret", where)
	}
	read, err := readVault(answer)
	data, err2 := readKV2(read)
	switch {
	case err == nil && err2 == nil && data.Metadata.Destroyed:
		return fmt.Errorf("%s: its version %d was destroyed", where, data.Metadata.Version)
	case err == nil && err2 == nil && data.Metadata.DeletionTime != "":
		return fmt.Errorf("%s: its version %d was deleted", where, data.Metadata.Version)
	case strings.HasPrefix(s.path, at.path+"/data/"):
		return fmt.Errorf("%s: there is no such secret; the path of a KV 2 secret is written without data/", where)
	}
	return fmt.Errorf("%s: there is no such secret", where)
}

// renew has a lease last longer, if there is one. A lease ends with the session in which it was given, so one of another session is not
// worth it.
func (s *vaultSource) renew(ctx context.Context) (found keep.Found[*content], renewed bool) {
	lease := s.held.Load()
	if lease == nil || !lease.renewable || s.refused.Load() {
		return found, false
	}
	current, err := s.vault.session(ctx)
	if err != nil || current != lease.session {
		return found, false
	}
	body, err := json.Marshal(map[string]string{"lease_id": lease.leaseID})
	if err != nil {
		return found, false
	}
	began := time.Now()
	answer, err := s.vault.call(ctx, current, http.MethodPost, "sys/leases/renew", body)
	if err != nil || answer.Status != http.StatusOK {
		return found, false
	}
	read, err := readVault(answer)
	left := seconds(read.LeaseDuration)
	if err != nil || left < lease.life/2 { // Its last renewals are near their end, so a new one is better.
		return found, false
	}
	return lease.found(began, left), true
}

// shortestLook keeps a secret whose end is near from being asked for without a pause. Where it was longer than what the secret has left, as a
// second is when the session is just about to be renewed, there would be none for the rest.
const shortestLook = 50 * time.Millisecond

// found is the secret as [keep.Value] keeps it: good until its lease or its session ends, and renewed at two thirds of that.
func (l *held) found(began time.Time, life time.Duration) keep.Found[*content] {
	end := began.Add(life)
	if session := l.session.end(); !session.IsZero() && session.Before(end) {
		end = session
	}
	return keep.Found[*content]{Value: l.content, Expires: end, Recheck: max(end.Sub(began)*2/3, shortestLook)}
}
