/* SPDX-License-Identifier: ISC
 *
 * delivered_to.c - has the message been here before?
 */
#include "delivery/delivered_to.h"

#include <stdlib.h>

#include "base/text.h"
#include "mail/header.h"
#include "mail/quote.h"

const struct dsn delivered_to_unreadable = {
    .status = "4.3.0", .reason = "queue file read error"
};

static void add(struct request *r, struct hash *out, char *value)
{
    char *address = unquote_822_dup(r->arena, text_trim(value));

    hash_put(out, text_lower(address), out);
}

/* A line longer than line_length_limit comes in pieces, of which only the first
 * says what it is. */
bool delivered_to_read(struct request *r, struct hash *out)
{
    static const char name[] = "Delivered-To:";
    struct str line = STR_EMPTY;
    struct error why = ERROR_NONE;
    bool at_start = true;
    int type;

    if (!message_reader_rewind_content(r->message))
        return false;
    while ((type = message_reader_content(r->message, &line)) >= 0 &&
           !(at_start && line.length == 0)) {
        if (at_start && text_has_prefix_nocase(line.data, name))
            add(r, out, line.data + sizeof name - 1);
        else if (at_start && !text_is_space(line.data[0]) &&
                 header_name_length(line.data, line.length) == 0)
            break;
        at_start = type == REC_NORM;
    }
    str_fini(&line);
    return type != REC_ERROR && !message_reader_failed(r->message, &why);
}

bool delivered_to_listed(const struct hash *addresses, const char *address)
{
    char *folded = text_lower(mem_strdup(address));
    bool is_listed = hash_has(addresses, folded);

    free(folded);
    return is_listed;
}

enum answer delivered_to_has(struct request *r, const char *address)
{
    struct hash *addresses = hash_new();
    enum answer answer = FAILED;

    if (delivered_to_read(r, addresses))
        answer = delivered_to_listed(addresses, address) ? FOUND : ABSENT;
    hash_free(addresses, NULL);
    return answer;
}
