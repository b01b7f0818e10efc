// The part of cgo.cc that takes the httpRequest: route cache, stream info, dynamic metadata, filter state, properties.
#include <string.h>

#include "contribhost.h"

// cgo.cc envoyGoFilterHandlerWrapper
static CAPIStatus check(struct stream* s) {
  return in_go(&s->decoding) || in_go(&s->encoding) ? CAPIOK : CAPINotInGo;
}

// Upstream points Go at req->strValue and the SDK copies from there.
static void give(struct stream* s, uint64_t* value_data, int* value_len) {
  bytes_append(&s->str_value, "", 0);
  *value_data = (uint64_t)(uintptr_t)s->str_value.data;
  *value_len = (int)s->str_value.len;
}

static void give_view(struct stream* s, abi_view value, uint64_t* value_data, int* value_len) {
  bytes_set(&s->str_value, value.ptr, value.length);
  give(s, value_data, value_len);
}

// golang_filter.cc Filter::clearRouteCacheInternal. Refreshing is asking for the route; asking for the cluster does that
// (source/common/http/conn_manager_impl.cc ActiveStream::clusterInfo).
static void clear_route_cache(struct stream* s, bool refresh) {
  envoy_dynamic_module_callback_http_clear_route_cache(s->envoy);
  if (refresh) {
    metadata_exists(s, envoy_dynamic_module_type_metadata_source_Cluster);
  }
}

static void run_clear(struct stream* s, struct task* t) { clear_route_cache(s, t->a); }

// golang_filter.cc Filter::clearRouteCache. Without `refresh` upstream goes on to show the old route's metadata until someone
// asks for the route; here the next question for the cluster's metadata is such a one.
CAPIStatus envoyGoFilterHttpClearRouteCache(void* r, bool refresh) {
  struct stream* s = r;
  CAPIStatus status = check(s);
  if (status != CAPIOK) {
    return status;
  }
  if (stream_destroyed(s)) {
    return CAPIFilterIsDestroy;
  }
  if (stream_on_worker(s)) {
    clear_route_cache(s, refresh);
    return CAPIOK;
  }
  struct task* t = task_new(run_clear, NULL);
  t->a = refresh;
  post(s, t);
  return CAPIOK;
}

// golang_filter.h EnvoyValue
enum {
  RouteName = 1,
  FilterChainName,
  Protocol,
  ResponseCode,
  ResponseCodeDetails,
  AttemptCount,
  DownstreamLocalAddress,
  DownstreamRemoteAddress,
  UpstreamLocalAddress,
  UpstreamRemoteAddress,
  UpstreamClusterName,
  VirtualClusterName,
  SslConnectionExists = 100,
  SslPeerCertificatePresented = 101,
  SslSha256PeerCertificateDigest = 106,
  SslSubjectPeerCertificate = 108,
  SslSubjectLocalCertificate = 110,
  SslTlsVersion = 111,
  SslLast = 119,
};

static bool attribute(struct stream* s, abi_attribute id, abi_view* value) {
  return envoy_dynamic_module_callback_http_filter_get_attribute_string(s->envoy, id, value);
}

static bool has_tls(struct stream* s) {
  abi_view version;
  return attribute(s, envoy_dynamic_module_type_attribute_id_ConnectionTlsVersion, &version);
}

