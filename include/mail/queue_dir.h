/* SPDX-License-Identifier: ISC
 *
 * queue_dir.h - the queue on disk: names, moves, scans.
 *
 * All paths are relative to the queue directory, the current directory of
 * every daemon.
 */
#ifndef MAIL_QUEUE_DIR_H
#define MAIL_QUEUE_DIR_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/str.h"
#include "mail/queue_id.h"

struct queue_dir_options {
    const char *hash_names;  /* hash_queue_names */
    int hash_depth;          /* hash_queue_depth */
    bool long_ids;           /* enable_long_queue_ids */
};
/* Once at start; the texts must stay. */
void queue_dir_set_up(const struct queue_dir_options *options);

/* "deferred/9/4jX..." */
const char *queue_dir_path(struct str *out, const char *queue, const char *id);
/* rename(2), making hash directories as needed. False: errno. */
bool queue_dir_move(const char *id, const char *from, const char *to);
bool queue_dir_remove(const char *queue, const char *id);
/* Links are not followed, close-on-exec; -1 and errno. */
int queue_dir_open(const char *queue, const char *id, int flags);
/* The same for a path in the queue. The file's time of access stays, where the
 * caller may leave it: a file is read for the first time soon after it was
 * written, and each time would be another change of its inode. */
int queue_dir_open_path(const char *path, int flags);
/* A new file <queue>/<time>.<pid>, renamed to its ID. -1: errno. */
int queue_dir_create(const char *queue, mode_t mode, char id[QUEUE_ID_SIZE],
                     struct timeval *created);

enum queue_file_state { QUEUE_FILE_READY, QUEUE_FILE_UNFINISHED,
                        QUEUE_FILE_BAD };
/* Regular file and owner rwx: ready. */
enum queue_file_state queue_dir_state(const struct stat *st);

/* Walk all IDs below <queue>, hashed or not, in any depth; tolerates files
 * that vanish. Never NULL. */
struct queue_scan;
struct queue_scan *queue_scan_open(const char *queue);
/* The same, with names that are no queue IDs (left over temporary files). */
struct queue_scan *queue_scan_open_all(const char *queue);
/* The ID, valid until the next call; NULL at the end. <path> (may be NULL):
 * where it was found. */
const char *queue_scan_next(struct queue_scan *scan, struct str *path);
/* Does the folder say that the last entry is a regular file? Then also its
 * inode, which some file systems have different from that in struct stat. */
bool queue_scan_is_file(const struct queue_scan *scan, ino_t *inode);
/* True and <why> (may be NULL): some folder is there and could not be read so
 * far, so that IDs are missing. */
bool queue_scan_failed(const struct queue_scan *scan, struct error *why);
void queue_scan_close(struct queue_scan *scan);

#endif
