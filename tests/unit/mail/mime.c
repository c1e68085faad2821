/* SPDX-License-Identifier: ISC
 *
 * MIME structure: what is passed on, what is reported, what is converted.
 */
#include "mail/mime.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "test.h"

static struct str seen = STR_EMPTY;

static void on_header(void *context, enum mime_place place,
                      const struct header_info *info, const char *text,
                      size_t length, off_t offset)
{
    (void)context;
    (void)info;
    (void)offset;
    str_addf(&seen, "%c[%.*s]", "PMN"[place], (int)length, text);
}

static void on_header_end(void *context)
{
    (void)context;
    str_add(&seen, "|");
}

static void on_body(void *context, enum mime_line_kind kind, const char *text,
                    size_t length, off_t offset)
{
    (void)context;
    (void)offset;
    str_addf(&seen, "%.*s%s", (int)length, text,
             kind == MIME_LINE_END ? "$" : "");
}

static unsigned feed(unsigned options, const char *text)
{
    static const struct mime_limits limits = { 60, 20, 3 };
    static const struct mime_handlers handlers = {
        .header = on_header, .header_end = on_header_end, .body = on_body
    };
    struct mime *mime = mime_new(options, &limits, &handlers, NULL);

    str_clear(&seen);
    while (*text != 0) {
        size_t length = strcspn(text, "\n\r"); /* \r: the line goes on */
        enum mime_line_kind kind =
            text[length] == '\r' ? MIME_LINE_PART : MIME_LINE_END;
        mime_line(mime, kind, text, length);
        text += length + (text[length] != 0);
    }
    unsigned errors = mime_end(mime);
    mime_free(mime);
    return errors;
}

TEST(mime_headers_and_body)
{
    feed(0, "A: x\n  y\nB: z\n\nbody\n");
    CHECK_STR(seen.data, "P[A: x\n  y]P[B: z]|$body$");
    feed(0, "A: x\rmore\nnot a header\n\nb\n");
    CHECK_STR(seen.data, "P[A: xmore]|$not a header$$b$");
    feed(0, "");
    CHECK_STR(seen.data, "|");
    feed(0, "\n");
    CHECK_STR(seen.data, "|$");
    feed(0, "A: x\n");
    CHECK_STR(seen.data, "P[A: x]|");
    feed(0, " x\nA: b\n");
    CHECK_STR(seen.data, "|$ x$A: b$");
}

TEST(mime_parts)
{
    feed(0, "Content-Type: multipart/mixed; x=y;\n"
            " boundary=\"b b\"\n\npre\n--b b\nX: 1\n\nt: u\n--b bx\n"
            "Y: 2\n\n--b b--\nZ: 3\n");
    CHECK_STR(strchr(seen.data, '|'), "|$pre$--b b$M[X: 1]$t: u$--b bx$"
                                      "M[Y: 2]$--b b--$Z: 3$");
    feed(MIME_DISABLED,
         "Content-Type: multipart/mixed; boundary=b\n\n--b\nX: 1\n");
    CHECK_STR(strchr(seen.data, '|'), "|$--b$X: 1$");
    feed(MIME_RECURSE_MESSAGE,
         "Content-Type: message/rfc822\n\nX: 1\n\nbody\n");
    CHECK_STR(strchr(seen.data, '|'), "|$N[X: 1]$body$");
    /* Only the body of the message itself must begin with an empty line. */
    feed(0, "Content-Type: multipart/mixed; boundary=b\n--b\n--b\ntext\n"
            "--b\nX: 1\n--b--\n");
    CHECK_STR(strchr(seen.data, '|'), "|$--b$--b$text$--b$M[X: 1]--b--$");
}

TEST(mime_errors)
{
    unsigned all = MIME_REPORT_8BIT_IN_HEADER | MIME_REPORT_8BIT_IN_7BIT_BODY |
                   MIME_REPORT_ENCODING_DOMAIN | MIME_REPORT_NESTING |
                   MIME_REPORT_TRUNCATED_HEADER;

    CHECK_INT(feed(all, "A: \xe4\n\nx\n"), MIME_ERROR_8BIT_IN_HEADER);
    CHECK_INT(feed(all, "A: b\n\n\xe4\n"), MIME_ERROR_8BIT_IN_7BIT_BODY);
    CHECK_INT(feed(0, "A: \xe4\n\n\xe4\n"), 0);
    CHECK_INT(feed(all, "Content-Transfer-Encoding: 8bit\n\n\xe4\n"), 0);
    CHECK_INT(feed(all, "Content-Type: multipart/x\n"
                        "Content-Transfer-Encoding: base64\n\n"),
              MIME_ERROR_ENCODING_DOMAIN);
    CHECK_INT(feed(all, "A: 0123456789\n 0123456789\n 0123456789 0123"
                        "456789 0123456789abc\n\n"),
              MIME_ERROR_TRUNCATED_HEADER);
    CHECK_STR(seen.data, "P[A: 0123456789\n 0123456789\n 0123456789 0123456789 "
                         "0123456789a]|$");
    CHECK_INT(feed(all, "Content-Type: multipart/x;boundary=a\n\n"
                        "--a\nContent-Type: multipart/x;boundary=b\n\n"
                        "--b\nContent-Type: multipart/x;boundary=c\n\n"
                        "--c\nContent-Type: multipart/x;boundary=d\n\n"
                        "--d\nContent-Type: multipart/x;boundary=e\n\n"),
              0);
    CHECK_INT(feed(all, "Content-Type: multipart/x;boundary=a\n\n"
                        "--a\nContent-Type: multipart/x;boundary=b\n\n"
                        "--b\nContent-Type: multipart/x;boundary=c\n\n"
                        "--c\nContent-Type: multipart/x;boundary=d\n\n"
                        "--d\nContent-Type: multipart/x;boundary=e\n\n"
                        "--e\nContent-Type: multipart/x;boundary=f\n\n"),
              MIME_ERROR_NESTING);
    CHECK_STR(mime_error_text(MIME_ERROR_8BIT_IN_HEADER),
              "improper use of 8-bit data in message header");
}

TEST(mime_downgrade)
{
    feed(MIME_DOWNGRADE, "Content-Transfer-Encoding: 8bit\nA: b\n\n"
                         "\xe4=x \n.\n");
    CHECK_STR(seen.data,
              "P[A: b]P[Content-Transfer-Encoding: quoted-printable]|$"
              "=E4=3Dx=20$.$");
    feed(MIME_DOWNGRADE, "A: b\n\n\xe4\n");
    CHECK_STR(seen.data, "P[A: b]|$\xe4$");
    char text[200] = "Content-Transfer-Encoding: binary\n\n";
    memset(text + strlen(text), 'a', 80);
    feed(MIME_DOWNGRADE, text);
    const char *body = strchr(seen.data, '$') + 1;
    CHECK_INT(strcspn(body, "$"), 74);
    CHECK_INT(body[73], '=');
}
