#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "contribhost.h"

static void log_args(envoy_dynamic_module_type_log_level level, const char* format, va_list args) {
  if (!envoy_dynamic_module_callback_log_enabled(level)) {
    return;
  }
  char text[2048];
  int len = vsnprintf(text, sizeof(text), format, args);
  if (len < 0) {
    return;
  }
  if ((size_t)len >= sizeof(text)) {
    len = sizeof(text) - 1;
  }
  envoy_dynamic_module_callback_log(level, (abi_text){text, (size_t)len});
}

void log_at(envoy_dynamic_module_type_log_level level, const char* format, ...) {
  va_list args;
  va_start(args, format);
  log_args(level, format, args);
  va_end(args);
}

CAPIStatus refuse(const char* format, ...) {
  char text[1024];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof(text), format, args);
  va_end(args);
  log_critical("contribhost refuses: %s", text);
  return CAPIInvalidScene;
}

void refuse_fatally(const char* format, ...) {
  char text[1024];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof(text), format, args);
  va_end(args);
  log_critical("contribhost refuses and aborts: %s", text);
  fprintf(stderr, "contribhost refuses and aborts: %s\n", text);
  abort();
}

// common/log/cgo.cc FilterLogger::log. The lines come out under the logger `dynamic_modules`, upstream's is `golang`.
void envoyGoFilterLog(uint32_t level, void* message_data, int message_len) {
  if (level > envoy_dynamic_module_type_log_level_Off) {
    refuse_fatally("log level %u", level);
  }
  if (level == envoy_dynamic_module_type_log_level_Off) {
    return;
  }
  envoy_dynamic_module_callback_log((envoy_dynamic_module_type_log_level)level,
                                    (abi_text){message_data, (size_t)message_len});
}

// common/log/cgo.cc FilterLogger::level. The ABI only says whether a level is on; its numbers are spdlog's.
uint32_t envoyGoFilterLogLevel(void) {
  uint32_t level = envoy_dynamic_module_type_log_level_Trace;
  while (level < envoy_dynamic_module_type_log_level_Off &&
         !envoy_dynamic_module_callback_log_enabled((envoy_dynamic_module_type_log_level)level)) {
    level++;
  }
  return level;
}
