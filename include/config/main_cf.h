/* SPDX-License-Identifier: ISC
 *
 * main_cf.h - main.cf: what it sets, and what that comes to.
 *
 * Texts that these functions return belong to the struct config and live as
 * long as it does.
 */
#ifndef CONFIG_MAIN_CF_H
#define CONFIG_MAIN_CF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "config/param.h"
#include "config/param_index.h"

struct config;

/* A configuration with nothing but defaults. */
struct config *config_new(const char *directory);
/* Read <directory>/main.cf. NULL and <why> naming file and line. */
struct config *config_load(const char *directory, struct error *why);
void config_free(struct config *config);

/* Read one more main.cf into <config>; later settings win. <warn> (may be
 * NULL) is told of settings that replace an earlier one in the same file. */
bool config_read_file(struct config *config, const char *path,
                      void (*warn)(const char *text), struct error *why);

/* Where main.cf is: $MAIL_CONFIG if it is set, and the process is not
 * set-uid, set-gid, or the directory is one that the default main.cf lists in
 * alternate_config_directories or multi_instance_directories (fatal()
 * otherwise); the etc folder of a development tree that the program was
 * started from; DEF_CONFIG_DIR. The text is static or heap and never freed. */
const char *config_default_directory(void);
const char *config_directory(const struct config *config);
/* The same without $MAIL_CONFIG: where the first of several instances, which
 * has the list of the others, is configured. */
const char *config_primary_directory(void);
/* Is <directory> one that multi_instance_directories lists there? */
bool config_is_secondary(const char *directory);

/* For option -o, and for what a program knows: wins over main.cf. Of an
 * option in master.cf, the place is known. */
void config_override_at(struct config *config, const char *name,
                        const char *value, const char *path, int line);
void config_override(struct config *config, const char *name,
                     const char *value);
/* What service_name and process_name are to say; nothing else can set them. */
void config_set_process(struct config *config, const char *process_name,
                        const char *service_name);

/* The text as written in main.cf or overridden; NULL if not set. */
const char *config_get_raw(struct config *config, const char *name);
/* Also the default; NULL if the parameter is unknown and not set. */
const char *config_get_unexpanded(struct config *config, const char *name);
/* The default alone, computed if need be; NULL if there is none. */
const char *config_get_default(struct config *config, const char *name);
/* The value of any known or user-defined parameter, expanded (RAW ones are
 * not); NULL if unknown. fatal() if it cannot be expanded. */
const char *config_get(struct config *config, const char *name);
/* The same with the reason in <why> in place of fatal(). */
const char *config_try(struct config *config, const char *name,
                       struct error *why);
/* Expand <text> as if it stood in main.cf. NULL and <why> on bad syntax. */
const char *config_expand(struct config *config, const char *text,
                          struct error *why);

/* The same, where <scope> is asked first for each name; NULL: it has none. */
typedef const char *config_scope(const char *name, void *context);
const char *config_expand_in(struct config *config, const char *text,
                             config_scope *scope, void *context,
                             struct error *why);

/* Is it set in main.cf or overridden? */
bool config_is_set(struct config *config, const char *name);
bool config_is_overridden(struct config *config, const char *name);
/* Where a setting stands: "/etc/postfix/main.cf, line 12"; for an override
 * whose place is not known "option -o", for a default "the built-in
 * default". */
const char *config_where(struct config *config, const char *name);
/* The parameter whose setting has <text>: as written, or else after expansion.
 * NULL: none. */
const char *config_find_text(struct config *config, const char *text);
/* Names that are set, sorted, without those that nobody can set
 * (process_name). */
const char *const *config_names(struct config *config, size_t *count);

const struct param_index *config_index(struct config *config);
/* Keep a copy of <text> as long as <config> lives. */
const char *config_keep(struct config *config, const char *text);

/* Load many groups; the list ends with NULL. */
bool config_load_groups(struct config *config,
                        const struct param_group *const *groups,
                        struct error *why);

#endif
