/* SPDX-License-Identifier: ISC
 *
 * record.h - records: the codec of queue files and of cleanup's input.
 */
#ifndef MAIL_RECORD_H
#define MAIL_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/str.h"
#include "base/stream.h"

/* REC_SIZE = 'C', ... and REC_EOF, REC_ERROR: see records.def. */
enum record_type {
    REC_EOF = -1,
    REC_ERROR = -2,
#define RECORD(id, letter, name, segments) REC_##id = letter,
#include "mail/records.def"
#undef RECORD
    REC_FILTER = REC_CONT, /* in the envelope and the extracted segment */
};
/* Segments in which a type may stand; records.def has their union. */
enum record_segment {
    SEG_ENVELOPE = 1, SEG_CONTENT = 2, SEG_EXTRACTED = 4,
    SEG_POSTDROP_ENVELOPE = 8, SEG_POSTDROP_CONTENT = 16,
    SEG_POSTDROP_EXTRACTED = 32,
};
enum { RECORD_MAX = (1 << 28) - 1 };
/* What cleanup takes: no record that is legal comes near it. */
enum { RECORD_NEW_MAX = 1 << 20 };

bool record_allowed(int type, enum record_segment segment);
const char *record_name(int type); /* "message_size"; NULL if unknown */

/* The type, or REC_EOF / REC_ERROR (a bad length, or a truncated record).
 * Pointer records are returned like any other. <max>: longest payload taken,
 * 0 for RECORD_MAX. */
MAY_WAIT int record_get(struct stream *in, struct str *payload, size_t max);
MAY_WAIT void record_put(struct stream *out, int type, const char *payload,
                         size_t length);
MAY_WAIT void record_put_text(struct stream *out, int type, const char *text);
MAY_WAIT void record_putf(struct stream *out, int type, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* Overwrite the type byte of a record in a committed file (REC_DONE over
 * REC_RCPT, REC_KILLED). False: errno. */
bool record_mark(int fd, off_t offset, int type);
/* "name=value" of an A record to a pseudo type (o n i < c), or 'A'. */
int record_attribute_type(const char *name);

#endif
