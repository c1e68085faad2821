/* SPDX-License-Identifier: ISC
 *
 * text.h - message text on the wire: dot-stuffing, line ends, chunks.
 */
#ifndef SMTP_TEXT_H
#define SMTP_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/stream.h"
#include "base/str.h"

/* smtpd_forbid_bare_newline: what a lone LF in a command or in message text
 * means. */
enum bare_lf { BARE_LF_ALLOW, BARE_LF_NORMALIZE, BARE_LF_REJECT, BARE_LF_NOTE };

enum text_line {
    TEXT_LINE,      /* a line ended by CR LF (or by LF if allowed) */
    TEXT_PART,      /* <max> bytes of a longer line */
    TEXT_END,       /* CR LF . CR LF */
    TEXT_LOST,      /* the stream failed */
};
/* Reads message text after DATA. */
struct text_reader {
    struct stream *in;      /* borrowed */
    enum bare_lf policy;
    size_t line_max;        /* longest piece returned (line_length_limit) */
    bool saw_bare_lf;
    bool in_line;           /* the last piece was a PART */
    bool last_was_crlf;     /* the end-of-data rule needs CR LF before it */
};
void text_reader_init(struct text_reader *reader, struct stream *in,
                      enum bare_lf policy, size_t line_max);
/* The next piece, dots unstuffed, without its line end. */
MAY_WAIT enum text_line text_reader_next(struct text_reader *reader,
                                         struct str *line);

enum smtp_line_status {
    SMTP_LINE_OK,
    SMTP_LINE_TOO_LONG, /* skipped; <line> has its first <max> bytes */
    SMTP_LINE_ENDLESS,  /* no end within another <max> bytes: hang up */
    SMTP_LINE_LOST,     /* the stream failed; its state says how */
};
/* A command line of at most <max> bytes, without the CR LF or LF that ends
 * it. */
MAY_WAIT enum smtp_line_status smtp_line_read(struct stream *s, size_t max,
                                              struct str *line, bool *bare_lf);

#endif
