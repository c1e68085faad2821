/* SPDX-License-Identifier: ISC
 *
 * map_line.c - one logical line of a postmap or texthash source.
 */

#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "base/utf8.h"
#include "internal.h"

/* The end of the key: white space outside double quotes. NULL: a quote is
 * open. */
static char *find_key_end(char *line)
{
    bool quoted = false;
    char *p;

    for (p = line; *p != 0; p++) {
        if (*p == '\\' && p[1] != 0)
            p++;
        else if (*p == '"')
            quoted = !quoted;
        else if (!quoted && text_is_space((unsigned char)*p))
            break;
    }
    return quoted ? NULL : p;
}

bool map_line_parse(const struct text_source *source, char *line, bool utf8,
                    const char *ignoring, char **key, char **value)
{
    if (utf8 && !text_is_ascii(line) && !utf8_is_valid(line, strlen(line))) {
        log_warning("%s, line %zu: non-UTF-8 input \"%s\" -- ignoring this "
                    "line",
                    source->path, source->first_line,
                    text_printable(line, '?', false));
        return false;
    }
    char *end = find_key_end(line);
    if (end == NULL) {
        log_warning("%s, line %zu: unbalanced '\"' in '%s' -- ignoring this "
                    "line",
                    source->path, source->first_line, line);
        return false;
    }
    char *rest = end + (*end != 0);
    *end = 0;
    *key = line;
    *value = text_trim(rest);
    if (**key == 0 || **value == 0) {
        log_warning("%s, line %zu: expected format: key whitespace value%s",
                    source->path, source->first_line, ignoring);
        return false;
    }
    if (end[-1] == ':')
        log_warning("%s, line %zu: record is in \"key: value\" format; is "
                    "this an alias file?",
                    source->path, source->first_line);
    return true;
}
