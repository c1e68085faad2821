/* SPDX-License-Identifier: ISC
 *
 * message.h - a message in the queue: its envelope, recipients and content.
 */
#ifndef MAIL_MESSAGE_H
#define MAIL_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/time.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/stream.h"
#include "mail/record.h"

/* A recipient. Texts never NULL ("" when absent). */
struct recipient {
    off_t offset;             /* of its R record; 0: not in the file */
    const char *address;      /* internal form */
    const char *original;     /* before rewriting */
    const char *dsn_original; /* "rfc822;addr" */
    int dsn_notify;           /* DSN_NOTIFY_ bits */
};

/* Everything in the file but recipients and content. Texts never NULL. */
struct envelope {
    struct timeval arrival;
    time_t created;
    const char *sender;        /* internal form */
    bool has_sender;
    const char *fullname, *content_filter, *redirect, *inspector, *verp;
    const char *encoding, *envelope_id, *rewrite_context, *message_id;
    int dsn_return, trace_flags, sender_options; /* section 6, field 6 */
    long segment_size, content_length, data_offset, recipient_count;
    unsigned qmgr_flags;       /* section 6, field 4 */
    off_t warn_offset, trace_offset; /* of the records, 0: none */
    time_t warn_time;
    const char *log_client_name, *log_client_address, *log_client_port,
        *log_message_origin, *log_helo_name, *log_protocol_name, *log_ident;
    const char *client_name, *reverse_client_name, *client_address,
        *client_port, *server_address, *server_port, *helo_name,
        *protocol_name;
    int client_address_type;
    const char *sasl_method, *sasl_username, *sasl_sender;
    /* Attributes with no member here, in order, NULL-terminated pairs. */
    const char *const *other;
};

/* sender_options bits */
enum { MSGOPT_SMTPUTF8 = 1, MSGOPT_UTF8_HEADER = 2, MSGOPT_UTF8_SENDER = 4,
       MSGOPT_UTF8_RECIPIENT = 8, MSGOPT_TLS_NOT_REQUIRED = 16,
       MSGOPT_REQUIRETLS = 32 };
/* trace_flags bits. TRACE_DELAY_CLEARED is in no file: the sender was warned
 * of a delay, and is to hear of its end. */
enum { TRACE_MTA_VERIFY = 256, TRACE_USER_VERIFY = 512, TRACE_RECORD = 1024,
       TRACE_DELAY_CLEARED = 8192 };

#endif
