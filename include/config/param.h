/* SPDX-License-Identifier: ISC
 *
 * param.h - the shape of a main.cf parameter and of a group of them.
 *
 * A parameter is one row in include/config/params/<group>.def:
 *
 *     PARAM(TIME, smtpd_timeout, "${stress?{10}:{300}}s", AT_LEAST(1),
 *           "How long the server waits for the next command.")
 *
 * The rows are expanded three times: into the members of struct
 * <group>_params (params.h), into the table below (param_rows.c), and with
 * their prose into the manual (postconf, mangen). Every default is text that
 * is $-expanded first and parsed second, so ${stress?...} works everywhere.
 *
 * Other kinds of row:
 *   PARAM_AS      a name that is no C identifier, with the member's name
 *   PARAM_FAMILY  <transport><suffix>, for any transport; no member
 *   COMPUTED      as default: computed.c knows it
 */
#ifndef CONFIG_PARAM_H
#define CONFIG_PARAM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* The C type of a member:
 *   TEXT  const char *   $-expanded at load
 *   RAW   const char *   kept as written; the program expands it when used
 *   INT   long           decimal
 *   BOOL  bool           yes or no
 *   TIME  int            seconds; a value without unit takes the unit that
 *                        the row's default text ends with (s m h d w) */
enum param_type { PARAM_TEXT, PARAM_RAW, PARAM_INT, PARAM_BOOL, PARAM_TIME };

/* For TEXT, RAW: bounds of the length in bytes; INT: of the value; TIME: of
 * the value in seconds. */
#define PARAM_NO_MINIMUM (-0x7fffffffL)
#define PARAM_NO_LIMIT (-1L)

enum param_form {
    PARAM_FREE,
    PARAM_WORD,  /* one of the values */
    PARAM_WORDS, /* any number of them */
    PARAM_HOST,  /* the name of a host or domain */
};

struct param_row {
    const char *name;         /* as in main.cf; a family: the suffix */
    const char *default_text; /* unexpanded; NULL: see computed.c */
    size_t offset;            /* of the member in struct <group>_params */
    enum param_type type;
    long min, max;            /* PARAM_NO_MINIMUM, PARAM_NO_LIMIT: none */
    const char *values;       /* NULL, or the words allowed, space separated,
                                 upper and lower case alike */
    enum param_form form;
};

struct param_group {
    const char *name; /* "smtpd" */
    const struct param_row *rows;
    size_t count;
    const struct param_row *families; /* ends with a name of NULL */
    void *values; /* the group's struct <group>_params, filled at start */
};

struct config;

/* Read, expand, parse and check every row of <group> into group->values.
 * Returns false with <why> naming the parameter, its file and line, and what
 * would be accepted. Texts live as long as <config>. */
bool param_group_load(struct config *config, const struct param_group *group,
                      struct error *why);

/* The same for the LMTP client: every parameter smtp_x of the group is read
 * from lmtp_x, with the twin's own name and default where twins.def lists
 * one. */
bool param_group_load_lmtp(struct config *config,
                           const struct param_group *group,
                           struct error *why);

/* Families, such as <transport>_destination_concurrency_limit: the value of
 * the parameter <prefix><suffix>, or its built-in default if it is a row of
 * its own (local_destination_recipient_limit), else <fallback>. Out of bounds
 * or not a number: false and <why>. */
bool param_family_int(struct config *config, const char *prefix,
                      const char *suffix, long fallback, long min, long max,
                      long *value, struct error *why);
bool param_family_time(struct config *config, const char *prefix,
                       const char *suffix, int fallback, int min, int max,
                       int *value, struct error *why);
/* The expanded text, owned by <config>; <fallback> when not set. */
const char *param_family_text(struct config *config, const char *prefix,
                              const char *suffix, const char *fallback);

/* Every group there is, ending with NULL. */
extern const struct param_group *const param_groups[];

#endif
