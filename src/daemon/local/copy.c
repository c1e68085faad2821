/* SPDX-License-Identifier: ISC
 *
 * copy.c - the lines that a copy of a message begins and ends with.
 */
#include "base/text.h"
#include "local.h"
#include "mail/quote.h"

bool copy_has_delivered(const char *place)
{
    return text_lists_word_nocase(local_params.prepend_delivered_header,
                                  place);
}

void copy_set(struct copy_options *copy, const struct delivery *d,
              const char *place)
{
    struct arena *arena = d->job->arena;

    *copy = (struct copy_options){
        .return_path = quote_822_dup(arena, d->sender),
        .original_to = common_params.enable_original_recipient
                           ? quote_822_dup(arena, d->to.original)
                           : NULL,
        .delivered_to = copy_has_delivered(place)
                            ? quote_822_dup(arena, d->delivered)
                            : NULL,
        .arrival = d->job->request->times.arrival.tv_sec,
    };
}

void copy_set_from(struct copy_options *copy, const struct delivery *d)
{
    copy->from_line_sender =
        *d->sender == '\0' ? "MAILER-DAEMON" : copy->return_path;
}

void copy_set_mbox(struct copy_options *copy, const struct delivery *d)
{
    copy_set_from(copy, d);
    copy->quote_from = copy->blank_line_at_end = true;
}
