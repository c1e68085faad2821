/* SPDX-License-Identifier: ISC
 *
 * file_value.c - values that are the content of files (postmap -F).
 */

#include "base/base64.h"
#include "base/file.h"
#include "base/text.h"
#include "internal.h"

enum { MAX_FILE = 100 << 20 };

bool file_value_read(struct str *out, const char *list, struct error *why)
{
    struct arena *arena = arena_new();
    struct str all = STR_EMPTY;
    struct str one = STR_EMPTY;
    struct error reason = ERROR_NONE;
    size_t count;
    char **paths = text_split(arena, list, NULL, &count);
    bool good = true;

    if (count == 0)
        good = error_set(why, "empty pathname list: >>%s<<'", list);
    for (size_t i = 0; good && i < count; i++) {
        good = file_read(paths[i], MAX_FILE, &one, &reason);
        if (!good)
            error_set(why, "%s", reason.text);
        if (i > 0)
            str_add_char(&all, '\n');
        str_add_bytes(&all, one.data, one.length);
    }
    str_clear(out);
    if (good)
        base64_encode(out, all.data, all.length);
    str_fini(&one);
    str_fini(&all);
    arena_free(arena);
    return good;
}
