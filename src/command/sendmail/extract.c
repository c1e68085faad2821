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
                      const char *text, bool empty)
{
    struct address_visit visit = { arena, list };
    size_t before = list->count;

    /* There are no more tokens than bytes: no recipient is cut off. */
    token822_each_address(token822_parse(arena, text, strlen(text) + 1),
                          add_spec, &visit);
    if (empty && list->count == before)
        ARRAY_ADD(list, "");
}

static void take_header(struct extract *e)
{
    const struct header_info *info = header_find(e->header.data);

    if (info != NULL && info->flags & HEADER_EXTRACT) {
        bool resent = info->flags & HEADER_RESENT;
        e->is_resent = e->is_resent || resent;
        address_list_add(e->arena, resent ? &e->resent : &e->plain,
                         header_value(e->header.data), false);
    }
    str_clear(&e->header);
}

static bool continues_header(const struct extract *e, const struct str *line,
                             bool starts)
{
    return e->header.length > 0 &&
           (!starts || line->data[0] == ' ' || line->data[0] == '\t');
}

enum extract_answer extract_line(struct extract *e, const struct str *line,
                                 bool starts)
{
    size_t limit = (size_t)message_params.header_size_limit;

    if (e->is_over)
        return EXTRACT_BODY;
    if (continues_header(e, line, starts)) {
        if (starts)
            str_add_char(&e->header, '\n');
        str_add_bytes(&e->header, line->data, line->length);
        return e->header.length > limit ? EXTRACT_TOO_LONG : EXTRACT_HEADER;
    }
    take_header(e);
    if (header_name_length(line->data, line->length) > 0) {
        str_set_bytes(&e->header, line->data, line->length);
        return EXTRACT_HEADER;
    }
    e->is_over = true;
    return line->length == 0 ? EXTRACT_HEADER : EXTRACT_UNTITLED;
}

const struct address_list *extract_recipients(struct extract *e)
{
    take_header(e);
    return e->is_resent ? &e->resent : &e->plain;
}

void extract_fini(struct extract *e)
{
    str_fini(&e->header);
    ARRAY_FREE(&e->plain);
    ARRAY_FREE(&e->resent);
}
