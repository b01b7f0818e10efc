// golang_filter.cc Filter::getStringPropertyInternal over source/extensions/filters/common/expr/context.cc. What upstream
// knows and the ABI does not is refused; what upstream does not know is CAPIValueNotFound.
#include <stdio.h>
#include <string.h>

#include "contribhost.h"

enum source { text, number, flag, url_path_or_query, refused };
struct attribute {
  const char* path;
  enum source source;
  abi_attribute id;
};
#define ID(name) envoy_dynamic_module_type_attribute_id_##name

static const struct attribute attributes[] = {
    {"request.path", text, ID(RequestPath)},
    {"request.url_path", text, ID(RequestUrlPath)},
    {"request.host", text, ID(RequestHost)},
    {"request.scheme", text, ID(RequestScheme)},
    {"request.method", text, ID(RequestMethod)},
    {"request.referer", text, ID(RequestReferer)},
    {"request.useragent", text, ID(RequestUserAgent)},
    {"request.protocol", text, ID(RequestProtocol)},
    {"request.query", url_path_or_query, ID(RequestQuery)},
    {"request.headers_bytes", refused, 0},
    {"request.time", refused, 0},
    {"request.size", refused, 0},
    {"request.total_size", refused, 0},
    {"request.duration", refused, 0},
    {"response.code", number, ID(ResponseCode)},
    {"response.code_details", text, ID(ResponseCodeDetails)},
    {"response.headers_bytes", refused, 0},
    {"response.flags", refused, 0},
    {"response.grpc_status", refused, 0},
    {"response.size", refused, 0},
    {"response.total_size", refused, 0},
    {"response.backend_latency", refused, 0},
    {"source.address", text, ID(SourceAddress)},
    {"source.port", number, ID(SourcePort)},
    {"destination.address", text, ID(DestinationAddress)},
    {"destination.port", number, ID(DestinationPort)},
    {"connection.id", number, ID(ConnectionId)},
    {"connection.tls_version", text, ID(ConnectionTlsVersion)},
    {"connection.subject_local_certificate", text, ID(ConnectionSubjectLocalCertificate)},
    {"connection.subject_peer_certificate", text, ID(ConnectionSubjectPeerCertificate)},
    {"connection.uri_san_local_certificate", text, ID(ConnectionUriSanLocalCertificate)},
    {"connection.uri_san_peer_certificate", text, ID(ConnectionUriSanPeerCertificate)},
    {"connection.dns_san_local_certificate", text, ID(ConnectionDnsSanLocalCertificate)},
    {"connection.dns_san_peer_certificate", text, ID(ConnectionDnsSanPeerCertificate)},
    {"connection.sha256_peer_certificate_digest", text, ID(ConnectionSha256PeerCertificateDigest)},
    {"connection.requested_server_name", url_path_or_query, ID(ConnectionRequestedServerName)},
    {"connection.mtls", flag, ID(ConnectionMtls)},
    {"connection.termination_details", refused, 0},
    {"connection.transport_failure_reason", refused, 0},
    {"connection.peer_certificate", refused, 0},
    {"connection.peer_certificate_valid", refused, 0},
    {"upstream.address", text, ID(UpstreamAddress)},
    {"upstream.port", number, ID(UpstreamPort)},
    {"upstream.local_address", text, ID(UpstreamLocalAddress)},
    {"upstream.transport_failure_reason", refused, 0},
    {"upstream.locality", refused, 0},
    {"upstream.cx_pool_ready_duration", refused, 0},
    {"upstream.request_attempt_count", refused, 0},
    {"upstream.num_endpoints", refused, 0},
    {"upstream.server_name", refused, 0},
    // Without a route upstream finds nothing, the ABI says "" as it does for a route without a name.
    {"xds.route_name", text, ID(XdsRouteName)},
    {"xds.virtual_host_name", refused, 0},
    {"xds.virtual_host_metadata", refused, 0},
    {"xds.filter_chain_name", refused, 0},
    {"xds.listener_metadata", refused, 0},
    {"xds.listener_direction", refused, 0},
};

static const struct {
  const char* path;
  abi_source source;
} metadata[] = {
    {"xds.cluster_metadata", envoy_dynamic_module_type_metadata_source_Cluster},
    {"xds.route_metadata", envoy_dynamic_module_type_metadata_source_Route},
    {"xds.upstream_host_metadata", envoy_dynamic_module_type_metadata_source_Host},
    {"xds.upstream_host_locality_metadata", envoy_dynamic_module_type_metadata_source_HostLocality},
    {"metadata", envoy_dynamic_module_type_metadata_source_Dynamic},
};

// The rest of `path` behind `prefix` and a dot; "" when it is the whole path.
static const char* rest_of(const char* path, size_t len, const char* prefix, size_t* rest) {
  size_t n = strlen(prefix);
  if (len < n || memcmp(path, prefix, n) != 0 || (len > n && path[n] != '.')) {
    return NULL;
  }
  *rest = len > n ? len - n - 1 : 0;
  return path + len - *rest;
}

