/* SPDX-License-Identifier: ISC
 *
 * list_rights.c - with whose rights a list in an alias of root's is read.
 *
 * Only root may be able to read such a list. But who owns a folder or a link
 * on the way to it can have it lead to any file, and would find the lines of
 * a secret one in a bounce: that user's rights are all that it gets.
 */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "local.h"

enum { LINKS_MAX = 40 };

struct walk {
    struct arena *arena;
    const char *at;   /* where we are, without links; "" is the root folder */
    const char *rest; /* where to go from there */
    unsigned links;
    struct stat seen; /* what the last name stands for */
    uid_t owner;      /* the first that is not root */
    bool in_shared;   /* anybody may make names in the folder where we are */
    bool is_open;     /* anybody may have made a name on the way */
};

/* In a folder like /tmp, names of root's were made by root; unless they are
 * second names. */
static void note_names(struct walk *w, const struct stat *st)
{
    bool may_write = S_ISDIR(st->st_mode) && (st->st_mode & S_IWOTH) != 0;

    if (may_write && (st->st_mode & S_ISVTX) == 0)
        w->is_open = true;
    if (w->in_shared && !S_ISDIR(st->st_mode) && st->st_nlink > 1)
        w->is_open = true;
    w->in_shared = may_write;
}

static void follow(struct walk *w, const char *link, const struct stat *st)
{
    char *target = arena_zalloc(w->arena, (size_t)st->st_size + 1);

    if (readlink(link, target, (size_t)st->st_size) < 0)
        *target = '\0';
    w->rest = arena_printf(w->arena, "%s/%s", target, w->rest);
    if (*target == '/')
        w->at = "";
    w->links++;
}

static void go_up(struct walk *w)
{
    const char *slash = strrchr(w->at, '/');

    if (slash != NULL)
        w->at = arena_strndup(w->arena, w->at, (size_t)(slash - w->at));
}

/* False: that was the end of the way, or there is none. */
static bool go_on(struct walk *w)
{
    struct stat *st = &w->seen;

    w->rest += strspn(w->rest, "/");
    size_t length = strcspn(w->rest, "/");
    const char *name = arena_strndup(w->arena, w->rest, length);
    w->rest += length;
    if (length == 0)
        return false;
    if (strcmp(name, ".") == 0)
        return true;
    if (strcmp(name, "..") == 0) {
        go_up(w);
        return true;
    }
    const char *path = arena_printf(w->arena, "%s/%s", w->at, name);
    if (lstat(path, st) != 0)
        return false;
    w->owner = st->st_uid;
    note_names(w, st);
    if (S_ISLNK(st->st_mode))
        follow(w, path, st);
    else
        w->at = path;
    return w->owner == 0 && w->links <= LINKS_MAX;
}

bool list_rights(const struct delivery *d, const char *path,
                 struct rights *out, struct stat *seen, struct error *why)
{
    struct walk w = { .arena = d->job->arena, .at = "", .rest = path };
    struct user_info user;

    *out = (struct rights){ 0, 0, NULL };
    if (!rights_take(0, 0, why))
        return false;
    while (go_on(&w))
        continue;
    rights_give_back();
    *seen = w.seen;
    if (w.owner == 0) {
        if (w.is_open)
            *out = *rights_default();
        return true;
    }
    if (user_find_uid(d->job->arena, w.owner, &user, why) != FOUND)
        return error_set(why, ":include: file %s: no account of uid %lu",
                         path, (unsigned long)w.owner);
    *out = (struct rights){ user.uid, user.gid, NULL };
    return true;
}
