/* SPDX-License-Identifier: ISC
 *
 * table_texthash.c - the source of a texthash table, as that of an access map.
 */
#include <unistd.h>

#include "fuzz.h"
#include "table/table.h"

/* The first line is a key to look up in what follows. */
FUZZ(table_texthash)
{
    struct error why = ERROR_NONE;
    struct str value = STR_EMPTY;
    char *key = fuzz_line(in);
    int fd;
    const char *path = fuzz_file(in, &fd);
    struct table *table =
        table_open(arena_printf(in->arena, "texthash:%s", path), TABLE_READ,
                   TABLE_FOLD | TABLE_UTF8, &why);

    FUZZ_CHECK(table != NULL);
    table_get(table, key, &value);
    table_get(table, "user@example.com", &value);
    table_get(table, "192.0.2.1", &value);
    table_get(table, "2001:db8::1", &value);
    table_close(table);
    close(fd);
    str_fini(&value);
}
