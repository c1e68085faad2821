/* SPDX-License-Identifier: ISC
 *
 * listen.c - the sockets and fifos on which services are asked for.
 *
 * They are kept over a reload when they still are right, so that no client
 * is turned away.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "base/priv.h"
#include "base/sock.h"
#include "base/str.h"
#include "config/params.h"
#include "master.h"
#include "service/listen_address.h"

enum { BACKLOG = 4096, SOCKET_MODE = 0666, FIFO_MODE = 0622 };

static void client_waits(int fd, void *argument)
{
    struct served *service = argument;

    (void)fd;
    if (service->is_listening)
        spawn_child(service);
}

static void listener_add(struct served *service, int fd,
                         const struct addr *addr)
{
    struct listener *listener = mem_zalloc(sizeof *listener);

    listener->fd = fd;
    if (addr != NULL)
        listener->addr = *addr;
    listener->wanted = true;
    listener->watch = loop_watch_new(fd, false, client_waits, service);
    ARRAY_ADD(&service->listeners, listener);
    loop_watch_enable(listener->watch, service->is_listening);
}

static void listener_free(struct listener *listener)
{
    loop_watch_free(listener->watch);
    close(listener->fd);
    free(listener);
}

/* ---- inet ---------------------------------------------------------------- */

static struct listener *find_listener(const struct served *service,
                                      const struct addr *addr)
{
    for (size_t i = 0; i < service->listeners.count; i++) {
        struct listener *listener = service->listeners.items[i];
        if (addr_equal(&listener->addr, addr) &&
            addr_port(&listener->addr) == addr_port(addr))
            return listener;
    }
    return NULL;
}

static bool is_missing_family(int reason)
{
    return reason == EADDRNOTAVAIL || reason == EAFNOSUPPORT;
}

static bool open_addresses(struct served *service,
                           const struct listen_addresses *wanted,
                           struct error *why)
{
    for (size_t i = 0; i < wanted->count; i++) {
        const struct addr *addr = &wanted->items[i];
        struct listener *listener = find_listener(service, addr);
        if (listener != NULL) {
            listener->wanted = true;
            continue;
        }
        int fd = sock_listen(addr, BACKLOG, why);
        bool optional = addr_family(addr) == AF_INET6 && wanted->optional_in6;
        if (fd < 0 && !(optional && is_missing_family(errno)))
            return false;
        if (fd >= 0)
            listener_add(service, fd, addr);
    }
    return true;
}

static void close_unwanted(struct served *service)
{
    size_t kept = 0;

    for (size_t i = 0; i < service->listeners.count; i++) {
        struct listener *listener = service->listeners.items[i];
        if (listener->wanted)
            service->listeners.items[kept++] = listener;
        else
            listener_free(listener);
    }
    service->listeners.count = kept;
}

static bool open_inet(struct served *service, struct error *why)
{
    const struct listen_options options = {
        .inet_interfaces = common_params.inet_interfaces,
        .inet_protocols = common_params.inet_protocols,
        .known_tcp_ports = common_params.known_tcp_ports,
    };
    struct listen_addresses wanted;

    if (!listen_addresses_find(service->name, &options, &wanted, why))
        return false;
    for (size_t i = 0; i < service->listeners.count; i++)
        service->listeners.items[i]->wanted = false;
    bool ok = open_addresses(service, &wanted, why);
    close_unwanted(service);
    service->is_public = wanted.is_public;
    ARRAY_FREE(&wanted);
    return ok;
}

/* ---- in the file system -------------------------------------------------- */

static int give_up(int fd, const char *path, struct error *why)
{
    error_set(why, "%s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

static int open_fifo(const char *path, struct error *why)
{
    struct stat st;

    /* What the service had when it was of another type. */
    if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode) && unlink(path) != 0)
        return give_up(-1, path, why);
    if (mkfifo(path, FIFO_MODE) != 0 && errno != EEXIST)
        return give_up(-1, path, why);
    /* Both ways: end of file is not for us. */
    int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &st) != 0)
        return give_up(fd, path, why);
    if (!S_ISFIFO(st.st_mode)) {
        errno = EEXIST;
        return give_up(fd, path, why);
    }
    return fd;
}

static int open_datagram(const char *path, struct error *why)
{
    struct addr addr;

    if (!addr_unix(path, &addr, why))
        return -1;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || (unlink(path) != 0 && errno != ENOENT) ||
        bind(fd, &addr.generic, addr.length) != 0)
        return give_up(fd, path, why);
    return fd;
}

static int open_path(const struct served *service, struct error *why)
{
    switch (service->type) {
    case MASTER_FIFO: return open_fifo(service->path, why);
    case MASTER_UNIX_DGRAM: return open_datagram(service->path, why);
    case MASTER_UNIX:
    case MASTER_PASS: return sock_listen_unix(service->path, BACKLOG, why);
    case MASTER_INET: break;
    }
    panic("service %s has no path", service->name);
}

/* In folders that belong to mail_owner, and with that identity: what stands
 * there must not lead root astray. */
static bool open_unix(struct served *service, struct error *why)
{
    const struct master_facts *facts = master_facts();

    if (service->listeners.count > 0)
        return true;
    if (facts->is_root)
        priv_become(facts->owner_uid, facts->owner_gid);
    int fd = open_path(service, why);
    mode_t mode = service->type == MASTER_FIFO ? FIFO_MODE : SOCKET_MODE;
    bool ok = fd >= 0 && (chmod(service->path, mode) == 0 ||
                          error_set(why, "chmod: %s", strerror(errno)));
    if (facts->is_root)
        priv_restore();
    if (ok)
        listener_add(service, fd, NULL);
    else if (fd >= 0)
        close(fd);
    return ok || error_prefix(why, "%s", service->path);
}

bool listen_open(struct served *service, struct error *why)
{
    return service->type == MASTER_INET ? open_inet(service, why)
                                        : open_unix(service, why);
}

void listen_close(struct served *service)
{
    for (size_t i = 0; i < service->listeners.count; i++)
        listener_free(service->listeners.items[i]);
    if (service->listeners.count > 0 && service->path != NULL)
        unlink(service->path);
    ARRAY_FREE(&service->listeners);
}

void listen_watch(struct served *service, bool on)
{
    for (size_t i = 0; i < service->listeners.count; i++)
        loop_watch_enable(service->listeners.items[i]->watch, on);
}

bool listen_has_waiting(const struct served *service)
{
    for (size_t i = 0; i < service->listeners.count; i++) {
        struct pollfd one = { .fd = service->listeners.items[i]->fd,
                              .events = POLLIN };
        if (poll(&one, 1, 0) > 0 && (one.revents & POLLIN))
            return true;
    }
    return false;
}
