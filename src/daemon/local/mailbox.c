/* SPDX-License-Identifier: ISC
 *
 * mailbox.c - the user's own mailbox: a file, or a maildir.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "base/str.h"
#include "local.h"

static int locks;

void mailbox_open(void)
{
    struct error why = ERROR_NONE;

    locks = mbox_locks_parse(delivery_params.mailbox_delivery_lock,
                             &why);
    if (locks < 0)
        fatal("mailbox_delivery_lock: %s", why.text);
    if (!local_params.sun_mailtool_compatibility)
        return;
    log_warning("sun_mailtool_compatibility will be removed; instead, specify "
                "mailbox_delivery_lock = dotlock");
    locks = MBOX_LOCK_DOTLOCK;
}

struct mbox_options mailbox_options(void)
{
    return (struct mbox_options){
        .locks = (unsigned)locks,
        .lock_attempts = (int)common_params.deliver_lock_attempts,
        .lock_delay_s = common_params.deliver_lock_delay,
        .stale_lock_s = common_params.stale_lock_time,
        .size_limit = local_params.mailbox_size_limit,
    };
}

/* Where users may not make files, root opens the mailbox for them. */
static void set_spool(struct mbox_options *options, const char *path)
{
    const char *slash = strrchr(path, '/');
    struct stat st;
    char *folder = mem_strndup(path, (size_t)(slash - path));

    if (getuid() == 0 && stat(folder, &st) == 0 &&
        (st.st_mode & S_IWOTH) == 0) {
        options->via_spool = true;
        options->spool_gid = (st.st_mode & S_IWGRP) != 0 ? st.st_gid : 0;
    }
    free(folder);
}

static void written(void *request)
{
    delivery_written(request);
}

/* What an alias or forward file stands for, commands for instance, comes one
 * after the other, and all of it is this delivery. */
static void set_copy(struct copy_options *copy, const struct delivery *d)
{
    copy_set(copy, d, "file");
    if (d->depth == 0) {
        copy->written = written;
        copy->context = d->job->request;
    }
}

static void append(const struct delivery *d, const struct user_info *user,
                   const char *path, bool is_spool, struct dsn *dsn)
{
    struct arena *arena = d->job->arena;
    struct copy_options copy;
    off_t start = 0;
    struct mbox_options options = mailbox_options();

    options.owner = user->uid;
    options.group = user->gid;
    options.check_owner = delivery_params.strict_mailbox_ownership;
    options.start = &start;
    set_copy(&copy, d);
    copy_set_mbox(&copy, d);
    if (is_spool)
        set_spool(&options, path);
    if (mbox_append(path, d->job->request->message, &copy, &options, arena,
                    dsn)) {
        *dsn = (struct dsn){ "2.0.0", .reason = "delivered to mailbox" };
        if (local_params.biff)
            biff_tell(user->name, start);
        return;
    }
    dsn->reason = arena_printf(arena,
                               "cannot update mailbox %s for user %s. %s",
                               path, user->name, dsn->reason);
}

bool is_maildir(const char *path)
{
    return path[0] != '\0' && path[strlen(path) - 1] == '/';
}

void deliver_maildir(const struct delivery *d, const char *path,
                     struct dsn *dsn)
{
    struct copy_options copy;

    set_copy(&copy, d);
    if (maildir_deliver(path, d->job->request->message, &copy,
                        local_params.mailbox_size_limit,
                        common_params.myhostname, d->job->arena, dsn))
        *dsn = (struct dsn){ "2.0.0", .reason = "delivered to maildir" };
    else
        dsn->reason = arena_printf(d->job->arena,
                                   "maildir delivery failed: %s", dsn->reason);
}

static const char *mailbox_path(struct arena *arena,
                                const struct user_info *user)
{
    const char *spool = delivery_params.mail_spool_directory;

    if (local_params.home_mailbox[0] != '\0')
        return arena_printf(arena, "%s/%s", user->home,
                            local_params.home_mailbox);
    return is_maildir(spool)
               ? arena_printf(arena, "%s%s/", spool, user->name)
               : arena_printf(arena, "%s/%s", spool, user->name);
}

enum fate deliver_mailbox(const struct delivery *d,
                          const struct user_info *user)
{
    struct arena *arena = d->job->arena;
    struct error why = ERROR_NONE;
    bool is_spool = local_params.home_mailbox[0] == '\0';
    const char *path = mailbox_path(arena, user);
    struct dsn dsn;

    if (!first_time(d, arena_printf(arena, "mailbox %s", user->name)))
        return FINISHED;
    if (request_is_probe(d->job->request))
        return report_sent(d, is_maildir(path) ? "delivers to maildir"
                                               : "delivers to mailbox");
    if (!rights_take(user->uid, user->gid, &why))
        return report_failed(d, "4.3.0", "%s", why.text);
    if (is_maildir(path))
        deliver_maildir(d, path, &dsn);
    else
        append(d, user, path, is_spool, &dsn);
    rights_give_back();
    return report_dsn(d, &dsn);
}
