/* SPDX-License-Identifier: ISC
 *
 * maildrop.c - a file in maildrop, which may be anybody's: what pickup makes
 * of it for cleanup has the shape of a message, and nothing that is not for
 * users to say. The first byte: is it one of our own queue?
 */
#include "../../src/daemon/pickup/copy.c"

#include "fuzz.h"

/* ---- what pickup has around it ---- */

struct cleanup_post {
    struct stream *out;
    bool is_over;
};
static struct cleanup_post the_post; /* the target runs one at a time */

struct cleanup_post *cleanup_post_open(int flags, struct error *why)
{
    (void)why;
    FUZZ_CHECK(flags & CLEANUP_EXTERNAL);
    the_post = (struct cleanup_post) { stream_open_memory(NULL, 0), false };
    return &the_post;
}

const char *cleanup_post_id(const struct cleanup_post *post)
{
    FUZZ_CHECK(post == &the_post && !post->is_over);
    return "0123456789";
}

struct stream *cleanup_post_stream(struct cleanup_post *post)
{
    return post->out;
}

int cleanup_post_finish(struct cleanup_post *post, struct str *reason)
{
    (void)reason;
    post->is_over = true;
    return CLEANUP_STAT_OK;
}

void cleanup_post_cancel(struct cleanup_post *post)
{
    (void)post;
}

const struct cleanup_verdict *cleanup_verdict(int status)
{
    (void)status;
    return NULL;
}

int cleanup_utf8_flags(const char *origin)
{
    (void)origin;
    return 0;
}

const char *logged_address(struct arena *arena, const char *address)
{
    (void)arena;
    return address;
}

/* ---- the target ---- */

/* Nothing that decides which filter sees the message, or tells where it comes
 * from. White space before a name counts for nobody. */
static bool is_for_users(int type, const char *text)
{
    static const char *const names[] = {
        "rewrite_context", "encoding", "envelope_id", "ret_flags",
        "trace_flags", "notify_flags", "dsn_orig_rcpt",
    };

    if (type != REC_ATTR)
        return strchr("CTFSRVMXEion", type) != NULL;
    text += strspn(text, " \t\r\n\v\f");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncmp(text, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static void check_records(struct stream *message, bool is_requeued)
{
    enum record_segment segment = SEG_ENVELOPE;
    struct str record = STR_EMPTY;
    int senders = 0, type;

    while ((type = record_get(message, &record, RECORD_NEW_MAX)) >= 0) {
        FUZZ_CHECK(record_allowed(type, segment));
        FUZZ_CHECK(is_requeued || segment == SEG_CONTENT ||
                   is_for_users(type, record.data));
        senders += type == REC_FROM;
        if (type == REC_MESG)
            segment = SEG_CONTENT;
        if (type == REC_XTRA)
            segment = SEG_EXTRACTED;
    }
    FUZZ_CHECK(type == REC_EOF && segment == SEG_EXTRACTED && senders == 1);
    str_fini(&record);
}

FUZZ(maildrop)
{
    struct maildrop_file file = { .id = "0123456789",
                                  .is_requeued = fuzz_byte(in) & 1 };
    struct error why = ERROR_NONE;
    int fd;

    message_params.receive_override_options = "";
    message_params.content_filter = "";
    copy_set_up();
    fuzz_file(in, &fd);
    lseek(fd, 0, SEEK_SET);
    enum copy_outcome outcome = copy_message(&file, fd, &why);
    FUZZ_CHECK(outcome != PICKUP_LATER);
    FUZZ_CHECK((outcome == PICKUP_DONE) == the_post.is_over);
    FUZZ_CHECK(outcome == PICKUP_DONE || why.text[0] != '\0');
    if (outcome == PICKUP_DONE) {
        stream_flush(the_post.out);
        const struct str *all = stream_memory(the_post.out);
        struct stream *message = stream_open_memory(all->data, all->length);
        check_records(message, file.is_requeued);
        stream_close(message);
    }
    stream_close(the_post.out);
}
