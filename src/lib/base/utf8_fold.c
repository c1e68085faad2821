/* SPDX-License-Identifier: ISC
 *
 * utf8_fold.c - folding case for lookups; Unicode's rules come from ICU.
 *
 * Most names are ASCII and never get as far as ICU, whose data take longer to
 * load than many a process lives.
 */
#include "base/utf8.h"

#include <string.h>

#include "base/fatal.h"
#include "base/library.h"
#include "base/text.h"
#include "config.h"

#ifdef HAVE_ICU
#include <unicode/ucasemap.h>

#define ICU_FUNCTIONS(FUNCTION) \
    FUNCTION(ucasemap_open)     \
    FUNCTION(ucasemap_utf8FoldCase) FUNCTION(u_errorName)
LIBRARY(icu, LIBRARY_ICU, ICU_FUNCTIONS)

static const UCaseMap *case_map(void)
{
    static UCaseMap *map;
    if (map == NULL) {
        struct error why = ERROR_NONE;
        if (!icu_load(&why))
            fatal("%s", why.text);
        UErrorCode error = U_ZERO_ERROR;
        map = icu.ucasemap_open("", U_FOLD_CASE_DEFAULT, &error);
        if (U_FAILURE(error))
            fatal("ucasemap_open: %s", icu.u_errorName(error));
    }
    return map;
}

static bool fold_unicode(struct str *out, const char *text)
{
    size_t length = strlen(text), room = length;
    if (length > INT32_MAX / 8)
        return false;
    const UCaseMap *map = case_map(); /* loads the library */
    for (;;) {
        UErrorCode error = U_ZERO_ERROR;
        str_clear(out);
        str_reserve(out, room);
        int32_t made = icu.ucasemap_utf8FoldCase(map, out->data, (int32_t)room,
                                                 text, (int32_t)length, &error);
        if (error == U_BUFFER_OVERFLOW_ERROR && (size_t)made > room) {
            room = (size_t)made;
            continue;
        }
        if (U_FAILURE(error))
            return false;
        out->length = (size_t)made;
        out->data[made] = '\0';
        return true;
    }
}
#else
static bool fold_unicode(struct str *out, const char *text)
{
    str_set(out, text);
    text_lower(out->data);
    return true;
}
#endif

bool utf8_fold(struct str *out, const char *text, bool unicode)
{
    if (unicode && !text_is_ascii(text))
        return utf8_is_valid(text, strlen(text)) && fold_unicode(out, text);
    str_set(out, text);
    if (out->length > 0)
        text_lower(out->data);
    return true;
}
