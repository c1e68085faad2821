/* SPDX-License-Identifier: ISC
 *
 * extract.c - sendmail -t: recipients from the headers of the message.
 *
 * A message that was resent goes to those whom it is resent to, and not
 * again to those who got it the first time (RFC 5322, section 3.6.6).
 */
#include <string.h>

#include "config/params.h"
#include "mail/header.h"
#include "mail/token822.h"
#include "sendmail.h"

struct address_visit {
    struct arena *arena;
    struct address_list *list;
};

static void add_spec(struct token822 **spec, void *context)
{
    struct address_visit *visit = context;

    ARRAY_ADD(visit->list, token822_internal(visit->arena, *spec));
}

void address_list_add(struct arena *arena, struct address_list *list,
                      const char *text)
{
    struct address_visit visit = { arena, list };

    token822_each_address(
        token822_parse(arena, text,
                       (size_t)message_params.header_address_token_limit),
        add_spec, &visit);
}

static void take_header(struct extract *e)
{
    const struct header_info *info = header_find(e->header.data);
    struct address_list found = ARRAY_EMPTY;

    if (info == NULL)
        return;
    if (info->flags & HEADER_RESENT)
        e->is_resent = true;
    if (!(info->flags & HEADER_EXTRACT))
        return;
    address_list_add(e->arena, &found, header_value(e->header.data));
    for (size_t i = 0; i < found.count; i++)
        if (info->flags & HEADER_RESENT)
            ARRAY_ADD(&e->resent, found.items[i]);
        else
            ARRAY_ADD(&e->plain, found.items[i]);
    ARRAY_FREE(&found);
}

static void flush_header(struct extract *e)
{
    if (e->header.length > 0)
        take_header(e);
    str_clear(&e->header);
}

void extract_line(struct extract *e, const char *line, size_t length)
{
    if (e->is_over)
        return;
    bool continues = e->header.length > 0 && length > 0 &&
                     (*line == ' ' || *line == '\t');
    if (continues) {
        str_add_char(&e->header, '\n');
        str_add_bytes(&e->header, line, length);
        return;
    }
    flush_header(e);
    if (header_name_length(line, length) == 0)
        e->is_over = true;
    else
        str_set_bytes(&e->header, line, length);
}

void extract_end(struct extract *e)
{
    if (!e->is_over)
        flush_header(e);
    e->is_over = true;
}

void extract_free(struct extract *e)
{
    str_fini(&e->header);
    ARRAY_FREE(&e->plain);
    ARRAY_FREE(&e->resent);
}
