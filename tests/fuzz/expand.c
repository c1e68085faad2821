/* SPDX-License-Identifier: ISC
 *
 * expand.c - the expansion of $name, without a configuration around it.
 */
#include "base/expand.h"

#include <string.h>

#include "fuzz.h"

static const char *lookup(const char *name, void *context)
{
    return strlen(name) % 2 ? context : NULL;
}

/* The first line is the value that half of the names have. */
FUZZ(expand)
{
    char *value = fuzz_line(in), *text = fuzz_rest(in, NULL);
    struct expand_options options = { .lookup = lookup, .context = value };
    struct error why = ERROR_NONE;
    struct str out = STR_EMPTY;
    bool unknown = false;

    if (!expand_text(&out, text, &options, &unknown, &why))
        FUZZ_CHECK(why.text[0] != '\0');
    options.filter = "abc";
    str_clear(&out);
    expand_text(&out, text, &options, NULL, &why);
    /* Values that are expanded too must not name themselves for ever. */
    options.recursive = strchr(value, '$') == NULL;
    str_clear(&out);
    expand_text(&out, text, &options, &unknown, &why);
    str_fini(&out);
}
