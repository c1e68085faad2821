/* SPDX-License-Identifier: ISC
 *
 * children.c - the processes that master has started, by process ID.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/str.h"
#include "master.h"

static struct hash *children; /* of struct child, owned */

static const char *key_of(pid_t pid, char out[32])
{
    snprintf(out, 32, "%ld", (long)pid);
    return out;
}

struct child *child_new(pid_t pid, struct served *service,
                        const char *program)
{
    struct child *child = mem_zalloc(sizeof *child);
    char key[32];

    child->pid = pid;
    child->service = service;
    child->program = mem_strdup(program);
    child->generation = service->generation;
    child->started = clock_now();
    if (children == NULL)
        children = hash_new();
    hash_put(children, key_of(pid, key), child);
    service->processes++;
    return child;
}

struct child *child_find(pid_t pid)
{
    char key[32];

    return children != NULL ? hash_get(children, key_of(pid, key)) : NULL;
}

void child_free(struct child *child)
{
    char key[32];

    hash_remove(children, key_of(child->pid, key));
    if (child->service != NULL) {
        status_set(child, false, 0);
        child->service->processes--;
    }
    free(child->program);
    free(child);
}

struct child *child_next(size_t *position)
{
    void *child;

    if (children == NULL || !hash_next(children, position, NULL, &child))
        return NULL;
    return child;
}

size_t child_count(void)
{
    return children != NULL ? hash_count(children) : 0;
}
