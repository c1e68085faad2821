/* SPDX-License-Identifier: ISC
 *
 * filter.c - *_dns_reply_filter: tables that make records disappear.
 *
 * A record is looked up as text, "name ttl class type preference value", as
 * postconf(5) shows it.
 */
#include <stdio.h>

#include "base/log.h"
#include "base/text.h"
#include "dns_private.h"
#include "table/maps.h"

/* Set once at start, NULL: no filter. */
static struct maps *filter;
static const char *filter_name;

void dns_set_up(const struct dns_setup *setup)
{
    maps_close(filter);
    filter = NULL;
    filter_name = setup->filter_name;
    if (setup->reply_filter != NULL && setup->reply_filter[0] != '\0')
        filter = maps_open("DNS reply filter", setup->reply_filter,
                           TABLE_FOLD);
}

static void record_format(struct str *out, const struct dns_record *record)
{
    char address[ADDR_TEXT_SIZE];

    str_setf(out, "%s. %u IN %s ", record->owner, record->ttl_s,
             dns_type_name(record->type));
    switch (record->type) {
    case DNS_A:
    case DNS_AAAA:
        str_add(out, addr_format(&record->address, address));
        return;
    case DNS_MX:
        str_addf(out, "%d %s.", record->preference, record->target);
        return;
    case DNS_SRV:
        str_addf(out, "%d %d %d %s.", record->preference, record->weight,
                 record->port, record->target);
        return;
    case DNS_NS:
    case DNS_CNAME:
    case DNS_PTR:
        str_addf(out, "%s.", record->target);
        return;
    case DNS_TXT:
        str_add(out, (const char *)record->data);
        return;
    case DNS_SOA:
    case DNS_TLSA:
        return;
    }
}

static enum answer judge(const char *record, const char *action)
{
    if (text_equal_nocase(action, "IGNORE")) {
        log_info("ignoring DNS RR: %s", record);
        return FOUND;
    }
    log_warning("%s: unknown DNS filter action: \"%s\"", filter_name, action);
    return FAILED;
}

enum answer dns_filter_drops(const struct dns_record *record)
{
    struct str text = STR_EMPTY, action = STR_EMPTY;

    if (filter == NULL)
        return ABSENT;
    record_format(&text, record);
    text_printable(text.data, '?', false);
    enum answer found = maps_get(filter, text.data, false, &action);
    if (found == FOUND)
        found = judge(text.data, action.data);
    str_fini(&text);
    str_fini(&action);
    return found;
}
