/* SPDX-License-Identifier: ISC
 *
 * services.c - what is served, made equal to master.cf at start and reload.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "base/text.h"
#include "config/compat.h"
#include "config/params.h"
#include "master.h"

/* Up to so many clients of a service, each has a process of its own. */
enum { MANY_PROCESSES = 100, RESERVE_LIMIT_MIN = 10 };

static struct list all = LIST_INIT(all);
static struct master_cf *current; /* owned; the entries of services */

struct list *services(void)
{
    return &all;
}

static bool is_disabled(const struct master_entry *entry)
{
    return master_entry_is_listed(entry, master_params.master_service_disable);
}

static char *path_of(const struct master_entry *entry)
{
    if (entry->type == MASTER_INET)
        return NULL;
    return mem_printf("%s/%s", entry->is_private ? "private" : "public",
                      entry->name);
}

static bool same_path(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static struct served *find(const struct master_entry *entry)
{
    LIST_EACH(node, &all) {
        struct served *service = SERVED(node);
        if (service->type == entry->type &&
            strcmp(service->name, entry->name) == 0)
            return service;
    }
    return NULL;
}

static struct served *service_new(const struct master_entry *entry)
{
    struct served *service = mem_zalloc(sizeof *service);

    service->name = mem_strdup(entry->name);
    service->type = entry->type;
    service->path = path_of(entry);
    service->status_read = service->status_write = -1;
    list_append(&all, &service->node);
    return service;
}

/* Gone from master.cf: its processes end at once. */
static void service_end(struct served *service)
{
    struct child *child;
    size_t position = 0;

    while ((child = child_next(&position)) != NULL)
        if (child->service == service) {
            kill(child->pid, SIGTERM);
            child->service = NULL;
        }
    wakeup_stop(service);
    stress_end(service);
    loop_timer_free(service->throttle_timer);
    listen_close(service);
    status_close(service);
    list_remove(&service->node);
    free(service->name);
    free(service->path);
    free(service);
}

void service_renew(struct served *service)
{
    struct child *child;
    size_t position = 0;

    service->generation++;
    while ((child = child_next(&position)) != NULL)
        if (child->service == service)
            status_set(child, false, child->seats);
    status_close(service);
    status_open(service);
    status_update(service);
}

static void set_limits(struct served *service,
                       const struct master_entry *entry)
{
    long limit = entry->maxproc < 0 ? queue_params.default_process_limit
                                    : entry->maxproc;

    service->limit = limit;
    service->clients_a_process =
        limit > MANY_PROCESSES
            ? (limit + MANY_PROCESSES - 1) / MANY_PROCESSES
            : 1;
    service->has_reserve = entry->maxproc < 0 && entry->type == MASTER_INET &&
                           limit >= RESERVE_LIMIT_MIN &&
                           service->clients_a_process == 1;
}

static void log_old_default(const struct master_entry *entry)
{
    if (entry->chroot == MASTER_DEFAULT && reload_default_chroot() &&
        master_facts()->is_root)
        log_info("%s: line %d: " COMPAT_LOG "chroot=y", current->path,
                 entry->line);
}

static bool apply_entry(const struct master_entry *entry)
{
    struct error why = ERROR_NONE;
    struct served *service = find(entry);

    if (service == NULL)
        service = service_new(entry);
    char *path = path_of(entry);
    if (!same_path(path, service->path))
        listen_close(service);
    free(service->path);
    service->path = path;
    service->entry = entry;
    service->wanted = true;
    set_limits(service, entry);

    log_old_default(entry);
    bool ok = listen_open(service, &why);
    if (!ok)
        log_error("%s, line %d: service %s: %s", current->path, entry->line,
                  entry->name, why.text);
    status_throttle_end(service);
    service_renew(service);
    wakeup_start(service);
    return ok;
}

/* First, because another service may get a port that falls free. */
static void end_unwanted(const struct master_cf *cf)
{
    LIST_EACH(node, &all)
        SERVED(node)->wanted = false;
    for (size_t i = 0; i < cf->count; i++) {
        struct served *service = find(&cf->entries[i]);
        if (service != NULL)
            service->wanted = !is_disabled(&cf->entries[i]);
    }
    LIST_EACH(node, &all)
        if (!SERVED(node)->wanted)
            service_end(SERVED(node));
}

bool services_apply(struct master_cf *cf)
{
    struct master_cf *old = current;
    bool ok = true;

    end_unwanted(cf);
    current = cf;
    for (size_t i = 0; i < cf->count; i++)
        if (!is_disabled(&cf->entries[i]))
            ok = apply_entry(&cf->entries[i]) && ok;
    master_cf_free(old);
    return ok;
}
