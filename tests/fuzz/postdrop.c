/* SPDX-License-Identifier: ISC
 *
 * postdrop.c - records of a client that nobody trusts: what the set-gid
 * program writes to maildrop is what pickup takes from there.
 */
#include <setjmp.h>

#include "base/fatal.h"
#include "mail/record.h"

/* Such a client is the end of postdrop, but not of this. */
static jmp_buf end;
static struct str *held; /* what it reads into */
#define record_get(in, payload, max) record_get(in, held = (payload), max)
static _Noreturn void leave(const char *format, ...)
{
    (void)format;
    str_fini(held);
    longjmp(end, 1);
}
#define fatal leave
#include "../../src/command/postdrop/submit.c"
#undef fatal
#undef record_get

#include "fuzz.h"

/* ---- what postdrop has around it ---- */

bool submitter_may_send_as(struct arena *arena, const struct submitter *user,
                           const char *sender)
{
    (void)arena;
    FUZZ_CHECK(user->uid == 1000);
    return strcmp(sender, "root") != 0;
}

/* ---- the target ---- */

static bool has_line_break(const struct str *record)
{
    return memchr(record->data, '\n', record->length) != NULL ||
           memchr(record->data, '\r', record->length) != NULL ||
           memchr(record->data, '\0', record->length) != NULL;
}

/* What was written is a message, and no attribute of it is for us alone. */
static void check_file(const struct str *written)
{
    struct stream *file = stream_open_memory(written->data, written->length);
    struct str record = STR_EMPTY;
    bool in_content = false, is_over = false;
    int type;

    while ((type = record_get(file, &record, 0)) >= 0) {
        FUZZ_CHECK(!is_over);
        FUZZ_CHECK(in_content || !has_line_break(&record));
        FUZZ_CHECK(in_content || type != REC_ATTR ||
                   !text_has_prefix(record.data, "client_"));
        FUZZ_CHECK(type != REC_PTR && type != REC_FLAGS);
        if (type == REC_MESG || type == REC_XTRA)
            in_content = type == REC_MESG;
        is_over = type == REC_END;
    }
    FUZZ_CHECK(type == REC_EOF && is_over);
    stream_close(file);
    str_fini(&record);
}

/* Not on the stack, where longjmp may lose them. */
static struct stream *input, *output;
static struct str reason;

FUZZ(postdrop)
{
    struct submitter user = { .uid = 1000, .login = "user", .key = "user" };
    int status = 0;

    common_params.line_length_limit = 2048;
    common_params.message_size_limit = 3000;
    str_set(&reason, "");
    input = fuzz_stream(in);
    output = stream_open_memory(NULL, 0);
    if (setjmp(end) == 0 &&
        submit_records(in->arena, &user, input, output, &status, &reason) &&
        status == 0) {
        stream_flush(output);
        check_file(stream_memory(output));
    }
    stream_close(input);
    stream_close(output);
    str_fini(&reason);
}
