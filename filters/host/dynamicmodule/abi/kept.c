// What an attempt keeps for those that follow it. Envoy 1.40 destroys the filters of a module from its dispatcher's list, when the
// stream is out of reach, and so too late for an attempt to put back the headers that it has rewritten (http/dynamic_modules/filter.cc,
// onDestroy). A request's filter state is shared by all of its attempts and goes with it.
#define _GNU_SOURCE
#include <dlfcn.h>

#include "module.h"

// The ABI does not tell Envoy's version; this came with the later end.
bool destroys_late;

__attribute__((constructor)) static void find_end(void) {
  destroys_late = dlsym(RTLD_DEFAULT, "envoy_dynamic_module_callback_http_has_filter_state") != NULL;
}

static const text key = {"funcroute.attempt", sizeof "funcroute.attempt" - 1};

void keep(envoy_ptr envoy, const char* packed, size_t length) {
  envoy_dynamic_module_callback_http_set_filter_state_bytes((void*)envoy, key, (text){packed, length});
}

view kept(envoy_ptr envoy) {
  view found = {NULL, 0};
  envoy_dynamic_module_callback_http_get_filter_state_bytes((void*)envoy, key, &found);
  return found;
}
