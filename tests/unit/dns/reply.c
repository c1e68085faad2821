/* SPDX-License-Identifier: ISC
 *
 * reply.c - tests of what a reply of the name server comes to, with a packet
 * in place of the resolver.
 */
#include <arpa/nameser.h>
#include <resolv.h>
#include <string.h>

#include "dns/query.h"
#include "test.h"

static unsigned char packet[512];
static size_t packet_length;

int res_nquery(res_state state, const char *name, int class, int type,
               unsigned char *reply, int room)
{
    (void)state;
    (void)name;
    (void)class;
    (void)type;
    CHECK((size_t)room >= packet_length);
    memcpy(reply, packet, packet_length);
    return (int)packet_length;
}

static void add(const void *data, size_t length)
{
    memcpy(packet + packet_length, data, length);
    packet_length += length;
}

/* A reply about "a.test" with no records. */
static void begin(enum dns_type type)
{
    const unsigned char head[] = { 0, 0, 0x84, 0, 0, 1, 0, 0, 0, 0, 0, 0 };
    const unsigned char end[] = { 0, (unsigned char)type, 0, 1 };

    packet_length = 0;
    add(head, sizeof head);
    add("\1a\4test", 8);
    add(end, sizeof end);
}

/* One more record, with a time to live of 60 s. */
static void add_record(enum dns_type type, const void *data, size_t length)
{
    const unsigned char head[] = { 0xc0, 12, 0, (unsigned char)type, 0, 1, 0,
                                   0, 0, 60, 0, (unsigned char)length };

    packet[7]++;
    add(head, sizeof head);
    add(data, length);
}

static void reply_with_two_addresses(void)
{
    begin(DNS_A);
    add_record(DNS_A, "\xc0\0\2\1", 4);
    add_record(DNS_A, "\xc0\0\2\2", 4);
}

static int count(const struct dns_answer *answer)
{
    int n = 0;

    for (const struct dns_record *r = answer->records; r != NULL; r = r->next)
        n++;
    return n;
}

static void check_filtered(const char *filter, enum dns_status status,
                           int records, const char *reason)
{
    struct arena *arena = arena_new();
    const struct dns_setup setup = { .reply_filter = filter,
                                     .filter_name = "filter" };
    struct dns_answer answer;

    dns_set_up(&setup);
    dns_query(arena, "a.test", DNS_A, 0, &answer);
    CHECK_INT(answer.status, status);
    CHECK_INT(count(&answer), records);
    CHECK_STR(answer.reason, reason);
    dns_set_up(&(struct dns_setup) { .reply_filter = "" });
    arena_free(arena);
}

/* A filter that leaves nothing is not a name without records, and one that
 * cannot be understood is never one that says nothing. */
TEST(replies_are_filtered)
{
    const char *bad = "Error looking up name=a.test type=A: Invalid DNS reply "
                      "filter syntax";

    reply_with_two_addresses();
    check_filtered("", DNS_OK, 2, "");
    check_filtered("inline:{{a.test. 60 IN A 192.0.2.1=IGNORE}}", DNS_OK, 1,
                   "");
    check_filtered("static:ignore", DNS_FILTERED, 0,
                   "Error looking up name=a.test type=A: " DNS_FILTERED_TEXT);
    check_filtered("inline:{{a.test. 60 IN A 192.0.2.2=NONSENSE}}", DNS_RETRY,
                   0, bad);
    check_filtered("fail:here", DNS_RETRY, 0, bad);
}

TEST(replies_without_records_are_not_filtered)
{
    begin(DNS_A);
    check_filtered("static:IGNORE", DNS_NO_DATA, 0,
                   "Host or domain name not found. Name service error for "
                   "name=a.test type=A: Host found but no data record of "
                   "requested type");
}

static void check_alias(const char *target, size_t length,
                        enum dns_status status, const char *reason)
{
    struct arena *arena = arena_new();
    struct dns_answer answer;

    begin(DNS_A);
    add_record(DNS_CNAME, target, length);
    dns_query(arena, "a.test", DNS_A, 0, &answer);
    CHECK_INT(answer.status, status);
    CHECK_INT(count(&answer), 0);
    CHECK_STR(answer.reason, reason);
    arena_free(arena);
}

/* An alias that leads nowhere is not a name without records. */
TEST(aliases_are_names_of_hosts)
{
    const char *bad = "Name service error for name=a.test type=A: Malformed or "
                      "unexpected name server reply";

    check_alias("\3a b\4test", 10, DNS_INVALID, bad);
    check_alias("\0", 1, DNS_INVALID, bad);
    check_alias("\xc0\xff", 2, DNS_RETRY, bad);
    check_alias("\xc0\f", 2, DNS_NOT_FOUND, "Name server loop for a.test");
}
