/* SPDX-License-Identifier: ISC
 *
 * master_cf.h - master.cf: the services and how each is run.
 *
 *     service type private unpriv chroot wakeup maxproc command arguments...
 *
 * Arguments are separated by white space; {one argument} may contain it, and
 * the braces go. "-o name=value", "-oname=value" and "-o { name = value }"
 * all become the two arguments "-o" and "name=value".
 */
#ifndef CONFIG_MASTER_CF_H
#define CONFIG_MASTER_CF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum master_type {
    MASTER_INET,
    MASTER_UNIX,
    MASTER_FIFO,
    MASTER_PASS,
    MASTER_UNIX_DGRAM,
};
#define MASTER_TYPE_COUNT 5

/* The columns, as `postconf -F` calls them. */
enum master_field {
    MASTER_SERVICE,
    MASTER_TYPE,
    MASTER_PRIVATE,
    MASTER_UNPRIV,
    MASTER_CHROOT,
    MASTER_WAKEUP,
    MASTER_MAXPROC,
    MASTER_COMMAND,
};
#define MASTER_FIELD_COUNT 8

enum master_choice { MASTER_DEFAULT, MASTER_NO, MASTER_YES };

struct master_entry {
    const char *name;
    enum master_type type;
    bool is_private;               /* "-" means yes */
    bool is_unprivileged;          /* "-" means yes */
    enum master_choice chroot;     /* "-" depends on compatibility_level */
    int wakeup_s;                  /* 0: never */
    bool wakeup_only_if_used;      /* the column ended with '?' */
    int maxproc;                   /* 0: no limit; -1: default_process_limit */
    const char *command;           /* file name in daemon_directory */
    const char **argv;             /* argv[0] is the command; ends with NULL */
    size_t argc;
    const char *field[MASTER_FIELD_COUNT]; /* as written */
    int line, last_line;           /* in the file */
};

struct master_cf {
    struct arena *arena; /* owned; all of the below */
    const char *path;
    struct master_entry *entries;
    size_t count;
};

/* Read the file. NULL and <why> as `PATH, line N: what; what to do`. */
struct master_cf *master_cf_load(const char *path, struct error *why);
/* The same from memory; <name> is for messages. */
struct master_cf *master_cf_parse(const char *name, const char *text,
                                  size_t length, struct error *why);
void master_cf_free(struct master_cf *cf);

/* What the parser lets pass, as an editor must read it, but no master can
 * run: an inet service that is private is an error; of one name and type
 * twice, the last entry stays, with a warning. */
bool master_cf_check(struct master_cf *cf, struct error *why);

/* NULL if there is none. */
const struct master_entry *master_cf_find(const struct master_cf *cf,
                                          const char *name,
                                          enum master_type type);
/* Is the service one of <list>, which is in the form of
 * master_service_disable? The first word that means it decides; "!word"
 * excepts it. */
bool master_entry_is_listed(const struct master_entry *entry,
                            const char *list);
/* "inet", "unix-dgram"...; false for another word. */
bool master_type_parse(const char *text, enum master_type *type);
const char *master_type_name(enum master_type type);
/* "service", "unprivileged"... as in `postconf -F`. */
const char *master_field_name(enum master_field field);

/* Walk the "-o name=value" settings: start with *position = 0. Each call
 * gives "name=value"; NULL at the end. */
const char *master_entry_next_setting(const struct master_entry *entry,
                                      size_t *position);

#endif
