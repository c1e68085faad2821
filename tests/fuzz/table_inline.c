/* SPDX-License-Identifier: ISC
 *
 * table_inline.c - tables that stand in main.cf itself.
 */
#include <string.h>

#include "fuzz.h"
#include "table/maps.h"

static void ask(struct fuzz_input *in, const char *type, const char *text,
                const char *key)
{
    struct str value = STR_EMPTY;
    struct maps *maps =
        maps_open("test", arena_printf(in->arena, "%s:%s", type, text),
                  TABLE_FOLD);

    maps_get(maps, key, false, &value);
    maps_close(maps);
    str_fini(&value);
}

/* proxy: waits minutes for a service that does not run. */
static bool is_slow(const char *text, bool is_costly)
{
    return strstr(text, "proxy:") != NULL ||
           (is_costly && strstr(text, "regexp") != NULL);
}

FUZZ(table_inline)
{
    static const char *const types[] = { "inline", "randmap", "unionmap",
                                         "pipemap", "static", "cidr",
                                         "{inline" };
    unsigned type = fuzz_byte(in) % (sizeof types / sizeof *types);
    char *key = fuzz_line(in);
    bool is_costly = fuzz_is_costly(in);
    char *text = fuzz_rest(in, NULL);

    if (!is_slow(text, is_costly))
        ask(in, types[type], text, key);
}
