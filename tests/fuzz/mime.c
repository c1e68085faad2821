/* SPDX-License-Identifier: ISC
 *
 * mime.c - the MIME structure of a message.
 */
#include "mail/mime.h"

#include <string.h>

#include "fuzz.h"

struct watch {
    unsigned header_ends;
};

static void on_header(void *context, enum mime_place place,
                      const struct header_info *info, const char *text,
                      size_t length, off_t offset)
{
    struct watch *watch = context;

    (void)info;
    (void)offset;
    FUZZ_CHECK(memchr(text, 0, length + 1) != NULL);
    FUZZ_CHECK(watch->header_ends == 0 || place != MIME_PRIMARY);
}

static void on_header_end(void *context)
{
    struct watch *watch = context;

    FUZZ_CHECK(watch->header_ends++ == 0);
}

static void on_body(void *context, enum mime_line_kind kind, const char *text,
                    size_t length, off_t offset)
{
    volatile char sum = 0;

    (void)context;
    (void)kind;
    (void)offset;
    for (size_t i = 0; i < length; i++)
        sum = (char)(sum ^ text[i]);
}

static void on_body_end(void *context)
{
    (void)context;
}

static void on_problem(void *context, enum mime_error error, const char *text,
                       size_t length)
{
    (void)context;
    on_body(NULL, MIME_LINE_END, text, length, 0);
    FUZZ_CHECK(mime_error_text(error) != NULL &&
               mime_error_dsn(error) != NULL);
}

FUZZ(mime)
{
    static const struct mime_limits limits = { 300, 20, 5 };
    static const struct mime_handlers handlers = { on_header, on_header_end,
                                                   on_body, on_body_end,
                                                   on_problem };
    unsigned options = fuzz_byte(in);
    struct watch watch = { 0 };
    struct mime *mime = mime_new(options, &limits, &handlers, &watch);
    size_t size;
    char *line = fuzz_rest(in, &size), *end = line + size;

    while (line < end) {
        size_t left = (size_t)(end - line);
        char *lf = memchr(line, '\n', left);
        size_t length = lf == NULL ? left : (size_t)(lf - line);
        /* A CR stands for a line that goes on. */
        bool part = lf != NULL && length > 0 && line[length - 1] == '\r';
        char *copy = malloc(length + 1);
        memcpy(copy, line, length);
        copy[length] = '\0';
        mime_line(mime, part ? MIME_LINE_PART : MIME_LINE_END, copy,
                  length - part);
        free(copy);
        line += length + 1;
    }
    mime_end(mime);
    mime_free(mime);
    FUZZ_CHECK(watch.header_ends == 1);
}
