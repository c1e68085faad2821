/* SPDX-License-Identifier: ISC
 *
 * post.c - a message from a local user: envelope, content, and to postdrop.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "base/text.h"
#include "client/cleanup.h"
#include "client/postdrop.h"
#include "config/params.h"
#include "mail/dsn_notify.h"
#include "mail/message.h"
#include "mail/record.h"
#include "mail/user.h"
#include "service/authorized.h"
#include "sendmail.h"

struct post {
    const struct request *request;
    struct arena *arena;
    const struct user_info *user; /* NULL: no such account */
    const char *sender;           /* internal form */
    struct address_list recipients;
    struct extract extract;
    struct stream *out;           /* not owned */
};

static _Noreturn void give_up(const struct post *p, const char *text)
{
    fatal("%s(%ld): %s", p->sender, (long)getuid(), text);
}

/* ---- who ---- */

/* postdrop has the last word; but this is the shorter message. */
const struct user_info *post_submitter(struct arena *arena)
{
    struct user_info *user = ARENA_NEW(arena, struct user_info);
    struct error why = ERROR_NONE;
    enum answer answer = user_find_uid(arena, getuid(), user, &why);
    const char *login = answer == FOUND ? user->name : "unknown";

    if (answer == FAILED)
        fatal("%s", why.text);
    if (!authorized_user("authorized_submit_users",
                         submit_params.authorized_submit_users, login))
        fatal("User %s(%ld) is not allowed to submit mail", login,
              (long)getuid());
    return answer == FOUND ? user : NULL;
}

static void find_sender(struct post *p)
{
    struct address_list found = ARRAY_EMPTY;
    const char *given = p->request->sender;

    if (given == NULL && p->user == NULL)
        fatal("no login name found for user ID %ld", (long)getuid());
    if (given == NULL) {
        p->sender = p->user->name;
        return;
    }
    address_list_add(p->arena, &found, given, true);
    p->sender = found.items[0];
    if (found.count > 1)
        log_warning("-f option specified malformed sender: %s", given);
    ARRAY_FREE(&found);
}

/* The first field of GECOS, where "&" stands for the login name. */
static const char *account_name(const struct post *p)
{
    const char *text = p->user->full_name;
    struct str name = STR_EMPTY;

    for (; *text != '\0' && *text != ','; text++) {
        size_t at = name.length;
        if (*text != '&') {
            str_add_char(&name, *text);
            continue;
        }
        str_add(&name, p->user->name);
        if (name.data[at] >= 'a' && name.data[at] <= 'z')
            name.data[at] -= 'a' - 'A';
    }
    const char *result = arena_strdup(p->arena, name.data);
    str_fini(&name);
    return result;
}

static const char *find_fullname(const struct post *p)
{
    const char *name = p->request->fullname;

    if (name == NULL)
        name = getenv("NAME");
    if (name == NULL && p->user != NULL)
        name = account_name(p);
    return name;
}

/* postdrop refuses line breaks here: no reason to refuse the message. */
static void put_fullname(const struct post *p)
{
    const char *name = find_fullname(p);

    if (name == NULL)
        return;
    char *text = arena_strdup(p->arena, name);
    for (char *at = text; (at = strpbrk(at, "\r\n")) != NULL;)
        *at = ' ';
    record_put_text(p->out, REC_FULLNAME, text);
}

static void find_recipients(struct post *p)
{
    const struct request *r = p->request;

    for (char **text = r->recipients; *text != NULL; text++)
        address_list_add(p->arena, &p->recipients, *text, true);
    if (p->recipients.count == 0 && !r->from_headers)
        give_up(p, "Recipient addresses must be specified on the command "
                   "line or via the -t option");
}

/* ---- envelope ---- */

static void put_attribute(struct post *p, const char *name, const char *value)
{
    if (value != NULL)
        record_putf(p->out, REC_ATTR, "%s=%s", name, value);
}

static void put_flags(struct post *p, const char *name, int value)
{
    if (value != 0)
        record_putf(p->out, REC_ATTR, "%s=%d", name, value);
}

static void put_recipients(struct post *p, const struct address_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        put_flags(p, "notify_flags", p->request->dsn_notify);
        record_put_text(p->out, REC_RCPT, list->items[i]);
    }
}

/* With more than one -v, they are for this program. */
static int trace_flags(const struct request *r)
{
    if (r->is_probe)
        return TRACE_USER_VERIFY;
    return r->verbose == 1 ? TRACE_RECORD : 0;
}

static void put_envelope(struct post *p)
{
    const struct request *r = p->request;

    if (r->sender_options != 0)
        record_putf(p->out, REC_SIZE, "%15d %15d %15d %15d %15d %15d", -1, -1,
                    -1, -1, -1, r->sender_options);
    put_attribute(p, "envelope_id", r->envelope_id);
    put_flags(p, "ret_flags", r->dsn_return);
    put_attribute(p, "rewrite_context", r->is_gateway ? "remote" : "local");
    put_fullname(p);
    record_put_text(p->out, REC_FROM, p->sender);
    put_attribute(p, "encoding", r->encoding);
    put_flags(p, "trace_flags", trace_flags(r));
    if (r->verp != NULL)
        record_put_text(p->out, REC_VERP, r->verp);
    put_recipients(p, &p->recipients);
    record_put(p->out, REC_MESG, "", 0);
}

/* ---- the whole ---- */

static void put_content(struct post *p)
{
    const struct request *r = p->request;
    struct error why = ERROR_NONE;

    if (r->is_probe)
        content_make_probe(r, p->sender, p->out);
    else if (!content_copy(r, r->from_headers ? &p->extract : NULL, p->out,
                           &why))
        give_up(p, why.text);
}

static void put_extracted(struct post *p)
{
    record_put(p->out, REC_XTRA, "", 0);
    if (!p->request->from_headers)
        return;
    const struct address_list *found = extract_recipients(&p->extract);
    if (found->count == 0 && p->recipients.count == 0)
        give_up(p, "No recipient addresses found in message header");
    put_recipients(p, found);
}

static void submit(struct post *p)
{
    const struct request *r = p->request;
    struct error why = ERROR_NONE;
    struct str reason = STR_EMPTY;
    struct submission *postdrop =
        submission_open(p->arena, r->verbose > 1 ? r->verbose : 0, &why);

    if (postdrop == NULL)
        give_up(p, why.text);
    p->out = submission_stream(postdrop);
    put_envelope(p);
    put_content(p);
    put_extracted(p);
    int status = submission_finish(postdrop, p->arena, &reason);
    if (status != CLEANUP_STAT_OK)
        give_up(p, reason.length > 0 ? reason.data
                                     : cleanup_verdict(status)->text);
    str_fini(&reason);
    if (trace_flags(r) != 0)
        printf("Mail Delivery Status Report will be mailed to <%s>.\n",
               p->sender);
}

void post_message(const struct request *r)
{
    struct post p = { .request = r, .arena = arena_new() };

    p.extract.arena = p.arena;
    str_init(&p.extract.header);
    signal(SIGPIPE, SIG_IGN);
    p.user = post_submitter(p.arena);
    find_sender(&p);
    if (r->verp != NULL && *p.sender == '\0')
        give_up(&p, "-V option requires non-null sender address");
    find_recipients(&p);
    submit(&p);
    extract_fini(&p.extract);
    ARRAY_FREE(&p.recipients);
    arena_free(p.arena);
}