static CAPIStatus attribute_value(struct stream* s, const struct attribute* a, struct bytes* out) {
  abi_view view;
  uint64_t integer;
  bool boolean = false;
  char digits[32];
  switch (a->source) {
  case text:
  case url_path_or_query:
    if (envoy_dynamic_module_callback_http_filter_get_attribute_string(s->envoy, a->id, &view)) {
      bytes_append(out, view.ptr, view.length);
      return CAPIOK;
    }
    return a->source == url_path_or_query ? CAPIOK : CAPIValueNotFound; // these two are "" where there is none
  case number:
    if (envoy_dynamic_module_callback_http_filter_get_attribute_int(s->envoy, a->id, &integer)) {
      bytes_append(out, digits, (size_t)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)integer));
      return CAPIOK;
    }
    return CAPIValueNotFound;
  case flag: // false without TLS, where the ABI says nothing
    envoy_dynamic_module_callback_http_filter_get_attribute_bool(s->envoy, a->id, &boolean);
    bytes_append(out, boolean ? "true" : "false", boolean ? 4 : 5);
    return CAPIOK;
  default:
    return refuse("property %s: not in the ABI, or not in upstream's form", a->path);
  }
}

// FILTER_METADATA.NAMESPACE.KEY below a Metadata message. Namespaces with dots cannot be reached, as upstream.
static CAPIStatus below_metadata(struct stream* s, abi_source source, const char* path, size_t len, struct bytes* out) {
  size_t rest;
  const char* at = rest_of(path, len, "filter_metadata", &rest);
  if (at == NULL || !metadata_exists(s, source)) {
    return at == NULL && len >= 5 && memcmp(path, "typed", 5) == 0
               ? refuse("property %.*s: the ABI does not show typed metadata", (int)len, path)
               : CAPIValueNotFound;
  }
  const char* dot = memchr(at, '.', rest);
  if (rest == 0) {
    log_error("map type property result is not supported yet");
    return CAPISerializationFailure;
  }
  if (dot == NULL) {
    return refuse("property %.*s: a whole namespace", (int)len, path);
  }
  const char* key = dot + 1;
  size_t key_len = rest - (size_t)(key - at);
  return metadata_scalar_text(s, source, (abi_text){at, (size_t)(dot - at)}, (abi_text){key, key_len}, out);
}

// request.headers.NAME, response.headers.NAME, response.trailers.NAME; several values are joined with commas
// (source/common/http/header_utility.cc getAllOfHeaderAsString).
static CAPIStatus header_value(struct stream* s, envoy_dynamic_module_type_http_header_type kind, const char* name,
                               size_t len, struct bytes* out) {
  if (len == 0) {
    log_error("map type property result is not supported yet");
    return CAPISerializationFailure;
  }
  abi_view value;
  size_t count = 0;
  if (!envoy_dynamic_module_callback_http_get_header(s->envoy, kind, (abi_text){name, len}, &value, 0, &count)) {
    return CAPIValueNotFound;
  }
  for (size_t i = 0; i < count; i++) {
    envoy_dynamic_module_callback_http_get_header(s->envoy, kind, (abi_text){name, len}, &value, i, NULL);
    bytes_append(out, ",", i > 0);
    bytes_append(out, value.ptr, value.length);
  }
  return CAPIOK;
}

CAPIStatus property_get(struct stream* s, const char* path, size_t len, struct bytes* out) {
  size_t rest;
  const char* at;
  abi_view view;
  for (size_t i = 0; i < sizeof(metadata) / sizeof(metadata[0]); i++) {
    if ((at = rest_of(path, len, metadata[i].path, &rest)) != NULL) {
      return rest == 0 ? metadata_message(s, metadata[i].source, out)
                       : below_metadata(s, metadata[i].source, at, rest, out);
    }
  }
  if ((at = rest_of(path, len, "request.headers", &rest)) != NULL) {
    return header_value(s, envoy_dynamic_module_type_http_header_type_RequestHeader, at, rest, out);
  }
  if ((at = rest_of(path, len, "response.headers", &rest)) != NULL) {
    // Upstream sets the response's headers in encodeHeaders; before that the map is there and empty.
    return s->reply != NULL && rest > 0 ? refuse("property %.*s of a local reply under way", (int)len, path)
                                        : header_value(s, envoy_dynamic_module_type_http_header_type_ResponseHeader, at,
                                                       rest, out);
  }
  if ((at = rest_of(path, len, "response.trailers", &rest)) != NULL) {
    return header_value(s, envoy_dynamic_module_type_http_header_type_ResponseTrailer, at, rest, out);
  }
  if (bytes_is(path, len, "request.id")) { // the header, not the ABI's attribute
    return header_value(s, envoy_dynamic_module_type_http_header_type_RequestHeader, "x-request-id", 12, out);
  }
  if (bytes_is(path, len, "xds.cluster_name")) {
    if (!envoy_dynamic_module_callback_http_get_cluster_name(s->envoy, &view)) {
      return CAPIValueNotFound;
    }
    bytes_append(out, view.ptr, view.length);
    return CAPIOK;
  }
  for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
    if (bytes_is(path, len, attributes[i].path)) {
      return attribute_value(s, &attributes[i], out);
    }
  }
  if (rest_of(path, len, "filter_state", &rest) || rest_of(path, len, "upstream_filter_state", &rest)) {
    return refuse("property %.*s: filter state has its own calls", (int)len, path);
  }
  return CAPIValueNotFound;
}
