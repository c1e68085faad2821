/* SPDX-License-Identifier: ISC
 *
 * wakeup.c - the wakeup column: a byte to a service, every so many seconds,
 * and soon after it has failed: nobody else may ask for what it had not done.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "master.h"

static const char WAKEUP = 'W';
enum { CONNECT_MS = 1000 };

/* An address of this machine answers at once, but as a rule not before
 * connect() returns. */
static bool connected(int fd, const struct addr *addr)
{
    struct pollfd ready = { .fd = fd, .events = POLLOUT };
    socklen_t size = sizeof errno;

    if (connect(fd, &addr->generic, addr->length) == 0)
        return true;
    if (errno != EINPROGRESS || poll(&ready, 1, CONNECT_MS) != 1)
        return false;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &errno, &size) == 0 &&
           errno == 0;
}

/* The request stays in the listener's queue when we have closed our end. */
static bool send_by_socket(const struct addr *addr)
{
    int fd = socket(addr_family(addr),
                    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return false;
    bool sent = connected(fd, addr) &&
                send(fd, &WAKEUP, 1, MSG_NOSIGNAL) == 1;
    int reason = errno;
    close(fd);
    errno = reason;
    return sent;
}

static bool send_wakeup(const struct served *service)
{
    struct addr addr;

    if (service->listeners.count == 0)
        return true; /* disabled, or it could not be opened: logged then */
    if (service->type == MASTER_FIFO)
        return write(service->listeners.items[0]->fd, &WAKEUP, 1) == 1;
    if (service->type == MASTER_INET)
        return send_by_socket(&service->listeners.items[0]->addr);
    if (!addr_unix(service->path, &addr, NULL)) {
        errno = ENAMETOOLONG;
        return false;
    }
    return send_by_socket(&addr);
}

static void rearm(struct served *service)
{
    loop_timer_set(service->wakeup_timer,
                   deadline_in_s(service->entry->wakeup_s));
}

/* A full queue means that the service has been told often enough. */
static void wake(void *argument)
{
    struct served *service = argument;

    if (!service->is_throttled && !send_wakeup(service) && errno != EAGAIN &&
        errno != EINPROGRESS)
        log_warning("cannot wake up service %s: %m", service->name);
    rearm(service);
}

void wakeup_soon(struct served *service)
{
    enum { SOON_MS = 1000 };

    if (service->wakeup_timer != NULL && service->was_used)
        loop_timer_set(service->wakeup_timer, deadline_in_ms(SOON_MS));
}

void wakeup_start(struct served *service)
{
    const struct master_entry *entry = service->entry;

    wakeup_stop(service);
    if (entry->wakeup_s <= 0)
        return;
    service->wakeup_timer = loop_timer_new(wake, service);
    if (!entry->wakeup_only_if_used || service->was_used)
        loop_timer_set(service->wakeup_timer, deadline_in_ms(0));
}

void wakeup_stop(struct served *service)
{
    loop_timer_free(service->wakeup_timer);
    service->wakeup_timer = NULL;
}

void wakeup_used(struct served *service)
{
    bool first = !service->was_used;

    service->was_used = true;
    if (first && service->wakeup_timer != NULL &&
        service->entry->wakeup_only_if_used)
        rearm(service);
}
