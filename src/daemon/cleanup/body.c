/* SPDX-License-Identifier: ISC
 *
 * body.c - the lines behind the headers.
 */
#include "mail/record.h"
#include "message.h"

/* Only the beginning of each part is looked at: attachments are large. */
static bool may_check(struct message *m, size_t length)
{
    size_t limit = (size_t)cleanup_params.body_checks_size_limit;

    if (!(m->flags & CLEANUP_FILTER) || m->checks_off || length == 0 ||
        !checks_have_body() || m->checked_bytes >= limit)
        return false;
    m->checked_bytes += length;
    return true;
}

void body_handle(void *context, enum mime_line_kind kind, const char *text,
                 size_t length, off_t offset)
{
    struct message *m = context;

    (void)offset;
    if (message_failed(m))
        return;
    if (may_check(m, length) && checks_body(m, &text, &length) == CHECK_DROP)
        return;
    output_record(m, kind == MIME_LINE_END ? REC_NORM : REC_CONT, text,
                  length);
}
