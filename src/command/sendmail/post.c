/* SPDX-License-Identifier: ISC
 *
 * post.c - a message from standard input, as records, to postdrop.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/text.h"
#include "client/cleanup.h"
#include "config/params.h"
#include "ipc/codec.h"
#include "ipc/messages/postdrop.h"
#include "mail/dsn_notify.h"
#include "mail/message.h"
#include "mail/quote.h"
#include "mail/record.h"
#include "mail/user.h"
#include "sendmail.h"

struct post {
    const struct request *request;
    struct arena *arena;
    const char *sender;      /* internal form */
    struct address_list recipients;
    struct extract extract;
    struct stream *out, *in; /* to and from postdrop */
    pid_t pid;
};

static _Noreturn void give_up(const struct post *p, const char *text)
{
    fatal_status(EX_TEMPFAIL, "%s(%ld): %s", p->sender, (long)getuid(), text);
}

/* ---- who ---- */

static const struct user_info *find_user(struct post *p)
{
    struct user_info *user = ARENA_NEW(p->arena, struct user_info);
    struct error why = ERROR_NONE;

    if (user_find_uid(p->arena, getuid(), user, &why) == FOUND)
        return user;
    return NULL;
}

static void find_sender(struct post *p, const struct user_info *user)
{
    struct address_list found = ARRAY_EMPTY;
    const char *given = p->request->sender;

    if (given == NULL) {
        if (user == NULL)
            fatal_status(EX_TEMPFAIL, "unable to find out your login name");
        p->sender = user->name;
        return;
    }
    address_list_add(p->arena, &found, given);
    p->sender = found.count > 0 ? found.items[0] : "";
    if (found.count > 1)
        log_warning("-f option specified malformed sender: %s", given);
    ARRAY_FREE(&found);
}

static const char *find_fullname(const struct post *p,
                                 const struct user_info *user)
{
    const char *name = getenv("NAME");

    if (p->request->fullname != NULL)
        return p->request->fullname;
    if (name != NULL)
        return name;
    return user != NULL ? user->full_name : NULL;
}

static void find_recipients(struct post *p)
{
    for (char **text = p->request->recipients; *text != NULL; text++)
        address_list_add(p->arena, &p->recipients, *text);
    if (p->recipients.count == 0 && !p->request->from_headers)
        give_up(p, "Recipient addresses must be specified on the command "
                   "line or via the -t option");
}

/* ---- postdrop ---- */

static void start_postdrop(struct post *p)
{
    const char *path = arena_printf(p->arena, "%s/postdrop",
                                    common_params.command_directory);
    const char *const argv[] = { path, "-r", NULL };
    int to[2], from[2];
    struct error why = ERROR_NONE;
    struct postdrop_opened opened;

    if (pipe(to) != 0 || pipe(from) != 0)
        fatal_status(EX_OSERR, "pipe: %m");
    const struct proc_options options = {
        .argv = argv,
        .env_export = (const char *const *)text_split(
            p->arena, common_params.export_environment, NULL, NULL),
        .in = to[0],
        .out = from[1],
        .err = STDERR_FILENO,
    };
    p->pid = proc_start(&options, &why);
    if (p->pid < 0)
        fatal_status(EX_UNAVAILABLE, "unable to execute %s: %s", path,
                     why.text);
    close(to[0]);
    close(from[1]);
    p->out = stream_open(to[1]);
    p->in = stream_open(from[0]);
    if (!ipc_receive(p->in, p->arena, postdrop_opened, &opened))
        give_up(p, "mail submission failed: postdrop gave no queue ID");
}

/* ---- envelope ---- */

static void put_attribute(struct post *p, const char *name, const char *value)
{
    if (value != NULL && *value != '\0')
        record_putf(p->out, REC_ATTR, "%s=%s", name, value);
}

static void put_recipient(struct post *p, const char *address)
{
    if (p->request->dsn_notify != 0)
        record_putf(p->out, REC_ATTR, "notify_flags=%d",
                    p->request->dsn_notify);
    record_put_text(p->out, REC_RCPT, address);
}

static int trace_flags(const struct request *r)
{
    if (r->mode == MODE_VERIFY)
        return TRACE_USER_VERIFY;
    return r->verbose > 0 ? TRACE_RECORD : 0;
}

/* A line break would be a second record to some reader. */
static const char *on_one_line(struct post *p, const char *text)
{
    return text_printable(arena_strdup(p->arena, text), ' ', true);
}

static void put_envelope(struct post *p, const struct user_info *user)
{
    const struct request *r = p->request;
    const char *fullname = find_fullname(p, user);
    int trace = trace_flags(r);

    if (r->sender_options != 0)
        record_putf(p->out, REC_SIZE, "%15d %15d %15d %15d %15d %15d", -1, -1,
                    -1, -1, -1, r->sender_options);
    put_attribute(p, "envelope_id", r->envelope_id);
    if (r->dsn_return != DSN_RET_NONE)
        record_putf(p->out, REC_ATTR, "ret_flags=%d", r->dsn_return);
    put_attribute(p, "rewrite_context", r->is_gateway ? "remote" : "local");
    if (fullname != NULL)
        record_put_text(p->out, REC_FULLNAME, on_one_line(p, fullname));
    record_put_text(p->out, REC_FROM, p->sender);
    put_attribute(p, "encoding", r->encoding);
    if (trace != 0)
        record_putf(p->out, REC_ATTR, "trace_flags=%d", trace);
    if (r->verp != NULL)
        record_put_text(p->out, REC_VERP, r->verp);
    for (size_t i = 0; i < p->recipients.count; i++)
        put_recipient(p, p->recipients.items[i]);
    record_put(p->out, REC_MESG, "", 0);
}

