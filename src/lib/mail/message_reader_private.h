/* SPDX-License-Identifier: ISC
 *
 * message_reader_private.h - what the two halves of the reader share.
 */
#ifndef MAIL_MESSAGE_READER_PRIVATE_H
#define MAIL_MESSAGE_READER_PRIVATE_H

#include "mail/message_reader.h"

enum reader_part {
    PART_START,
    PART_RECIPIENTS, /* in the envelope */
    PART_EXTRACTED,
    PART_DONE,       /* message_end was read */
    PART_CONTENT,
    PART_AFTER_CONTENT,
};

/* Bits of the size record's fourth field. */
enum { QMGR_FLAG_MIXED = 1, QMGR_FLAGS = 31 };

struct message_sizes { /* data_offset is 0 until they are known */
    long segment, data_offset, recipients, content;
    unsigned qmgr_flags;
    int sender_options;
};

struct message_reader {
    struct stream *in;          /* owned */
    struct arena *arena;        /* the caller's */
    enum reader_part part;
    struct message_sizes sizes;
    off_t first_recipient;      /* record with which recipients begin, or 0 */
    int reverse_jumps;
    struct str payload;
    /* Told before the recipient that they belong to. */
    struct str original, dsn_original;
    int dsn_notify;
    bool failed;
    struct error why;
};

/* Always false. */
bool message_reader_fail(struct message_reader *reader, const char *format, ...)
    PRINTF_LIKE(2, 3);
bool message_reader_unexpected(struct message_reader *reader, int type,
                               off_t offset);
bool message_reader_seek(struct message_reader *reader, off_t offset);
/* The next record, pointers followed; REC_ERROR at the end of the file. */
int message_reader_next(struct message_reader *reader, struct str *payload,
                        off_t *offset);
/* Read the size record unless it is known. */
bool message_reader_sizes(struct message_reader *reader);
/* Go to the record behind the content's end. */
bool message_reader_enter_extracted(struct message_reader *reader);

#endif
