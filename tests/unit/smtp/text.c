/* SPDX-License-Identifier: ISC
 *
 * text.c - tests of message text: where a message ends above all.
 */
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "smtp/text.h"
#include "test.h"

/* The pieces as "line|line|part+", with "." at the end of the text, or "!"
 * if the stream failed first; and what is left unread after a '#'. */
static const char *read_text(struct arena *arena, const char *input,
                             enum bare_lf policy, size_t max)
{
    struct stream *in = stream_open_memory(input, strlen(input));
    struct str line = STR_EMPTY, all = STR_EMPTY;
    struct text_reader reader;
    enum text_line kind;

    text_reader_init(&reader, in, policy, max);
    while ((kind = text_reader_next(&reader, &line)) == TEXT_LINE ||
           kind == TEXT_PART) {
        str_add(&all, line.data);
        str_add_char(&all, kind == TEXT_LINE ? '|' : '+');
    }
    str_add_char(&all, kind == TEXT_END ? '.' : '!');
    str_add_char(&all, '#');
    str_add_bytes(&all, stream_peek(in), stream_buffered(in));
    const char *result = text_escape(arena, all.data, all.length);
    str_fini(&all);
    str_fini(&line);
    stream_close(in);
    return result;
}

TEST(text_ends_where_it_should)
{
    static const struct {
        const char *input, *normalize, *allow;
    } cases[] = {
        { ".\r\n", ".#", ".#" },
        { "a\r\n.\r\nQUIT\r\n", "a|.#QUIT\\r\\n", "a|.#QUIT\\r\\n" },
        { "..a\r\n...\r\n.b\r\n.\r\n", ".a|..|b|.#", ".a|..|b|.#" },
        /* Every way to smuggle: RFC 5321 section 4.1.1.4. */
        { "a\n.\r\nX\r\n.\r\n", "a|X|.#", "a|.#X\\r\\n.\\r\\n" },
        { "a\n.\nX\r\n.\r\n", "a|X|.#", "a|.#X\\r\\n.\\r\\n" },
        { "a\r\n.\nX\r\n.\r\n", "a|X|.#", "a|.#X\\r\\n.\\r\\n" },
        { "a\r\n.\r\r\nX\r\n.\r\n", "a|\\r|X|.#", "a|.#X\\r\\n.\\r\\n" },
        { "a\r.\r\nX\r\n.\r\n", "a\\r.|X|.#", "a\\r.|X|.#" },
        { "a\r\n.\r.\r\n.\r\n", "a|\\r.|.#", "a|\\r.|.#" },
        { "a\r\r\n.\r\n", "a\\r|.#", "a|.#" },
        { "a\r\n.", "a|!#", "a|!#" },
    };
    struct arena *arena = arena_new();

    for (size_t i = 0; i < COUNT(cases); i++) {
        CHECK_STR(read_text(arena, cases[i].input, BARE_LF_NORMALIZE, 100),
                  cases[i].normalize);
        CHECK_STR(read_text(arena, cases[i].input, BARE_LF_ALLOW, 100),
                  cases[i].allow);
    }
    arena_free(arena);
}

TEST(text_cuts_long_lines)
{
    static const struct {
        const char *input, *want;
    } cases[] = {
        { "1234\r\n.\r\n", "1234|.#" },
        { "12345\r\n.\r\n", "12345|.#" },
        { "123456\r\n.\r\n", "123456+|.#" },
        { "1234567\r\n.\r\n", "123456+7|.#" },
        { "123456.\r\n.\r\n", "123456+.|.#" },
        { ".23456.\r\n.\r\n", "23456+.|.#" },
        /* The CR of a line end stays with its LF. */
        { "123456789\r\n\r\n.\r\n", "123456+789||.#" },
        { "12345678901\r\n.\r\n", "123456+78901|.#" },
    };
    struct arena *arena = arena_new();

    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_STR(read_text(arena, cases[i].input, BARE_LF_NORMALIZE, 6),
                  cases[i].want);
    arena_free(arena);
}

TEST(lines_have_a_limit)
{
    static const char input[] = "abcd\r\nab\n0123456\r\nx\r\n0123456789abcdef0\n";
    struct stream *in = stream_open_memory(input, strlen(input));
    struct str line = STR_EMPTY;
    bool bare;

    CHECK_INT(smtp_line_read(in, 6, &line, &bare), SMTP_LINE_OK);
    CHECK_STR(line.data, "abcd");
    CHECK(!bare);
    CHECK_INT(smtp_line_read(in, 6, &line, &bare), SMTP_LINE_OK);
    CHECK_STR(line.data, "ab");
    CHECK(bare);
    CHECK_INT(smtp_line_read(in, 6, &line, &bare), SMTP_LINE_TOO_LONG);
    CHECK_STR(line.data, "012345");
    CHECK_INT(smtp_line_read(in, 6, &line, &bare), SMTP_LINE_OK);
    CHECK_STR(line.data, "x");
    CHECK_INT(smtp_line_read(in, 6, &line, &bare), SMTP_LINE_ENDLESS);
    str_fini(&line);
    stream_close(in);
}
