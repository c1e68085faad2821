/* SPDX-License-Identifier: ISC
 *
 * xtext.c - xtext of DSN parameters, and its UTF-8 forms.
 */
#include "mail/xtext.h"

#include <string.h>

#include "base/utf8.h"
#include "fuzz.h"
#include "mail/dsn_notify.h"

FUZZ(xtext)
{
    struct str encoded = STR_EMPTY, decoded = STR_EMPTY;
    char *text = fuzz_rest(in, NULL);

    xtext_decode(&decoded, text);
    str_clear(&decoded);
    xtext_encode(&encoded, text, "\\");
    FUZZ_CHECK(xtext_decode(&decoded, encoded.data));
    FUZZ_CHECK(strcmp(decoded.data, text) == 0);
    str_clear(&decoded);
    if (utf8_xtext_decode(&decoded, text))
        FUZZ_CHECK(!utf8_is_valid(text, strlen(text)) ||
                   utf8_is_valid(decoded.data, decoded.length));
    dsn_notify_parse(text);
    dsn_return_parse(text);
    str_fini(&encoded);
    str_fini(&decoded);
}
