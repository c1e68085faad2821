/* SPDX-License-Identifier: ISC
 *
 * store.c - tests of the store of open sessions.
 */
#include "../../../src/daemon/scache/store.c"

#include <fcntl.h>

#include "test.h"

static int some_fd(void)
{
    return open("/dev/null", O_RDONLY);
}

static void add(const char *site, const char *server, deadline_t until)
{
    struct ipc_bytes session = { (const unsigned char *)server,
                                 strlen(server) };

    store_add(site, server, until, &session, some_fd());
}

/* The server's name, or "". */
static const char *taken(struct kept_session *kept)
{
    static char name[20];

    name[0] = '\0';
    if (kept != NULL) {
        CHECK_BYTES(kept->session, kept->length, kept->server,
                    strlen(kept->server));
        CHECK(fcntl(kept->connection, F_GETFD) >= 0);
        strcpy(name, kept->server);
        kept_session_free(kept);
    }
    return name;
}

TEST(a_session_is_taken_once)
{
    add("site", "server", 100);
    CHECK_STR(taken(store_take_server("other")), "");
    CHECK_STR(taken(store_take_site("server")), "");
    CHECK_STR(taken(store_take_site("site")), "server");
    CHECK_STR(taken(store_take_site("site")), "");
    CHECK_STR(taken(store_take_server("server")), "");
}

TEST(sites_share_servers)
{
    add("one", "server", 100);
    CHECK_STR(taken(store_take_server("server")), "server");
    add("two", "server", 100);
    CHECK_STR(taken(store_take_site("one")), "server");
    add("two", "server", 100);
    add("two", "second", 100);
    CHECK_STR(taken(store_take_site("two")), "second");
    CHECK_STR(taken(store_take_site("two")), "server");
}

TEST(what_is_old_is_closed)
{
    add("site", "old", 100);
    add("site", "new", 200);
    int fd = CONTAINER_OF(sessions.prev, struct kept_session, node)->connection;
    store_expire(100);
    CHECK(fcntl(fd, F_GETFD) < 0);
    CHECK_STR(taken(store_take_server("old")), "");
    CHECK_STR(taken(store_take_site("site")), "new");
    store_expire(200);
    CHECK(list_is_empty(&links));
}
