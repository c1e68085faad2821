/* SPDX-License-Identifier: ISC
 *
 * extracted.c - the records behind the content: what was learned from it, and
 * recipients that came from headers.
 */
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "mail/record.h"
#include "message.h"

static void put_filter(struct message *m)
{
    if (m->filter != NULL)
        output_text(m, REC_FILTER, m->filter);
    if (m->redirect != NULL)
        output_text(m, REC_REDIRECT, m->redirect);
    m->filter = m->redirect = NULL;
}

void extracted_begin(struct message *m)
{
    m->segment = extracted_record;
}

/* Behind what the client has to say of filters: what checks found is later,
 * and counts. */
static void put_findings(struct message *m)
{
    if (m->has_findings)
        return;
    m->has_findings = true;
    put_filter(m);
    output_attribute(m, "message_id", m->header.message_id);
    output_attribute(m, "encoding", m->encoding);
}

static void end_message(struct message *m)
{
    put_findings(m);
    bcc_always(m);
    output_record(m, REC_END, "", 0);
    m->is_complete = true;
}

static void take_attribute(struct message *m, const char *text)
{
    char *name, *value;

    if (text_split_nameval(arena_strdup(m->scratch, text), &name, &value))
        recipient_attribute(m, name, value);
}

/* A client may learn late of an access rule that concerns the message. */
void extracted_record(struct message *m, int type, const char *text,
                      size_t length)
{
    (void)length;
    if (type == REC_RCPT)
        put_findings(m);
    if (recipient_record(m, type, text))
        return;
    switch (type) {
    case REC_END: end_message(m); return;
    case REC_ATTR: take_attribute(m, text); return;
    case REC_FILTER:
    case REC_REDIRECT: output_text(m, type, text); return;
    case REC_FLAGS:
    case REC_DELAY: envelope_late_record(m, type, text); return;
    case REC_RRTO:
    case REC_ERTO:
    case REC_PRIO:
    case REC_KILLED: return;
    default:
        log_warning("%s: unexpected record type %d behind the content", m->id,
                    type);
        message_fail(m, CLEANUP_STAT_BAD, NULL);
        return;
    }
}
