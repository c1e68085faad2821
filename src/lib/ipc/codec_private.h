/* SPDX-License-Identifier: ISC
 *
 * codec_private.h - what the codecs and the dispatcher share.
 */
#ifndef IPC_CODEC_PRIVATE_H
#define IPC_CODEC_PRIVATE_H

#include "base/str.h"
#include "ipc/codec.h"

#define IPC_NAME_MAX    100
#define IPC_VALUE_MAX   ((size_t)1024 * 1024)
#define IPC_BYTES_MAX   ((size_t)16 * 1024 * 1024)
#define IPC_ITEMS_MAX   100000
#define IPC_NESTING_MAX 8

#define IPC_FD_PROMISED (-2) /* the descriptor is still to be taken */

/* The member of <message> that <field> describes. */
#define IPC_MEMBER_AT(type, message, field) \
    ((type *)(void *)((char *)(message) + (field)->offset))
#define IPC_CONST_MEMBER_AT(type, message, field) \
    ((const type *)(const void *)((const char *)(message) + (field)->offset))

/* Missing fields as the reader is promised to find them. */
void ipc_clear(const struct ipc_schema *schema, void *message);
/* NULL: unknown. Fields come in order as a rule: <next>, at first 0, is where
 * to look first, and is set behind what was found. */
const struct ipc_field *ipc_find_field(const struct ipc_schema *schema,
                                       const char *name, size_t *next);
/* Set a field of a simple kind from its text. False: not of that kind. */
bool ipc_set_from_text(struct arena *arena, const struct ipc_field *field,
                       void *message, const char *text, size_t length);
/* Append the text of a field of a simple kind. */
void ipc_add_as_text(struct str *out, const struct ipc_field *field,
                     const void *message);

/* One name and value that are not part of a schema. */
void ipc_write_pair(struct stream *s, const char *name, const char *value);
bool ipc_read_pair(struct stream *s, struct str *name, struct str *value);

/* Descriptors travel with the bytes of a message, so from before the first
 * byte is read the stream must take both. */
bool ipc_has_descriptor(const struct ipc_schema *schema);
void ipc_accept_descriptors(struct stream *s);
int ipc_take_descriptor(struct stream *s); /* -1: none came */
/* Flush, then write <data> with <fd> beside it. */
bool ipc_write_with_descriptor(struct stream *s, const struct str *data,
                               int fd);

#endif
