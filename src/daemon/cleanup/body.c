/* SPDX-License-Identifier: ISC
 *
 * body.c - the lines behind the headers.
 */
#include "mail/record.h"
#include "message.h"

/* Only the beginning of each part is looked at: attachments are large. */
static bool may_check(const struct message *m, size_t length, off_t offset)
{
    return (m->flags & CLEANUP_FILTER) && !m->checks_off && length > 0 &&
           checks_have_body() &&
           offset < cleanup_params.body_checks_size_limit;
}

/* Of text that was converted, the next lines follow. */
static enum check_verdict check(struct message *m, const char **text,
                                size_t *length)
{
    if ((*text)[*length] != '\0') {
        arena_reset(m->scratch);
        *text = arena_strndup(m->scratch, *text, *length);
    }
    return checks_body(m, text, length);
}

void body_handle(void *context, enum mime_line_kind kind, const char *text,
                 size_t length, off_t offset)
{
    struct message *m = context;

    if (message_failed(m))
        return;
    if (may_check(m, length, offset) &&
        check(m, &text, &length) == CHECK_DROP)
        return;
    output_record(m, kind == MIME_LINE_END ? REC_NORM : REC_CONT, text,
                  length);
}
