/* SPDX-License-Identifier: ISC
 *
 * bounce_log.c - the log of a message's failed recipients, of which the
 * delivery status notification is made.
 *
 * The first byte says which log it is.
 */
#include "../../src/daemon/bounce/log_reader.c"

#include "fuzz.h"

static void check_entry(const struct bounce_append *entry)
{
    for (size_t i = 0; i < sizeof text_fields / sizeof *text_fields; i++) {
        const char *text;
        memcpy(&text, (const char *)entry + text_fields[i].offset,
               sizeof text);
        FUZZ_CHECK(text != NULL && strchr(text, '\n') == NULL);
    }
    FUZZ_CHECK(entry->offset >= 0 && entry->dsn_notify >= 0);
}

FUZZ(bounce_log)
{
    const char *log = fuzz_byte(in) & 1 ? "bounce" : "defer";
    struct log_entries entries;
    char *text = fuzz_rest(in, NULL);

    parse(in->arena, log, "4XyzAbCdEfG", text, &entries);
    for (size_t i = 0; i < entries.count; i++)
        check_entry(&entries.items[i]);
}
