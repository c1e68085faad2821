/* SPDX-License-Identifier: ISC
 *
 * bcc.c - copies that the administrator wants: always_bcc, sender_bcc_maps,
 * recipient_bcc_maps.
 */
#include "base/log.h"
#include "mail/find.h"
#include "message.h"

static struct maps *tables[2];

void bcc_set_up(void)
{
    const unsigned flags = TABLE_FOLD | TABLE_UTF8;

    tables[BCC_SENDER] =
        maps_open("sender_bcc_maps", cleanup_params.sender_bcc_maps, flags);
    tables[BCC_RECIPIENT] = maps_open(
        "recipient_bcc_maps", cleanup_params.recipient_bcc_maps, flags);
}

static const char *const titles[] = { "sender_bcc_maps",
                                      "recipient_bcc_maps" };

void bcc_of_address(struct message *m, enum bcc_kind kind, const char *address)
{
    struct str value = STR_EMPTY;

    if (!(m->flags & CLEANUP_BCC) || maps_is_empty(tables[kind]) ||
        message_failed(m))
        return;
    switch (find_address(tables[kind], m->results, address,
                         rewrite_find_options(), &value, NULL)) {
    case FOUND: recipient_add_bcc(m, value.data); break;
    case ABSENT: break;
    case FAILED:
        log_warning("%s: %s map lookup problem -- message not accepted, try "
                    "again later",
                    m->id, titles[kind]);
        message_fail(m, CLEANUP_STAT_WRITE, NULL);
        break;
    }
    str_fini(&value);
}

void bcc_always(struct message *m)
{
    if ((m->flags & CLEANUP_BCC) && *cleanup_params.always_bcc != '\0')
        recipient_add_bcc(m, cleanup_params.always_bcc);
    for (size_t i = 0; i < m->bcc.count; i++)
        recipient_add_bcc(m, m->bcc.items[i]);
}