// golang_filter.cc Filter::getStringValue. What the ABI does not know of a TLS connection is refused where there is one.
static CAPIStatus string_value(struct stream* s, int id, abi_view* value) {
  abi_attribute from;
  bool always = false; // upstream answers "" where there is none
  switch (id) {
  case RouteName:
    from = envoy_dynamic_module_type_attribute_id_XdsRouteName;
    always = true;
    break;
  case FilterChainName:
    from = envoy_dynamic_module_type_attribute_id_XdsFilterChainName;
    always = true;
    break;
  case ResponseCodeDetails:
    from = envoy_dynamic_module_type_attribute_id_ResponseCodeDetails;
    break;
  case DownstreamLocalAddress:
    from = envoy_dynamic_module_type_attribute_id_DestinationAddress;
    break;
  case DownstreamRemoteAddress:
    from = envoy_dynamic_module_type_attribute_id_SourceAddress;
    break;
  case UpstreamLocalAddress:
    from = envoy_dynamic_module_type_attribute_id_UpstreamLocalAddress;
    break;
  case UpstreamRemoteAddress: // the host's address; upstream's is the connection's, the same unless a proxy stands between
    from = envoy_dynamic_module_type_attribute_id_UpstreamAddress;
    break;
  case UpstreamClusterName:
    return envoy_dynamic_module_callback_http_get_cluster_name(s->envoy, value) ? CAPIOK : CAPIValueNotFound;
  case SslSha256PeerCertificateDigest:
    from = envoy_dynamic_module_type_attribute_id_ConnectionSha256PeerCertificateDigest;
    break;
  case SslSubjectPeerCertificate:
    from = envoy_dynamic_module_type_attribute_id_ConnectionSubjectPeerCertificate;
    break;
  case SslSubjectLocalCertificate:
    from = envoy_dynamic_module_type_attribute_id_ConnectionSubjectLocalCertificate;
    break;
  case SslTlsVersion:
    from = envoy_dynamic_module_type_attribute_id_ConnectionTlsVersion;
    break;
  case VirtualClusterName:
    return refuse("the name of the virtual cluster: the ABI does not know it");
  default:
    if (id >= SslConnectionExists && id <= SslLast) {
      return has_tls(s) ? refuse("TLS value %d: the ABI does not know it", id) : CAPIValueNotFound;
    }
    refuse_fatally("invalid string value id: %d", id); // upstream: RELEASE_ASSERT
  }
  if (attribute(s, from, value)) {
    return CAPIOK;
  }
  *value = (abi_view){"", 0};
  return always ? CAPIOK : CAPIValueNotFound;
}

CAPIStatus envoyGoFilterHttpGetStringValue(void* r, int id, uint64_t* value_data, int* value_len) {
  struct stream* s = r;
  CAPIStatus status = check(s);
  if (status != CAPIOK) {
    return status;
  }
  pthread_mutex_lock(&s->mutex);
  abi_view value;
  status = stream_destroyed(s) ? CAPIFilterIsDestroy : string_value(s, id, &value);
  if (status == CAPIOK) {
    give_view(s, value, value_data, value_len);
  }
  pthread_mutex_unlock(&s->mutex);
  return status;
}

// source/common/http/utility.cc getProtocolString, backwards into Http::Protocol
static CAPIStatus protocol_value(struct stream* s, uint64_t* value) {
  static const char* names[] = {"HTTP/1.0", "HTTP/1.1", "HTTP/2", "HTTP/3"};
  abi_view name;
  if (!attribute(s, envoy_dynamic_module_type_attribute_id_RequestProtocol, &name)) {
    return CAPIValueNotFound;
  }
  for (uint64_t i = 0; i < 4; i++) {
    if (bytes_is(name.ptr, name.length, names[i])) {
      *value = i;
      return CAPIOK;
    }
  }
  return refuse("protocol %.*s", (int)name.length, name.ptr);
}

// golang_filter.cc Filter::getIntegerValue
static CAPIStatus integer_value(struct stream* s, int id, uint64_t* value) {
  bool flag;
  switch (id) {
  case Protocol:
    return protocol_value(s, value);
  case ResponseCode:
    return envoy_dynamic_module_callback_http_filter_get_attribute_int(
               s->envoy, envoy_dynamic_module_type_attribute_id_ResponseCode, value)
               ? CAPIOK
               : CAPIValueNotFound;
  case AttemptCount:
    return envoy_dynamic_module_callback_http_filter_get_attribute_int(
               s->envoy, envoy_dynamic_module_type_attribute_id_UpstreamRequestAttemptCount, value)
               ? CAPIOK
               : CAPIValueNotFound;
  case SslConnectionExists:
    *value = has_tls(s);
    return CAPIOK;
  case SslPeerCertificatePresented:
    if (!envoy_dynamic_module_callback_http_filter_get_attribute_bool(
            s->envoy, envoy_dynamic_module_type_attribute_id_ConnectionMtls, &flag)) {
      return CAPIValueNotFound;
    }
    *value = flag;
    return CAPIOK;
  default:
    if (id > SslConnectionExists && id <= SslLast) {
      return has_tls(s) ? refuse("TLS value %d: the ABI does not know it", id) : CAPIValueNotFound;
    }
    refuse_fatally("invalid integer value id: %d", id); // upstream: RELEASE_ASSERT
  }
}

CAPIStatus envoyGoFilterHttpGetIntegerValue(void* r, int id, uint64_t* value) {
  struct stream* s = r;
  CAPIStatus status = check(s);
  if (status != CAPIOK) {
    return status;
  }
  pthread_mutex_lock(&s->mutex);
  status = stream_destroyed(s) ? CAPIFilterIsDestroy : integer_value(s, id, value);
  pthread_mutex_unlock(&s->mutex);
  return status;
}

