/* SPDX-License-Identifier: ISC
 *
 * user.c - account lookups, which may go to a network service.
 */
#include "mail/user.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/str.h"

enum { BUFFER_MIN = 1 << 12, BUFFER_MAX = 1 << 20 };

struct user_request {
    const char *name; /* NULL: by uid */
    uid_t uid;
    struct passwd row;
    struct passwd *found;
    char *buffer;     /* owned */
    int error;
};

static int ask(struct user_request *request, size_t size)
{
    if (request->name != NULL)
        return getpwnam_r(request->name, &request->row, request->buffer, size,
                          &request->found);
    return getpwuid_r(request->uid, &request->row, request->buffer, size,
                      &request->found);
}

/* Runs where it may block. */
static void look_up(void *argument)
{
    struct user_request *request = argument;

    for (size_t size = BUFFER_MIN; size <= BUFFER_MAX; size *= 2) {
        request->buffer = mem_realloc(request->buffer, size);
        request->error = ask(request, size);
        if (request->error != ERANGE)
            break;
    }
}

/* "Not found" comes as one of these from some name services: getpwnam(3). */
static bool means_absent(int error)
{
    return error == 0 || error == ENOENT || error == ESRCH;
}

static enum answer result(struct user_request *request, struct arena *arena,
                          struct user_info *out, struct error *why)
{
    const struct passwd *row = request->found;

    if (row == NULL && means_absent(request->error))
        return ABSENT;
    if (row == NULL) {
        error_set(why, "account lookup: %s", strerror(request->error));
        return FAILED;
    }
    out->name = arena_strdup(arena, row->pw_name);
    out->full_name = arena_strdup(arena, row->pw_gecos ? row->pw_gecos : "");
    out->home = arena_strdup(arena, row->pw_dir ? row->pw_dir : "");
    out->shell = arena_strdup(arena, row->pw_shell ? row->pw_shell : "");
    out->uid = row->pw_uid;
    out->gid = row->pw_gid;
    return FOUND;
}

static enum answer find(struct user_request *request, struct arena *arena,
                        struct user_info *out, struct error *why)
{
    offload(look_up, request);
    enum answer answer = result(request, arena, out, why);
    free(request->buffer);
    return answer;
}

enum answer user_find(struct arena *arena, const char *name,
                      struct user_info *out, struct error *why)
{
    struct user_request request = { .name = name };

    return find(&request, arena, out, why);
}

enum answer user_find_uid(struct arena *arena, uid_t uid,
                          struct user_info *out, struct error *why)
{
    struct user_request request = { .uid = uid };

    return find(&request, arena, out, why);
}
