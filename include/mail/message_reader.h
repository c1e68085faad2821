/* SPDX-License-Identifier: ISC
 *
 * message_reader.h - reading a queue file, following pointer records.
 */
#ifndef MAIL_MESSAGE_READER_H
#define MAIL_MESSAGE_READER_H

#include "mail/message.h"

struct message_reader;

/* Takes over the stream (a regular file or memory), positioned at 0. What
 * message_reader_envelope returns lives in <arena>. */
struct message_reader *message_reader_open(struct stream *in,
                                           struct arena *arena);
void message_reader_close(struct message_reader *reader);
struct stream *message_reader_stream(struct message_reader *reader);

/* All of the envelope and extracted segments but the recipients. Reads only
 * up to the first recipient plus the extracted segment, unless the file says
 * that recipients are mixed with other records. False and <why>: the file is
 * corrupt. */
bool message_reader_envelope(struct message_reader *reader,
                             struct envelope *out, struct error *why);
/* The next recipient not done yet (REC_RCPT), from the envelope and then the
 * extracted segment, in order. Texts in <arena>. false: no more, or corrupt
 * (message_reader_failed). */
bool message_reader_recipient(struct message_reader *reader,
                              struct arena *arena, struct recipient *out);
/* Where to go on later: qmgr reads recipients in batches. 0: all were read. */
off_t message_reader_position(const struct message_reader *reader);
bool message_reader_resume(struct message_reader *reader, off_t position);
/* Content: records N and L in order (pointers followed); REC_EOF at the X
 * record. Starts at the content on the first call. */
int message_reader_content(struct message_reader *reader, struct str *line);
bool message_reader_rewind_content(struct message_reader *reader);
/* Any record of the file in logical order from the start, with its offset;
 * for pickup and others that know no sizes. REC_EOF after message_end. */
int message_reader_record(struct message_reader *reader, struct str *payload,
                          off_t *offset);
bool message_reader_failed(const struct message_reader *reader,
                           struct error *why);
/* It failed because the disk or the system did: another time the file may be
 * found to be good. */
bool message_reader_is_unreadable(const struct message_reader *reader);

#endif
