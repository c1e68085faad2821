/* SPDX-License-Identifier: ISC
 *
 * confine_private.h - what the files of confinement share.
 */
#ifndef SERVICE_CONFINE_PRIVATE_H
#define SERVICE_CONFINE_PRIVATE_H

#include <stdint.h>

#include "service/confine.h"

/* ---- confine_capabilities.c ---- */

/* Sets of capabilities have a bit for each. */
uint64_t capabilities_kept(unsigned may);
uint64_t capabilities_ceiling(unsigned may);
uint64_t capabilities_of_master(void);
/* False: no right to lower it. */
bool capabilities_lower_ceiling(uint64_t ceiling);
/* Let what this process may have be in effect. True: it may administrate
 * this (part of the) system, and so set a filter without no_new_privs. */
bool capabilities_raise(void);
bool capabilities_can_administrate(void);
/* Have these at most, in effect as root only. */
void capabilities_limit(uint64_t kept);

/* ---- confine_files.c ---- */

/* False: the kernel has no Landlock, or one that is too old. */
bool files_can_be_confined(void);
void files_confine(const struct confinement *c);

/* ---- confine_tables.c ---- */

/* Call <take> for each folder (or file) that tables named in main.cf are in,
 * or else what a setting names by its path. */
void tables_each_place(struct config *config,
                       void (*take)(const char *path, void *context),
                       void *context);
/* Caches that may be written: the same for these alone. */
void tables_each_cache(struct config *config,
                       void (*take)(const char *path, void *context),
                       void *context);
/* Does a table that is opened in this process ask a server? */
bool tables_need_network(struct config *config);

/* ---- confine_calls.c ---- */

bool calls_can_be_confined(void);
void calls_confine(unsigned may);

/* ---- confine_tools.c ---- */

/* A sanitizer or valgrind is at work, and needs more than the program. */
bool tools_watch(void);
/* Valgrind is at work, which makes no system call that it does not know, the
 * filter's and Landlock's among them. */
bool tools_hide_kernel(void);
/* Folders that they write to. */
void tools_each_folder(void (*take)(const char *path, void *context),
                       void *context);

#endif
