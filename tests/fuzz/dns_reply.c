/* SPDX-License-Identifier: ISC
 *
 * dns_reply.c - replies of name servers, as packets.
 */
#include <resolv.h>
#include <string.h>

#include "base/str.h"
#include "dns/query.h"
#include "fuzz.h"

static struct fuzz_input *packets;

/* In place of the resolver's own: each question takes the next packet, whose
 * length stands before it. */
static int next_packet(unsigned char *reply, int room)
{
    size_t length = (size_t)fuzz_byte(packets) << 8;

    length |= fuzz_byte(packets);
    if (length > packets->size)
        length = packets->size;
    if (length == 0)
        return -1;
    if (length > (size_t)room)
        length = (size_t)room;
    memcpy(reply, packets->data, length);
    packets->data += length;
    packets->size -= length;
    return (int)length;
}

int res_nquery(res_state state, const char *name, int class, int type,
               unsigned char *reply, int room)
{
    (void)state;
    (void)name;
    (void)class;
    (void)type;
    return next_packet(reply, room);
}

int res_nsearch(res_state state, const char *name, int class, int type,
                unsigned char *reply, int room)
{
    return res_nquery(state, name, class, type, reply, room);
}

static void check_record(const struct dns_record *record, enum dns_type type)
{
    char text[ADDR_TEXT_SIZE];

    FUZZ_CHECK(record->type == type && record->owner != NULL);
    switch (type) {
    case DNS_A:
    case DNS_AAAA:
        addr_format(&record->address, text);
        return;
    case DNS_MX:
    case DNS_NS:
    case DNS_PTR:
    case DNS_CNAME:
    case DNS_SRV:
        FUZZ_CHECK(record->target != NULL);
        return;
    case DNS_SOA:
    case DNS_TXT:
    case DNS_TLSA:
        FUZZ_CHECK(record->data != NULL);
        return;
    }
}

FUZZ(dns_reply)
{
    static const enum dns_type types[] = { DNS_A,   DNS_NS,   DNS_CNAME,
                                           DNS_SOA, DNS_PTR,  DNS_MX,
                                           DNS_TXT, DNS_AAAA, DNS_SRV,
                                           DNS_TLSA };
    unsigned char first = fuzz_byte(in);
    enum dns_type type = types[first % (sizeof types / sizeof *types)];
    unsigned flags = DNS_WANT_SECURE | (first >= 128 ? DNS_SEARCH : 0);
    struct dns_answer answer;

    packets = in;
    dns_query(in->arena, "example.com", type, flags, &answer);
    FUZZ_CHECK((answer.status == DNS_OK || answer.status == DNS_NULL_MX) ==
               (answer.records != NULL));
    for (struct dns_record *r = answer.records; r != NULL; r = r->next)
        check_record(r, type);
}
