// What neither this host nor the dynamic-modules ABI offers: network filters, upstream connections, TCP bridges, secrets.
#include "contribhost.h"

CAPIStatus envoyGoFilterHttpGetStringSecret(void* r, void* key_data, int key_len, uint64_t* value_data, int* value_len) {
  (void)r, (void)value_data, (void)value_len;
  return refuse("secret %.*s: the ABI has no secrets", key_len, (char*)key_data);
}

CAPIStatus envoyGoFilterHttpSetDrainConnectionUponCompletion(void* r) {
  (void)r;
  return refuse("DrainConnectionUponCompletion: the ABI cannot drain a connection upon completion");
}

CAPIStatus envoyGoFilterDownstreamClose(void* wrapper, int close_type) {
  (void)wrapper, (void)close_type;
  return refuse("%s: HTTP filters only", __func__);
}

CAPIStatus envoyGoFilterDownstreamWrite(void* f, void* buffer_ptr, int buffer_len, int end_stream) {
  (void)f, (void)buffer_ptr, (void)buffer_len, (void)end_stream;
  return refuse("%s: HTTP filters only", __func__);
}

void envoyGoFilterDownstreamFinalize(void* wrapper, int reason) {
  (void)wrapper, (void)reason;
  refuse_fatally("%s: HTTP filters only", __func__);
}

CAPIStatus envoyGoFilterDownstreamInfo(void* wrapper, int t, void* ret) {
  (void)wrapper, (void)t, (void)ret;
  return refuse("%s: HTTP filters only", __func__);
}

void* envoyGoFilterUpstreamConnect(void* library_id, void* addr, uint64_t conn_id) {
  (void)library_id, (void)addr, (void)conn_id;
  refuse_fatally("%s: HTTP filters only", __func__);
}

CAPIStatus envoyGoFilterUpstreamConnEnableHalfClose(void* u, int enable_half_close) {
  (void)u, (void)enable_half_close;
  return refuse("%s: HTTP filters only", __func__);
}

CAPIStatus envoyGoFilterUpstreamWrite(void* u, void* buffer_ptr, int buffer_len, int end_stream) {
  (void)u, (void)buffer_ptr, (void)buffer_len, (void)end_stream;
  return refuse("%s: HTTP filters only", __func__);
}

CAPIStatus envoyGoFilterUpstreamClose(void* wrapper, int close_type) {
  (void)wrapper, (void)close_type;
  return refuse("%s: HTTP filters only", __func__);
}

void envoyGoFilterUpstreamFinalize(void* wrapper, int reason) {
  (void)wrapper, (void)reason;
  refuse_fatally("%s: HTTP filters only", __func__);
}

CAPIStatus envoyGoFilterUpstreamInfo(void* wrapper, int t, void* ret) {
  (void)wrapper, (void)t, (void)ret;
  return refuse("%s: HTTP filters only", __func__);
}

CAPIStatus envoyGoFilterSetFilterState(void* wrapper, void* key, void* value, int state_type, int life_span,
                                       int stream_sharing) {
  (void)wrapper, (void)key, (void)value, (void)state_type, (void)life_span, (void)stream_sharing;
  return refuse("%s: HTTP filters only", __func__);
}

CAPIStatus envoyGoFilterGetFilterState(void* wrapper, void* key, void* value) {
  (void)wrapper, (void)key, (void)value;
  return refuse("%s: HTTP filters only", __func__);
}

CAPIStatus envoyGoHttpTcpBridgeCopyHeaders(void* s, void* strs, void* buf) {
  (void)s, (void)strs, (void)buf;
  return refuse("%s: HTTP filters only", __func__);
}

CAPIStatus envoyGoHttpTcpBridgeSetRespHeader(void* s, void* key_data, int key_len, void* value_data, int value_len,
                                             headerAction action) {
  (void)s, (void)key_data, (void)key_len, (void)value_data, (void)value_len, (void)action;
  return refuse("%s: HTTP filters only", __func__);
}

CAPIStatus envoyGoHttpTcpBridgeRemoveRespHeader(void* s, void* key_data, int key_len) {
  (void)s, (void)key_data, (void)key_len;
  return refuse("%s: HTTP filters only", __func__);
}

CAPIStatus envoyGoHttpTcpBridgeGetBuffer(void* s, uint64_t buffer, void* value) {
  (void)s, (void)buffer, (void)value;
  return refuse("%s: HTTP filters only", __func__);
}

CAPIStatus envoyGoHttpTcpBridgeDrainBuffer(void* s, uint64_t buffer, uint64_t length) {
  (void)s, (void)buffer, (void)length;
  return refuse("%s: HTTP filters only", __func__);
}

CAPIStatus envoyGoHttpTcpBridgeSetBufferHelper(void* s, uint64_t buffer, void* data, int length, bufferAction action) {
  (void)s, (void)buffer, (void)data, (void)length, (void)action;
  return refuse("%s: HTTP filters only", __func__);
}

CAPIStatus envoyGoHttpTcpBridgeGetStringValue(void* r, int id, uint64_t* value_data, int* value_len) {
  (void)r, (void)id, (void)value_data, (void)value_len;
  return refuse("%s: HTTP filters only", __func__);
}

CAPIStatus envoyGoHttpTcpBridgeSetSelfHalfCloseForUpstreamConn(void* r, int enabled) {
  (void)r, (void)enabled;
  return refuse("%s: HTTP filters only", __func__);
}
