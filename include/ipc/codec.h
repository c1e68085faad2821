/* SPDX-License-Identifier: ISC
 *
 * codec.h - messages to and from a stream.
 *
 * Wire: NUL-terminated name, NUL-terminated value, an empty name ends. Fields
 * are found by name, unknown ones are skipped, missing ones are zero or "".
 */
#ifndef IPC_CODEC_H
#define IPC_CODEC_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/stream.h"
#include "ipc/schema.h"

/* Limits of what is accepted: a value 1 MB (BYTES 16 MB), a list 100,000
 * items, nesting 8. */

/* Write and flush <message>; with an FD field the descriptor goes along (the
 * caller keeps its own). Check stream_failed afterwards, or use the result. */
MAY_WAIT bool ipc_write(struct stream *s, const struct ipc_schema *schema,
                        const void *message, bool flush);
/* Fill <message>; strings live in <arena>. False: the peer has gone, or sent
 * what is no message. */
MAY_WAIT bool ipc_read(struct stream *s, struct arena *arena,
                       const struct ipc_schema *schema, void *message);

/* Checked at compile time: <message> is a const struct <type> *. */
#define ipc_send(s, type, message) \
    ipc_write(s, &type##_schema, 1 ? (message) : (const struct type *)0, true)
#define ipc_send_more(s, type, message) /* more follows: no flush */ \
    ipc_write(s, &type##_schema, 1 ? (message) : (const struct type *)0, false)
#define ipc_receive(s, arena, type, message) \
    ipc_read(s, arena, &type##_schema, 1 ? (message) : (struct type *)0)

#endif
