/* SPDX-License-Identifier: ISC
 *
 * connect.c - connections, and sessions over them from begin to end.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sock.h"
#include "base/text.h"
#include "smtp.h"

enum { READ_WHILE_WRITING = 65536 };

/* debug_peer_list: the next hop, the server's name or its address. */
static bool is_debugged(const struct delivery *d, const struct server *server)
{
    struct match_list *list = settings()->debug_peers;

    return match_list_has(list, d->site.domain, NULL, NULL) == FOUND ||
           match_list_has(list, server->host,
                          server->port == 0 ? NULL : server->address,
                          NULL) == FOUND;
}

struct session *session_new(struct delivery *d, const struct server *server,
                            struct stream *stream)
{
    struct session *s = ARENA_NEW(d->arena, struct session);

    s->delivery = d;
    s->arena = d->arena;
    s->server = *server;
    s->is_lmtp = settings()->is_lmtp;
    s->born = clock_wall().tv_sec;
    s->label = arena_printf(s->arena, "%s[%s]", server->host, server->address);
    s->relay = server->port == 0 ? s->label
                                 : arena_printf(s->arena, "%s:%d", s->label,
                                                server->port);
    s->stream = stream;
    stream_read_while_writing(s->stream, READ_WHILE_WRITING);
    s->verbosity = log_verbose();
    if (is_debugged(d, server))
        s->verbosity += common_params.debug_peer_level;
    if (settings()->notify != 0)
        s->chat = chat_new();
    return s;
}

/* ---- Connecting --------------------------------------------------------- */

static const struct addr *bind_address(int family)
{
    if (family == AF_INET)
        return settings()->bind4 ? &settings()->bind_address4 : NULL;
    if (family == AF_INET6)
        return settings()->bind6 ? &settings()->bind_address6 : NULL;
    return NULL;
}

/* errno says why not. <bad_bind>: it was our own end. */
static int connect_from(const struct server *server, const struct addr *from,
                        bool *bad_bind)
{
    struct error why = ERROR_NONE;
    int limit_s = smtp_params.smtp_connect_timeout;
    int fd = sock_connect(&server->addr, from,
                          limit_s > 0 ? deadline_in_s(limit_s) : DEADLINE_NEVER,
                          &why);

    *bad_bind = fd < 0 && from != NULL && text_has_prefix(why.text, "bind: ");
    return fd;
}

static int connect_to(struct delivery *d, const struct server *server)
{
    const struct addr *from = bind_address(addr_family(&server->addr));
    char text[ADDR_TEXT_SIZE];
    bool bad_bind;
    int fd = connect_from(server, from, &bad_bind);

    if (!bad_bind)
        return fd;
    int error = errno;
    log_warning("%s: bind %s: %s",
                addr_family(from) == AF_INET ? "smtp_bind_address"
                                             : "smtp_bind_address6",
                addr_format(from, text), strerror(error));
    if (!smtp_params.smtp_bind_address_enforce)
        return connect_from(server, NULL, &bad_bind);
    failure_set(d, "4.4.0", "server unable to bind to its own address");
    errno = EADDRNOTAVAIL;
    return -1;
}

struct session *session_connect(struct delivery *d,
                                const struct server *server)
{
    d->why.status = NULL;
    int fd = connect_to(d, server);
    if (fd >= 0) {
        if (server->port != 0)
            sock_set_nodelay(fd);
        return session_new(d, server, stream_open_socket(fd));
    }
    if (d->why.status != NULL)
        return NULL;
    const char *reason = strerror(errno);
    if (server->port == 0)
        failure_set(d, "4.4.1", "connect to %s[%s]: %s", server->host,
                    server->address, reason);
    else
        failure_set(d, "4.4.1", "connect to %s[%s]:%d: %s", server->host,
                    server->address, server->port, reason);
    if (server->port != 0)
        log_info("%s", d->why.reason);
    return NULL;
}

/* ---- The end ------------------------------------------------------------ */

static void say_quit(struct session *s)
{
    struct smtp_reply reply;

    if (!s->quit_sent) {
        session_phase(s, PHASE_QUIT);
        session_send(s, "QUIT");
        s->quit_sent = true;
    }
    if (!stream_flush(s->stream) || smtp_params.smtp_skip_quit_response)
        return;
    session_phase(s, PHASE_QUIT);
    session_reply(s, &reply);
}

void session_end(struct session *s)
{
    if (!s->is_dead)
        say_quit(s);
    notify_postmaster(s);
    stream_abandon(s->stream);
    chat_free(s->chat);
}
