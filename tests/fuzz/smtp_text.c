/* SPDX-License-Identifier: ISC
 *
 * smtp_text.c - message text of SMTP: where lines and the message end.
 */
#include "smtp/text.h"

#include <fcntl.h>
#include <string.h>

#include "fuzz.h"

/* All that a reader says, as one text, whatever the pieces were. */
static enum text_line read_all(struct stream *s, enum bare_lf policy,
                               size_t max, struct str *out, bool *bare_lf)
{
    struct text_reader reader;
    struct str line = STR_EMPTY;
    enum text_line kind;

    text_reader_init(&reader, s, policy, max);
    do {
        kind = text_reader_next(&reader, &line);
        if (kind == TEXT_LINE || kind == TEXT_PART)
            str_add_bytes(out, line.data, line.length);
        if (kind == TEXT_LINE)
            str_add_char(out, '\n');
        FUZZ_CHECK(kind != TEXT_PART || line.length <= max);
    } while (kind == TEXT_LINE || kind == TEXT_PART);
    *bare_lf = reader.saw_bare_lf;
    str_fini(&line);
    return kind;
}

struct slow {
    const char *data;
    size_t size, step;
};

static ssize_t slow_read(void *handle, int fd, void *data, size_t length,
                         deadline_t until)
{
    struct slow *slow = handle;
    size_t take = slow->step < length ? slow->step : length;

    (void)fd;
    (void)until;
    if (take > slow->size)
        take = slow->size;
    if (take > 0)
        memcpy(data, slow->data, take);
    slow->data += take;
    slow->size -= take;
    return (ssize_t)take;
}

static ssize_t slow_write(void *handle, int fd, const void *data,
                          size_t length, deadline_t until)
{
    (void)handle;
    (void)fd;
    (void)data;
    (void)until;
    return (ssize_t)length;
}

static bool slow_pending(void *handle)
{
    (void)handle;
    return false;
}

static void slow_close(void *handle, int fd)
{
    (void)handle;
    (void)fd;
}

static const struct stream_transport slow_transport = {
    slow_read, slow_write, slow_pending, slow_close
};

/* It must not matter how the bytes arrive. */
static void compare(const char *data, size_t size, enum bare_lf policy,
                    size_t max, size_t step)
{
    struct slow slow = { data, size, step };
    struct str fast_text = STR_EMPTY, slow_text = STR_EMPTY;
    bool fast_bare, slow_bare;
    struct stream *s = stream_open_memory(data, size);
    enum text_line end = read_all(s, policy, max, &fast_text, &fast_bare);

    stream_close(s);
    s = stream_open_file(open("/dev/null", O_RDWR | O_CLOEXEC));
    FUZZ_CHECK(stream_set_transport(s, &slow_transport, &slow));
    FUZZ_CHECK(read_all(s, policy, max, &slow_text, &slow_bare) == end);
    FUZZ_CHECK(slow_bare == fast_bare);
    FUZZ_CHECK(end == TEXT_LOST ||
               strcmp(slow_text.data, fast_text.data) == 0);
    stream_close(s);
    str_fini(&fast_text);
    str_fini(&slow_text);
}

static void read_lines(const char *data, size_t size, size_t max)
{
    struct stream *s = stream_open_memory(data, size);
    struct str line = STR_EMPTY;
    enum smtp_line_status status;
    bool bare_lf;

    while ((status = smtp_line_read(s, max, &line, &bare_lf)) ==
               SMTP_LINE_OK ||
           status == SMTP_LINE_TOO_LONG)
        FUZZ_CHECK(line.length <= max);
    str_fini(&line);
    stream_close(s);
}

FUZZ(smtp_text)
{
    enum bare_lf policy = fuzz_byte(in) & 3;
    size_t max = 4 + fuzz_byte(in) % 100, step = 1 + fuzz_byte(in) % 20, size;
    const char *data = fuzz_rest(in, &size);

    /* A "." and more CRs than fit are no end, or one, with this policy. */
    if (policy == BARE_LF_ALLOW)
        max += size;
    compare(data, size, policy, max, step);
    read_lines(data, size, max);
}
