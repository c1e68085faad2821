/* SPDX-License-Identifier: ISC
 *
 * ldap_limits.c - what a server may take of our time and memory.
 *
 * The library limits the time of an answer, but not how much comes in it; and
 * in the handshake of TLS it waits, or spins, for as long as the server likes.
 * So it reads and writes through a layer of ours, right above the socket: of
 * the connections that it makes by itself, to follow a referral, too.
 */

#include <errno.h>
#include <ldap.h>
#include <poll.h>

#include "ldap_private.h"

enum {
    MAX_MESSAGE = 4 << 20, /* bytes: an entry, for one */
    /* Below that of TLS. */
    LAYER = (LBER_SBIOD_LEVEL_PROVIDER + LBER_SBIOD_LEVEL_TRANSPORT) / 2,
};

/* ---- The layer ---- */

static int set_up(Sockbuf_IO_Desc *layer, void *limits)
{
    layer->sbiod_pvt = limits;
    return 0;
}

/* TLS calls this again and again while it finds nothing to read; so it never
 * says that there is nothing yet. */
static bool wait_for(const Sockbuf_IO_Desc *layer, short event)
{
    const struct ldap_limits *limits = layer->sbiod_pvt;
    struct pollfd socket = { .fd = -1, .events = event };
    int got;

    ldap_library.ber_sockbuf_ctrl(layer->sbiod_sb, LBER_SB_OPT_GET_FD,
                                  &socket.fd);
    do
        got = poll(&socket, 1, deadline_left_ms(limits->until));
    while (got < 0 && errno == EINTR);
    if (got == 0)
        errno = ETIMEDOUT;
    return got > 0;
}

static ber_slen_t limited_read(Sockbuf_IO_Desc *layer, void *data,
                               ber_len_t size)
{
    struct ldap_limits *limits = layer->sbiod_pvt;

    if (limits->bytes_left == 0) {
        errno = EMSGSIZE;
        return -1;
    }
    /* Also if there is always something to read. */
    if (deadline_left_ms(limits->until) == 0) {
        errno = ETIMEDOUT;
        return -1;
    }
    if (!wait_for(layer, POLLIN))
        return -1;
    if (size > limits->bytes_left)
        size = limits->bytes_left;
    ber_slen_t got = LBER_SBIOD_READ_NEXT(layer, data, size);
    if (got > 0)
        limits->bytes_left -= (size_t)got;
    return got;
}

static ber_slen_t limited_write(Sockbuf_IO_Desc *layer, void *data,
                                ber_len_t size)
{
    return wait_for(layer, POLLOUT) ? LBER_SBIOD_WRITE_NEXT(layer, data, size)
                                    : -1;
}

static int pass_on(Sockbuf_IO_Desc *layer, int option, void *value)
{
    return LBER_SBIOD_CTRL_NEXT(layer, option, value);
}

static Sockbuf_IO limited = {
    .sbi_setup = set_up,
    .sbi_ctrl = pass_on,
    .sbi_read = limited_read,
    .sbi_write = limited_write,
};

/* ---- Connections that come and go ---- */

/* The time for TLS starts here: connecting has a limit of its own, and there
 * may have been other servers before. */
static int limit_connection(LDAP *ldap, Sockbuf *socket, LDAPURLDesc *server,
                            struct sockaddr *address,
                            struct ldap_conncb *callbacks)
{
    struct ldap_table *t = callbacks->lc_arg;
    ber_len_t message = MAX_MESSAGE;

    (void)ldap;
    (void)server;
    (void)address;
    ldap_limits_renew(t);
    /* The library would make room for whatever length a server names. */
    ldap_library.ber_sockbuf_ctrl(socket, LBER_SB_OPT_SET_MAX_INCOMING,
                                  &message);
    return ldap_library.ber_sockbuf_add_io(socket, &limited, LAYER, &t->limits);
}

static void free_connection(LDAP *ldap, Sockbuf *socket,
                            struct ldap_conncb *callbacks)
{
    (void)ldap;
    (void)callbacks;
    if (socket != NULL)
        ldap_library.ber_sockbuf_remove_io(socket, &limited, LAYER);
}

int ldap_limits_install(struct ldap_table *t)
{
    t->limits.callbacks = (struct ldap_conncb){ .lc_add = limit_connection,
                                                .lc_del = free_connection,
                                                .lc_arg = t };
    return ldap_library.ldap_set_option(t->connection, LDAP_OPT_CONNECT_CB,
                                        &t->limits.callbacks);
}

/* ---- In use ---- */

void ldap_limits_begin(struct ldap_table *t)
{
    t->limits.bytes_left = LDAP_MAX_LOOKUP;
}

void ldap_limits_renew(struct ldap_table *t)
{
    t->limits.until =
        t->timeout > 0 ? deadline_in_s((int)t->timeout) : DEADLINE_NEVER;
}

bool ldap_limits_take(struct ldap_table *t, size_t bytes)
{
    size_t *left = &t->limits.bytes_left;

    *left -= *left < bytes ? *left : bytes;
    return *left > 0;
}
