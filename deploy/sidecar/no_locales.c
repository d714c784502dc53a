/* Takes the place of ICU's data, which Foundation brings along for a YAML parser that uses none of it: 34 MB of names
 * of months and currencies. Nothing here formats or compares by a locale. What would ask is told that there are none.
 *
 * The table of contents of ICU's common data, with no entry: a data header (ICU's udata.h) and the number of entries.
 * ICU_DATA is the symbol's name, which has ICU's version in it. */
#include <stdint.h>

const struct {
  uint16_t header_bytes;
  uint8_t magic[2];
  uint16_t info_bytes, reserved;
  uint8_t is_big_endian, charset_family, char_bytes, reserved_byte;
  uint8_t format[4], format_version[4], data_version[4];
  uint8_t padding[8];
  uint32_t entries, end;
} ICU_DATA __attribute__((aligned(16))) = {
    .header_bytes = 32,
    .magic = {0xDA, 0x27},
    .info_bytes = 20,
    .is_big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__,
    .char_bytes = 2,
    .format = {'T', 'o', 'C', 'P'},
    .format_version = {1},
};
