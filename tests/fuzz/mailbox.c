/* SPDX-License-Identifier: ISC
 *
 * mailbox.c - a message as it is written to a mailbox, or to a command.
 *
 * The first byte says how. The rest is the content, in lines; a CR at the end
 * of one stands for a record that the next one goes on with.
 */
#include "mail/mbox.h"

#include <string.h>

#include "fuzz.h"
#include "mail/message_reader.h"
#include "mail/record.h"

enum { QUOTE_FROM = 1, DOT_STUFF = 2, BLANK_LINE = 4, CRLF = 8 };

static void put_lines(struct stream *out, const char *text, size_t size)
{
    const char *end = text + size;

    while (text < end) {
        const char *lf = memchr(text, '\n', (size_t)(end - text));
        size_t length = (size_t)((lf != NULL ? lf : end) - text);
        bool part = lf != NULL && length > 0 && text[length - 1] == '\r';
        record_put(out, part ? REC_CONT : REC_NORM, text, length - part);
        text += length + (lf != NULL);
    }
}

/* A queue file as far as its content is wanted. */
static void put_file(struct stream *out, const char *text, size_t size)
{
    record_putf(out, REC_SIZE, "%15d %15d %15d %15d %15d %15d", 1, 97, 0, 0, 0,
                0);
    put_lines(out, text, size);
    record_put(out, REC_XTRA, "", 0);
    record_put(out, REC_END, "", 0);
}

/* No line but the first is like the first of a message, and none a lone dot;
 * the last one ends. */
static void check_text(const char *text, size_t size, unsigned options)
{
    const char *end = text + size;

    FUZZ_CHECK(size > 0 && end[-1] == '\n');
    FUZZ_CHECK(strncmp(text, "From ", 5) == 0);
    while ((text = memchr(text, '\n', (size_t)(end - text))) != NULL &&
           ++text < end) {
        size_t left = (size_t)(end - text);
        FUZZ_CHECK(!(options & QUOTE_FROM) || left < 5 ||
                   memcmp(text, "From ", 5) != 0);
        FUZZ_CHECK(!(options & DOT_STUFF) || left < 2 || text[0] != '.' ||
                   text[1] == '.');
    }
}

FUZZ(mailbox)
{
    unsigned options = fuzz_byte(in);
    struct copy_options copy = {
        .from_line_sender = "MAILER-DAEMON", .return_path = "",
        .original_to = "a@b", .delivered_to = "c@d",
        .quote_from = options & QUOTE_FROM, .dot_stuff = options & DOT_STUFF,
        .blank_line_at_end = options & BLANK_LINE,
        .line_end = options & CRLF ? "\r\n" : "\n",
    };
    struct stream *file = stream_open_memory(NULL, 0);
    struct stream *out = stream_open_memory(NULL, 0);
    size_t size;
    const char *text = fuzz_rest(in, &size);

    put_file(file, text, size);
    stream_flush(file);
    struct message_reader *message =
        message_reader_open(stream_open_memory(stream_memory(file)->data,
                                               stream_memory(file)->length),
                            in->arena);
    FUZZ_CHECK(message_copy(message, out, &copy) == COPY_OK);
    stream_flush(out);
    check_text(stream_memory(out)->data, stream_memory(out)->length, options);
    message_reader_close(message);
    stream_close(out);
    stream_close(file);
}