// A question that a goroutine asks is answered by a task; the goroutine sleeps until sema_dec. `rc` takes the status.
static CAPIStatus ask(struct stream* s, void (*run)(struct stream*, struct task*), void* key, int key_len,
                      uint64_t* value_data, int* value_len, int* rc) {
  struct task* t = task_new(run, NULL);
  bytes_append(&t->x, key, (size_t)key_len);
  t->out = value_data;
  t->out_len = value_len;
  t->out_rc = rc;
  post(s, t);
  return CAPIYield;
}

// golang_filter.cc Filter::populateSliceWithMetadata: an unknown namespace leaves the result alone.
static CAPIStatus dynamic_metadata(struct stream* s, const char* name, size_t len, uint64_t* value_data, int* value_len) {
  struct bytes message = {0};
  CAPIStatus status = metadata_struct(s, envoy_dynamic_module_type_metadata_source_Dynamic, (abi_text){name, len}, &message);
  if (status == CAPIOK) {
    bytes_set(&s->str_value, message.data, message.len);
    give(s, value_data, value_len);
  }
  bytes_free(&message);
  return status == CAPIValueNotFound ? CAPIOK : status;
}

static void run_dynamic_metadata(struct stream* s, struct task* t) {
  dynamic_metadata(s, t->x.data, t->x.len, t->out, t->out_len);
  s->go->sema_dec(&s->req);
}

// golang_filter.cc Filter::getDynamicMetadata
CAPIStatus envoyGoFilterHttpGetDynamicMetadata(void* r, void* name_data, int name_len, uint64_t* value_data,
                                               int* value_len) {
  struct stream* s = r;
  CAPIStatus status = check(s);
  if (status != CAPIOK) {
    return status;
  }
  pthread_mutex_lock(&s->mutex);
  if (stream_destroyed(s)) {
    status = CAPIFilterIsDestroy;
  } else if (stream_on_worker(s)) {
    status = dynamic_metadata(s, name_data, (size_t)name_len, value_data, value_len);
  } else {
    status = ask(s, run_dynamic_metadata, name_data, name_len, value_data, value_len, NULL);
  }
  pthread_mutex_unlock(&s->mutex);
  return status;
}

static void run_set_dynamic_metadata(struct stream* s, struct task* t) {
  metadata_set_dynamic(s, (abi_text){t->x.data, t->x.len}, (abi_text){t->y.data, t->y.len}, t->z.data, t->z.len);
}

// golang_filter.cc Filter::setDynamicMetadata
CAPIStatus envoyGoFilterHttpSetDynamicMetadata(void* r, void* name_data, int name_len, void* key_data, int key_len,
                                               void* buf_data, int buf_len) {
  struct stream* s = r;
  CAPIStatus status = check(s);
  if (status != CAPIOK) {
    return status;
  }
  if (stream_destroyed(s)) {
    return CAPIFilterIsDestroy;
  }
  if (stream_on_worker(s)) {
    return metadata_set_dynamic(s, (abi_text){name_data, (size_t)name_len}, (abi_text){key_data, (size_t)key_len},
                                buf_data, (size_t)buf_len);
  }
  struct task* t = task_new(run_set_dynamic_metadata, NULL);
  bytes_append(&t->x, name_data, (size_t)name_len);
  bytes_append(&t->y, key_data, (size_t)key_len);
  bytes_append(&t->z, buf_data, (size_t)buf_len);
  post(s, t);
  return CAPIOK;
}

static void run_set_filter_state(struct stream* s, struct task* t) {
  envoy_dynamic_module_callback_http_set_filter_state_bytes(s->envoy, (abi_text){t->x.data, t->x.len},
                                                            (abi_text){t->y.data, t->y.len});
}

// golang_filter.cc Filter::setStringFilterState: a Router::StringAccessorImpl, which is what the ABI stores too.
CAPIStatus envoyGoFilterHttpSetStringFilterState(void* r, void* key_data, int key_len, void* value_data, int value_len,
                                                 int state_type, int life_span, int stream_sharing) {
  (void)state_type; // upstream ignores it
  struct stream* s = r;
  CAPIStatus status = check(s);
  if (status != CAPIOK) {
    return status;
  }
  if (stream_destroyed(s)) {
    return CAPIFilterIsDestroy;
  }
  if (life_span != 0 || stream_sharing != 0) {
    return refuse("filter state %.*s with life span %d and sharing %d: the ABI stores for the filter chain, unshared",
                  key_len, (char*)key_data, life_span, stream_sharing);
  }
  if (stream_on_worker(s)) {
    envoy_dynamic_module_callback_http_set_filter_state_bytes(s->envoy, (abi_text){key_data, (size_t)key_len},
                                                              (abi_text){value_data, (size_t)value_len});
    return CAPIOK;
  }
  struct task* t = task_new(run_set_filter_state, NULL);
  bytes_append(&t->x, key_data, (size_t)key_len);
  bytes_append(&t->y, value_data, (size_t)value_len);
  post(s, t);
  return CAPIOK;
}

