/* SPDX-License-Identifier: ISC
 *
 * order.c - tests of the order in which servers are tried.
 */
#include "../../../src/daemon/smtp/order.c"

#include <string.h>

#include "base/str.h"
#include "test.h"

struct want {
    const char *name, *address;
    int preference;
};

static struct server *make_list(const struct want *rows, size_t count)
{
    static struct server servers[20];
    struct server *list = NULL;

    for (size_t i = count; i-- > 0;) {
        memset(&servers[i], 0, sizeof servers[i]);
        servers[i].host = rows[i].name;
        servers[i].preference = rows[i].preference;
        addr_parse(rows[i].address, 25, &servers[i].addr);
        servers[i].next = list;
        list = &servers[i];
    }
    return list;
}

static const char *names(const struct server *list)
{
    static struct str out = STR_EMPTY;

    str_clear(&out);
    for (; list != NULL; list = list->next)
        str_add(&out, list->host);
    return out.data;
}

static const struct want rows[] = {
    { "a", "192.0.2.1", 20 }, { "b", "2001:db8::1", 10 },
    { "c", "192.0.2.2", 10 }, { "d", "192.0.2.3", 5 },
    { "e", "2001:db8::2", 20 },
};

TEST(servers_go_by_preference_and_family)
{
    struct server *list = make_list(rows, COUNT(rows));

    CHECK_STR(names(order_servers(list, false, 0)), "dbcae");
    list = make_list(rows, COUNT(rows));
    CHECK_STR(names(order_servers(list, false, AF_INET)), "dcbae");
    list = make_list(rows, COUNT(rows));
    CHECK_STR(names(order_servers(list, false, AF_INET6)), "dbcea");
    CHECK(order_servers(NULL, true, 0) == NULL);
}

TEST(chance_decides_among_equals_only)
{
    bool b_first = false, c_first = false;

    for (int i = 0; i < 200; i++) {
        const char *got =
            names(order_servers(make_list(rows, COUNT(rows)), true, 0));
        CHECK_INT(strlen(got), COUNT(rows));
        CHECK_INT(got[0], 'd');
        b_first = b_first || got[1] == 'b';
        c_first = c_first || got[1] == 'c';
    }
    CHECK(b_first);
    CHECK(c_first);
}

TEST(both_families_get_places)
{
    static const struct want many[] = {
        { "1", "2001:db8::1", 0 }, { "2", "2001:db8::2", 0 },
        { "3", "2001:db8::3", 0 }, { "4", "2001:db8::4", 0 },
        { "x", "192.0.2.1", 0 },   { "y", "192.0.2.2", 0 },
        { "z", "192.0.2.3", 0 },
    };
    static const struct {
        size_t count;
        int limit;
        const char *want;
    } cases[] = {
        { 7, 0, "1234xyz" }, { 7, 1, "1234xyz" }, { 7, 2, "1x" },
        { 7, 5, "123xy" },   { 5, 4, "123x" },    { 4, 2, "1234" },
        { 7, 7, "1234xyz" }, { 7, 6, "123xyz" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct server *list = make_list(many, cases[i].count);
        CHECK_STR(names(order_balance(list, cases[i].limit)), cases[i].want);
    }
}
