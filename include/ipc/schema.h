/* SPDX-License-Identifier: ISC
 *
 * schema.h - the field list of a message between processes, written once.
 *
 *     #define RESOLVE_REPLY(M, FIELD)   \
 *         FIELD(M, STR, transport)      \
 *         FIELD(M, INT, flags)
 *     IPC_MESSAGE(resolve_reply, RESOLVE_REPLY)
 *
 * makes struct resolve_reply and the descriptor resolve_reply_schema. Kinds:
 *   STR         const char *, never NULL when received (missing: "")
 *   INT         int64_t (missing: 0)
 *   BYTES       struct ipc_bytes; base 64 on the wire
 *   FD          int, passed over the socket (missing: -1); at most one
 *   MSG(type)   struct type, nested
 *   LIST(type)  struct ipc_list of struct type
 * Descriptor tables are emitted once, by src/lib/ipc/messages.c, which
 * defines IPC_EMIT_TABLES and includes every messages/ header.
 */
#ifndef IPC_SCHEMA_H
#define IPC_SCHEMA_H

#include <stddef.h>
#include <stdint.h>

struct ipc_bytes {
    const unsigned char *data; /* in the arena of the call */
    size_t length;
};

struct ipc_list {
    void *items; /* array of the item's struct */
    size_t count;
};
#define IPC_ITEMS(type, list) ((struct type *)(list).items)

enum ipc_kind { IPC_STR, IPC_INT, IPC_BYTES, IPC_FD, IPC_MSG, IPC_LIST };

struct ipc_schema;
struct ipc_field {
    const char *name;
    size_t offset;
    const struct ipc_schema *of; /* for MSG and LIST */
    enum ipc_kind kind;
};
struct ipc_schema {
    const char *name;
    const struct ipc_field *fields;
    size_t count;
    size_t size; /* of the struct */
};

#define IPC_MEMBER_STR const char *
#define IPC_MEMBER_INT int64_t
#define IPC_MEMBER_BYTES struct ipc_bytes
#define IPC_MEMBER_FD int
#define IPC_MEMBER_MSG(type) struct type
#define IPC_MEMBER_LIST(type) struct ipc_list

#define IPC_KIND_STR IPC_STR, NULL
#define IPC_KIND_INT IPC_INT, NULL
#define IPC_KIND_BYTES IPC_BYTES, NULL
#define IPC_KIND_FD IPC_FD, NULL
#define IPC_KIND_MSG(type) IPC_MSG, &type##_schema
#define IPC_KIND_LIST(type) IPC_LIST, &type##_schema

#define IPC_MEMBER(M, kind, member) IPC_MEMBER_##kind member;
#define IPC_ROW(M, kind, member) \
    IPC_ROW_OF(#member, offsetof(struct M, member), IPC_KIND_##kind)
#define IPC_ROW_OF(...) IPC_ROW_IN(__VA_ARGS__)
#define IPC_ROW_IN(name_, offset_, kind_, of_) \
    { .name = name_, .offset = offset_, .kind = kind_, .of = of_ },

#ifdef IPC_EMIT_TABLES
#define IPC_MESSAGE(type, FIELDS)                                      \
    struct type {                                                      \
        FIELDS(type, IPC_MEMBER)                                       \
    };                                                                 \
    extern const struct ipc_schema type##_schema;                      \
    static const struct ipc_field type##_fields[] = { FIELDS(type, IPC_ROW) }; \
    const struct ipc_schema type##_schema = {                          \
        #type, type##_fields,                                          \
        sizeof type##_fields / sizeof *type##_fields, sizeof(struct type) \
    };
#else
#define IPC_MESSAGE(type, FIELDS)     \
    struct type {                     \
        FIELDS(type, IPC_MEMBER)      \
    };                                \
    extern const struct ipc_schema type##_schema;
#endif

#endif