static void filter_state(struct stream* s, const char* key, size_t len, uint64_t* value_data, int* value_len) {
  abi_view value;
  if (envoy_dynamic_module_callback_http_get_filter_state_bytes(s->envoy, (abi_text){key, len}, &value)) {
    give_view(s, value, value_data, value_len);
  }
}

static void run_filter_state(struct stream* s, struct task* t) {
  filter_state(s, t->x.data, t->x.len, t->out, t->out_len);
  s->go->sema_dec(&s->req);
}

// golang_filter.cc Filter::getStringFilterState
CAPIStatus envoyGoFilterHttpGetStringFilterState(void* r, void* key_data, int key_len, uint64_t* value_data,
                                                 int* value_len) {
  struct stream* s = r;
  CAPIStatus status = check(s);
  if (status != CAPIOK) {
    return status;
  }
  pthread_mutex_lock(&s->mutex);
  if (stream_destroyed(s)) {
    status = CAPIFilterIsDestroy;
  } else if (stream_on_worker(s)) {
    filter_state(s, key_data, (size_t)key_len, value_data, value_len);
  } else {
    status = ask(s, run_filter_state, key_data, key_len, value_data, value_len, NULL);
  }
  pthread_mutex_unlock(&s->mutex);
  return status;
}

// golang_filter.cc Filter::getStringPropertyCommon
static CAPIStatus property(struct stream* s, const char* path, size_t len, uint64_t* value_data, int* value_len) {
  s->str_value.len = 0;
  CAPIStatus status = property_get(s, path, len, &s->str_value);
  if (status == CAPIOK) {
    give(s, value_data, value_len);
  }
  return status;
}

static void run_property(struct stream* s, struct task* t) {
  *t->out_rc = property(s, t->x.data, t->x.len, t->out, t->out_len);
  s->go->sema_dec(&s->req);
}

// golang_filter.cc Filter::getStringProperty
CAPIStatus envoyGoFilterHttpGetStringProperty(void* r, void* key_data, int key_len, uint64_t* value_data,
                                              int* value_len, int* rc) {
  struct stream* s = r;
  CAPIStatus status = check(s);
  if (status != CAPIOK) {
    return status;
  }
  pthread_mutex_lock(&s->mutex);
  if (stream_destroyed(s)) {
    status = CAPIFilterIsDestroy;
  } else if (stream_on_worker(s)) {
    status = property(s, key_data, (size_t)key_len, value_data, value_len);
  } else {
    status = ask(s, run_property, key_data, key_len, value_data, value_len, rc);
  }
  pthread_mutex_unlock(&s->mutex);
  return status;
}

static void run_override_host(struct stream* s, struct task* t) {
  // Upstream drops `strict` on this way.
  envoy_dynamic_module_callback_http_set_upstream_override_host(s->envoy, (abi_text){t->x.data, t->x.len}, false);
}

// golang_filter.cc Filter::setUpstreamOverrideHost. Envoy's callback makes the same test for an IP address.
CAPIStatus envoyGoFilterHttpSetUpstreamOverrideHost(void* p, void* host_data, int host_len, bool strict) {
  struct direction* d = p;
  if (!in_go(d)) {
    return CAPINotInGo;
  }
  if (stream_destroyed(d->stream)) {
    return CAPIFilterIsDestroy;
  }
  if (d->ps.is_encoding) {
    return CAPIInvalidPhase;
  }
  abi_text host = {host_data, (size_t)host_len};
  if (stream_on_worker(d->stream)) {
    return envoy_dynamic_module_callback_http_set_upstream_override_host(d->stream->envoy, host, strict)
               ? CAPIOK
               : CAPIInvalidIPAddress;
  }
  struct task* t = task_new(run_override_host, d);
  bytes_append(&t->x, host_data, (size_t)host_len);
  post(d->stream, t);
  return CAPIOK;
}
