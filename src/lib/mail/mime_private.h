/* SPDX-License-Identifier: ISC
 *
 * mime_private.h - what MIME headers say, and quoted-printable.
 */
#ifndef MAIL_MIME_PRIVATE_H
#define MAIL_MIME_PRIVATE_H

#include "mail/mime.h"

enum mime_type {
    MIME_TYPE_LEAF,       /* text/plain and whatever is not named here */
    MIME_TYPE_MULTIPART,
    MIME_TYPE_RFC822,     /* headers follow */
    MIME_TYPE_GLOBAL,     /* the same; may be encoded: RFC 6532, section 3.5 */
    MIME_TYPE_FRAGMENT,   /* message/partial, message/external-body: 7bit */
    MIME_TYPE_MESSAGE,    /* other message/ types */
};
enum mime_encoding {
    MIME_ENC_7BIT,
    MIME_ENC_8BIT,        /* 8bit and binary */
    MIME_ENC_OTHER,       /* quoted-printable, base64 */
};

/* Of a Content-Type header's value. For multipart types the boundary, at most
 * <max> bytes of it, in <boundary>; "" if there is none. RFC 2045 section 5.1.
 */
enum mime_type mime_parse_type(const char *value, size_t max,
                               struct str *boundary);
/* Of a Content-Transfer-Encoding header's value (unknown: 7bit), which starts
 * at *word and has *length bytes. RFC 2045 section 6.1. */
enum mime_encoding mime_parse_encoding(const char *value, const char **word,
                                       size_t *length);

/* Quoted-printable text of a line or a part of one; a soft line break is a
 * newline in <out>. *column goes on from part to part of a line. <last>: the
 * line ends here. RFC 2045 section 6.7. */
void mime_quote_printable(struct str *out, const char *text, size_t length,
                          size_t *column, bool last);

#endif
