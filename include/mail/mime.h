/* SPDX-License-Identifier: ISC
 *
 * mime.h - the MIME structure of a message as it streams by: RFC 2045, 2046,
 * 6532.
 *
 * Feed it lines; it calls back for each complete logical header, the end of
 * a header block, and each body line.
 */
#ifndef MAIL_MIME_H
#define MAIL_MIME_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"
#include "mail/header.h"

enum mime_option {
    MIME_DISABLED = 1 << 0,            /* headers and body only */
    MIME_REPORT_8BIT_IN_HEADER = 1 << 1,
    MIME_REPORT_8BIT_IN_7BIT_BODY = 1 << 2,
    MIME_REPORT_ENCODING_DOMAIN = 1 << 3, /* QP or base64 on
                                              multipart/message */
    MIME_REPORT_NESTING = 1 << 4,
    MIME_REPORT_TRUNCATED_HEADER = 1 << 5,
    MIME_DOWNGRADE = 1 << 6,           /* 8bit text to quoted-printable */
    MIME_RECURSE_MESSAGE = 1 << 7,
};
enum mime_error {
    MIME_ERROR_NESTING = 1 << 0,
    MIME_ERROR_TRUNCATED_HEADER = 1 << 1,
    MIME_ERROR_8BIT_IN_HEADER = 1 << 2,
    MIME_ERROR_8BIT_IN_7BIT_BODY = 1 << 3,
    MIME_ERROR_ENCODING_DOMAIN = 1 << 4,
};
enum mime_place {
    MIME_PRIMARY,   /* headers of the message itself */
    MIME_MULTIPART, /* headers of a MIME part */
    MIME_NESTED,    /* headers of an attached message */
};
enum mime_line_kind { MIME_LINE_END, MIME_LINE_PART }; /* N or L records */

struct mime_handlers {
    /* A whole logical header, lines joined by '\n', no final newline. */
    void (*header)(void *context, enum mime_place place,
                   const struct header_info *info, const char *text,
                   size_t length, off_t offset);
    void (*header_end)(void *context); /* of the primary headers */
    /* <offset>: bytes since the last headers, also of a part. */
    void (*body)(void *context, enum mime_line_kind kind, const char *text,
                 size_t length, off_t offset);
    void (*body_end)(void *context);
    /* Once per kind of error; may be NULL. */
    void (*problem)(void *context, enum mime_error error, const char *text,
                    size_t length);
};

struct mime_limits {
    size_t header_size;    /* header_size_limit, bytes */
    size_t boundary_length;/* mime_boundary_length_limit */
    int nesting;           /* mime_nesting_limit */
};

struct mime;
struct mime *mime_new(unsigned options, const struct mime_limits *limits,
                      const struct mime_handlers *handlers, void *context);
void mime_free(struct mime *mime);
/* One line (or a part of one) as in a queue file, without newline. */
void mime_line(struct mime *mime, enum mime_line_kind kind, const char *text,
               size_t length);
/* The end of the message. Returns the mime_error bits seen. */
unsigned mime_end(struct mime *mime);
const char *mime_error_text(enum mime_error error); /* and its DSN code */
const char *mime_error_dsn(enum mime_error error);

#endif
