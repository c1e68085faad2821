/* SPDX-License-Identifier: ISC
 *
 * spawn.c - start a process of a service.
 *
 * Between fork and exec nothing of master's state is changed that the parent
 * could notice: descriptors are put in their places, and the environment gets
 * the facts that service/child_status.h promises.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "config/main_cf.h"
#include "config/params.h"
#include "master.h"
#include "service/child_status.h"

enum { RESERVE_CLIENTS = 1000 };

struct arguments {
    ARRAY_OF(char *); /* each owned */
};

static void add_option(struct arguments *list, const char *option,
                       const char *value)
{
    ARRAY_ADD(list, mem_strdup(option));
    if (value != NULL)
        ARRAY_ADD(list, mem_strdup(value));
}

static void add_verbose(struct arguments *list)
{
    for (int i = 0; i < master_facts()->verbose; i++)
        add_option(list, "-v", NULL);
}

/* Before compatibility level 1, "-" in the chroot column meant yes. */
static bool is_chrooted(const struct served *service)
{
    if (service->entry->chroot == MASTER_DEFAULT)
        return reload_default_chroot();
    return service->entry->chroot == MASTER_YES;
}

static void build_arguments(const struct served *service,
                            struct arguments *list)
{
    const struct master_entry *entry = service->entry;
    char number[32];

    add_option(list, entry->command, NULL);
    if (service->limit == 1)
        add_option(list, "-l", NULL);
    if (strcmp(service->name, entry->command) != 0)
        add_option(list, "-n", service->name);
    if (service->limit == 0)
        add_option(list, "-z", NULL);
    add_option(list, "-t", master_type_name(service->type));
    if (entry->is_unprivileged)
        add_option(list, "-u", NULL);
    if (is_chrooted(service))
        add_option(list, "-c", NULL);
    if (service->is_public)
        add_option(list, "-o", service->is_stressed ? "stress=yes"
                                                    : "stress=");
    if (service->listeners.count > 1) {
        snprintf(number, sizeof number, "%zu", service->listeners.count);
        add_option(list, "-s", number);
    }
    add_verbose(list);
    for (size_t i = 1; i < entry->argc; i++)
        add_option(list, entry->argv[i], NULL);
    ARRAY_ADD(list, NULL);
}

static void set_number(const char *name, long value)
{
    char text[32];

    snprintf(text, sizeof text, "%ld", value);
    if (setenv(name, text, 1) != 0)
        fatal("setenv: %m");
}

/* The last process that the limit allows takes many clients, if its program
 * can: who holds all others by being slow does not keep the rest out. */
static bool is_last(const struct served *service)
{
    return service->has_reserve && service->seats >= service->limit - 1;
}

static void build_environment(const struct served *service)
{
    set_number("MASTER_GENERATION", (long)service->generation);
    if (is_last(service))
        set_number("MASTER_CLIENT_LIMIT", RESERVE_CLIENTS);
    else if (service->clients_a_process > 1)
        set_number("MASTER_CLIENT_LIMIT", service->clients_a_process);
    else
        unsetenv("MASTER_CLIENT_LIMIT");
}

static int source_of(const struct served *service, size_t i)
{
    static const int first = SERVICE_LISTEN_FD - SERVICE_FLOW_READ;

    if (i >= (size_t)first)
        return service->listeners.items[i - (size_t)first]->fd;
    if (i == SERVICE_FLOW_READ - SERVICE_FLOW_READ)
        return master_facts()->flow_read;
    if (i == SERVICE_FLOW_WRITE - SERVICE_FLOW_READ)
        return master_facts()->flow_write;
    return service->status_write;
}

/* First out of the way, then to their places. All else closes on exec. */
static void place_descriptors(const struct served *service)
{
    size_t count = SERVICE_LISTEN_FD - SERVICE_FLOW_READ +
                   service->listeners.count;
    int above = SERVICE_FLOW_READ + (int)count;
    int *copies = mem_alloc(count * sizeof *copies);

    for (size_t i = 0; i < count; i++) {
        copies[i] = fcntl(source_of(service, i), F_DUPFD_CLOEXEC, above);
        if (copies[i] < 0)
            fatal("master_spawn: fcntl: %m");
    }
    for (size_t i = 0; i < count; i++)
        if (dup2(copies[i], SERVICE_FLOW_READ + (int)i) < 0)
            fatal("master_spawn: dup2: %m");
    free(copies);
}

_Noreturn static void become_child(const struct served *service,
                                   const char *program)
{
    struct arguments arguments = ARRAY_EMPTY;

    build_arguments(service, &arguments);
    build_environment(service);
    place_descriptors(service);
    execv(program, arguments.items);
    fatal("master_spawn: exec %s: %m", program);
}

void spawn_child(struct served *service)
{
    if (is_last(service))
        stress_note(service); /* before the child: it makes a new generation */
    char *program = mem_printf("%s/%s", common_params.daemon_directory,
                               service->entry->command);
    pid_t pid = proc_fork();

    if (pid == 0)
        become_child(service, program);
    if (pid < 0) {
        log_warning("master_spawn: fork: %m -- throttling");
        status_throttle(service, master_params.service_throttle_time);
    } else {
        /* Not to start a second one before the first has had its turn. */
        struct child *child = child_new(pid, service, program);
        child->is_reserve = is_last(service);
        status_set(child, true, 1);
        wakeup_used(service);
        status_update(service);
    }
    free(program);
}
