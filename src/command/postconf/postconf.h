/* SPDX-License-Identifier: ISC
 *
 * postconf.h - what the parts of postconf share.
 */
#ifndef POSTCONF_H
#define POSTCONF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/str.h"
#include "config/main_cf.h"
#include "config/master_cf.h"

enum option {
    OPT_SERVER_SASL = 1 << 0,   /* -a */
    OPT_CLIENT_SASL = 1 << 1,   /* -A */
    OPT_BOUNCE = 1 << 2,        /* -b */
    OPT_CLASS = 1 << 3,         /* -C */
    OPT_DEFAULTS = 1 << 4,      /* -d */
    OPT_EDIT = 1 << 5,          /* -e */
    OPT_FOLD = 1 << 6,          /* -f */
    OPT_FIELDS = 1 << 7,        /* -F */
    OPT_NO_NAME = 1 << 8,       /* -h */
    OPT_NO_VALUE = 1 << 9,      /* -H */
    OPT_JSON = 1 << 10,         /* -j */
    OPT_LOCKS = 1 << 11,        /* -l */
    OPT_TABLES = 1 << 12,       /* -m */
    OPT_SERVICES = 1 << 13,     /* -M */
    OPT_SET_ONLY = 1 << 14,     /* -n */
    OPT_OVERRIDE = 1 << 15,     /* -o */
    OPT_MAIN = 1 << 16,         /* -p */
    OPT_SETTINGS = 1 << 17,     /* -P */
    OPT_ALL_SETTINGS = 1 << 18, /* -PP */
    OPT_QUIET = 1 << 19,        /* -q */
    OPT_TEMPLATES = 1 << 20,    /* -t */
    OPT_TLS = 1 << 21,          /* -T */
    OPT_EXPAND = 1 << 22,       /* -x */
    OPT_REMOVE = 1 << 23,       /* -X */
    OPT_COMMENT = 1 << 24,      /* -# */
    OPT_ECHO = 1 << 25,         /* -E, with OPT_EDIT */
};

enum class {
    CLASS_BUILTIN = 1 << 0,
    CLASS_SERVICE = 1 << 1,
    CLASS_USER = 1 << 2,
    CLASS_ALL = CLASS_BUILTIN | CLASS_SERVICE | CLASS_USER,
};

struct texts {
    ARRAY_OF(const char *);
};

struct postconf {
    unsigned options;
    unsigned classes;
    const char *directory;
    char *main_path, *master_path; /* owned */
    struct texts overrides;        /* "name=value" of each -o */
    const char *tls_mode;
    struct config *config;         /* NULL when not read */
    struct master_cf *master;      /* NULL when not read, or there is none */
    char *const *arguments;        /* the words after the options; after an
                                      edit, their names */
    struct texts absent;           /* those that an edit found nowhere to be
                                      removed */
    struct arena *arena;           /* owned; until the end */
};

/* output.c - all that is printed goes through these. */

/* "name = value", as the options -f -h -H -j want it. */
void print_setting(const struct postconf *pc, const char *name,
                   const char *value);
/* A service as it stands in master.cf, with a newline. */
void format_service(struct str *out, const struct master_entry *entry,
                    bool fold);
/* The command and its arguments; <column> is where the text begins. */
void format_command(struct str *out, const struct master_entry *entry,
                    bool fold, size_t column);
/* One JSON object {"name": "value"} and a newline. */
void print_json(const char *name, const char *value);

/* names.c - which names there are. */

/* Is <name> known: built in, of a service, or set and used by another? */
enum class name_class(const struct postconf *pc, const char *name);
/* Is the value a program's own matter, $name meaning other things there? */
bool name_is_raw(const struct postconf *pc, const char *name);
/* The default of a parameter of a service, "relay_recipient_limit", in
 * <config>; NULL if <name> is none. */
const char *service_default(const struct postconf *pc, const char *name);
/* All names of the classes wanted, sorted; the caller frees. */
struct texts all_names(const struct postconf *pc);
/* The name that <name> was probably meant to be, or NULL. */
const char *name_similar(const struct postconf *pc, const char *name);
/* Forget what was found out (the program is about to end). */
void names_free(void);
void names_init(const struct postconf *pc);

/* unused.c */

/* Warn of settings that nobody reads, of names that nobody sets, and of
 * parameters on their way out. */
void warn_of_doubtful_settings(const struct postconf *pc);
/* After an edit: warn of names that were set and mean nothing, and of those
 * that were to be removed, are nowhere, and mean nothing. */
void warn_of_unknown_names(const struct postconf *pc);

/* show.c, master.c: 0, or the exit status. */
int show_main(const struct postconf *pc);
int show_services(const struct postconf *pc);
int show_fields(const struct postconf *pc);
int show_settings(const struct postconf *pc);
/* Does "name/type/rest" (each part may be "*" or missing) match? */
bool pattern_matches(const char *pattern, const struct master_entry *entry,
                     const char *third);
/* "chroot" and the like: a column of master.cf. */
bool is_field_name(const char *name);

/* edit.c, edit_master.c */
void edit_main(struct postconf *pc);
void edit_master(struct postconf *pc);

/* Cut "name = value" up in place. NULL, or what is wrong with it. */
const char *split_setting(char *text, char **name, char **value);

/* types.c */
int show_types(const struct postconf *pc);

/* templates.c: the bounce program prints them, in place of this one. */
_Noreturn void show_templates(const struct postconf *pc);

#endif