/* ---- content ---- */

enum line_kind { LINE_WHOLE, LINE_PART, LINE_NONE };

static enum line_kind read_line(struct stream *in, struct str *line)
{
    size_t max = (size_t)common_params.line_length_limit;

    if (stream_get_until(in, '\n', max, line))
        return LINE_WHOLE;
    if (stream_state(in) == STREAM_LIMIT) {
        stream_clear_error(in);
        return LINE_PART;
    }
    if (stream_state(in) != STREAM_EOF)
        fatal_status(EX_TEMPFAIL, "cannot read the message: %s",
                     stream_error_text(in));
    return line->length > 0 ? LINE_PART : LINE_NONE;
}

static bool ends_with_cr(const struct str *line)
{
    return line->length > 0 && line->data[line->length - 1] == '\r';
}

/* Programs that think in terms of SMTP write CRLF where UNIX has LF. */
static bool must_strip_cr(const struct str *first)
{
    const char *fix = submit_params.sendmail_fix_line_endings;

    if (strcmp(fix, "strict") == 0)
        return ends_with_cr(first);
    return strcmp(fix, "always") == 0;
}

static bool is_from_line(const struct str *line)
{
    return text_has_prefix(line->data, "From ");
}

static void put_line(struct post *p, enum line_kind kind,
                     const struct str *line, bool starts)
{
    record_put(p->out, kind == LINE_WHOLE ? REC_NORM : REC_CONT, line->data,
               line->length);
    if (!p->request->from_headers)
        return;
    if (starts)
        extract_line(&p->extract, line->data, line->length);
    else if (!p->extract.is_over)
        str_add_bytes(&p->extract.header, line->data, line->length);
}

static void put_content(struct post *p)
{
    struct stream *in = stream_open(STDIN_FILENO);
    struct str line = STR_EMPTY;
    bool first = true, starts = true, strip = false;
    enum line_kind kind;

    while ((kind = read_line(in, &line)) != LINE_NONE) {
        if (first)
            strip = must_strip_cr(&line);
        if (strip && kind == LINE_WHOLE && ends_with_cr(&line))
            str_truncate(&line, line.length - 1);
        if (starts && kind == LINE_WHOLE && !p->request->ignore_dots &&
            strcmp(line.data, ".") == 0 && line.length == 1)
            break;
        if (!(first && is_from_line(&line)))
            put_line(p, kind, &line, starts);
        first = false;
        starts = kind == LINE_WHOLE;
    }
    str_fini(&line);
}

/* sendmail -bv: nothing is read; the report shows where mail would go. */
static void put_probe(struct post *p)
{
    struct str to = STR_EMPTY;

    record_putf(p->out, REC_NORM, "From: %s",
                quote_822_dup(p->arena, p->sender));
    record_put_text(p->out, REC_NORM, "Subject: probe");
    record_put_text(p->out, REC_CONT, "To:");
    for (size_t i = 0; i < p->recipients.count; i++) {
        str_setf(&to, "%s\t%s%s", "",
                 quote_822_dup(p->arena, p->recipients.items[i]),
                 i + 1 < p->recipients.count ? "," : "");
        record_put_text(p->out, REC_NORM, to.data);
    }
    str_fini(&to);
}

static void put_extracted(struct post *p)
{
    struct extract *e = &p->extract;
    size_t count = e->is_resent ? e->resent.count : e->plain.count;
    const char **items = e->is_resent ? e->resent.items : e->plain.items;

    record_put(p->out, REC_XTRA, "", 0);
    if (!p->request->from_headers)
        return;
    if (count == 0 && p->recipients.count == 0)
        give_up(p, "No recipient addresses found in message header");
    for (size_t i = 0; i < count; i++)
        put_recipient(p, items[i]);
}

/* ---- the end ---- */

static void finish(struct post *p)
{
    struct postdrop_result result;
    int status;

    record_put(p->out, REC_END, "", 0);
    stream_flush(p->out);
    if (!ipc_receive(p->in, p->arena, postdrop_result, &result))
        give_up(p, "mail submission failed");
    proc_wait(p->pid, DEADLINE_NEVER, &status);
    if (result.status == 0)
        return;
    give_up(p, *result.reason != '\0'
                   ? result.reason
                   : cleanup_verdict((int)result.status)->text);
}

void post_message(const struct request *r)
{
    struct post p = { .request = r, .arena = arena_new() };

    p.extract.arena = p.arena;
    str_init(&p.extract.header);
    signal(SIGPIPE, SIG_IGN);
    const struct user_info *user = find_user(&p);
    find_sender(&p, user);
    find_recipients(&p);
    start_postdrop(&p);
    put_envelope(&p, user);
    if (r->mode == MODE_VERIFY)
        put_probe(&p);
    else
        put_content(&p);
    extract_end(&p.extract);
    put_extracted(&p);
    finish(&p);
    if (trace_flags(r) != 0)
        printf("Mail Delivery Status Report will be mailed to <%s>.\n",
               p.sender);
    extract_free(&p.extract);
    ARRAY_FREE(&p.recipients);
    stream_abandon(p.out);
    stream_abandon(p.in);
    arena_free(p.arena);
}
