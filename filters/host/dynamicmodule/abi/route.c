// The route that Envoy will take, which need not be the one that it shows. A filter may have Envoy forget its choice
// (clearRouteCache): Lua, jwt_authn, ext_authz and others do, and so do we. Envoy chooses anew when somebody next asks for the
// route or for its cluster, but to a module it shows the metadata and the name of the route that was chosen last, without
// asking (filters/http/dynamic_modules/abi_impl.cc, getMetadataNamespace, reads StreamInfo::route).
#include "module.h"

// choose_route has Envoy choose, if it has not since it forgot. Of all that asks for the route, the cluster's name costs
// least: a look whether there is a choice (conn_manager_impl.cc, ActiveStream::clusterInfo).
void choose_route(void* envoy) {
  view name = {NULL, 0};
  envoy_dynamic_module_callback_http_get_cluster_name(envoy, &name);
}

// choose_route_again has Envoy choose at once, by the headers as they are now.
void choose_route_again(envoy_ptr envoy) {
  envoy_dynamic_module_callback_http_clear_route_cache((void*)envoy);
  choose_route((void*)envoy);
}
