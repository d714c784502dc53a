#include "yardstick.h"

#include <rapidjson/document.h>

size_t yardstick_parse(const char *text, size_t length, size_t times) {
  size_t members = 0;
  for (size_t i = 0; i < times; i++) {
    rapidjson::Document document;
    document.Parse(text, length);
    if (document.HasParseError() || !document.IsObject()) return 0;
    members = document.MemberCount();
  }
  return members;
}
