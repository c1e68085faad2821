/* SPDX-License-Identifier: ISC
 *
 * encodings.c - base 64 and base 16.
 */
#include <string.h>

#include "base/base64.h"
#include "base/hex.h"
#include "fuzz.h"

static bool same(const struct str *s, const char *data, size_t size)
{
    return s->length == size && memcmp(s->data, data, size) == 0;
}

FUZZ(encodings)
{
    size_t size;
    const char *data = fuzz_rest(in, &size);
    struct str text = STR_EMPTY, back = STR_EMPTY;

    base64_encode(&text, data, size);
    FUZZ_CHECK(base64_decode(&back, text.data, text.length));
    FUZZ_CHECK(same(&back, data, size));
    if (base64_decode(&back, data, size)) {
        base64_encode(&text, back.data, back.length);
        FUZZ_CHECK(same(&text, data, size));
    }
    for (int colons = 0; colons < 2; colons++) {
        hex_encode(&text, data, size, colons);
        FUZZ_CHECK(hex_decode(&back, text.data, text.length, colons));
        FUZZ_CHECK(same(&back, data, size));
        hex_decode(&back, data, size, colons);
    }
    str_fini(&text);
    str_fini(&back);
}
