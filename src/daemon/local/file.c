/* SPDX-License-Identifier: ISC
 *
 * file.c - mail for /file and /folder/, on behalf of whoever wrote it into an
 * alias or forward file.
 */
#include "local.h"

static void append(const struct delivery *d, const char *path,
                   struct dsn *dsn)
{
    struct copy_options copy;
    struct mbox_options options = mailbox_options();

    options.devices = true;
    copy_set(&copy, d, "file");
    copy_set_mbox(&copy, d);
    if (!mbox_append(path, d->job->request->message, &copy, &options,
                     d->job->arena, dsn)) {
        dsn->reason =
            arena_printf(d->job->arena, "cannot append message to file %s: %s",
                         path, dsn->reason);
        return;
    }
    *dsn = (struct dsn){
        "2.0.0",
        .reason = arena_printf(d->job->arena, "delivered to file: %s", path),
    };
}

enum fate deliver_file(const struct delivery *d, const char *path)
{
    const struct rights *rights = rights_for(d);
    struct arena *arena = d->job->arena;
    struct error why = ERROR_NONE;
    struct dsn dsn;

    if (!first_time(d, arena_printf(arena, "file %lu %s",
                                    (unsigned long)rights->uid, path)))
        return FINISHED;
    if (request_is_probe(d->job->request))
        return report_sent(d, "delivers to file: %s", path);
    if (!rights_take(rights->uid, rights->gid, &why))
        return report_failed(d, "4.3.0", "%s", why.text);
    if (is_maildir(path))
        deliver_maildir(d, path, &dsn);
    else
        append(d, path, &dsn);
    rights_give_back();
    return report_dsn(d, &dsn);
}
