/* SPDX-License-Identifier: ISC
 *
 * index.c - one table: may it be built, by whom, and with which command.
 *
 * Any program of the suite may ask, so a request proves nothing. A table is
 * built only where the Berkeley DB file shows that this table was in use, with
 * the rights of that file's owner, from a source that nobody else can write,
 * in folders that the configuration names.
 */
#include "reindexd.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/text.h"
#include "config/params.h"
#include "table/driver.h"

enum { MAX_OUTPUT = 10000 };

struct job {
    struct arena *arena;
    const char *type, *path, *folder_of_config;
    const char *old_path, *new_path, *folder; /* of the table */
    const char *command;                      /* "postmap" */
    struct stat old;                          /* the Berkeley DB file */
};

static bool cannot_find(const char *what, const char *path, struct error *why)
{
    return error_set(why, "%s '%s': %s", what, path, strerror(errno));
}

/* Fill in the names. */
static bool name_files(struct job *j, struct error *why)
{
    const struct table_driver *driver = driver_find(j->type, why);
    char *name = arena_strdup(j->arena, j->path);
    char *slash = strrchr(name, '/');

    if (driver == NULL)
        return false;
    if (!(driver->can & TABLE_CAN_CREATE) || driver->suffix == NULL ||
        strcmp(driver->suffix, ".db") == 0)
        return error_set(why, "type %s is not one to migrate to", j->type);
    if (*j->path != '/' || slash[1] == 0)
        return error_set(why, "table %s needs an absolute pathname", j->path);
    j->old_path = arena_printf(j->arena, "%s.db", j->path);
    j->new_path = arena_printf(j->arena, "%s%s", j->path, driver->suffix);
    *slash = 0;
    char *real = realpath(*name != 0 ? name : "/", NULL);
    if (real == NULL)
        return cannot_find("parent directory", name, why);
    j->folder = arena_strdup(j->arena, real);
    free(real);
    if (stat(j->old_path, &j->old) != 0)
        return cannot_find("legacy indexed file", j->old_path, why);
    return S_ISREG(j->old.st_mode) ||
           error_set(why, "legacy indexed file '%s' is not a file",
                     j->old_path);
}

/* postalias leaves records that nobody else makes. */
static const char *find_command(const struct job *j)
{
    static const char mark[] = "YP_LAST_MODIFIED";
    char buffer[65536];
    size_t kept = 0, got;
    bool found = false;
    FILE *file = fopen(j->old_path, "re");

    if (file == NULL)
        return "postmap";
    while (!found &&
           (got = fread(buffer + kept, 1, sizeof(buffer) - kept, file)) > 0) {
        got += kept;
        found = memmem(buffer, got, mark, strlen(mark)) != NULL;
        kept = got < strlen(mark) ? got : strlen(mark);
        memmove(buffer, buffer + got - kept, kept);
    }
    fclose(file);
    return found ? "postalias" : "postmap";
}

static bool check_owner(const struct job *j, const char *what, const char *path,
                        struct error *why)
{
    struct stat info;

    if (stat(path, &info) != 0)
        return cannot_find(what, path, why);
    if ((info.st_uid == 0 || info.st_uid == j->old.st_uid) &&
        (info.st_mode & (S_IWGRP | S_IWOTH)) == 0)
        return true;
    return error_set(why,
                     "legacy indexed file '%s' is owned by uid '%ld', but %s "
                     "'%s' is owned or writable by other user; to allow "
                     "automatic indexing, correct the ownership or "
                     "permissions",
                     j->old_path, (long)j->old.st_uid, what, path);
}

static bool is_below(const char *folder, const char *prefix)
{
    size_t length = strlen(prefix);

    while (length > 1 && prefix[length - 1] == '/')
        length--;
    return strncmp(folder, prefix, length) == 0 &&
           (folder[length] == 0 || folder[length] == '/' || length == 1);
}

static bool check_folder(const struct job *j, struct error *why)
{
    const struct non_bdb_params *p = &non_bdb_params;
    bool is_root = j->old.st_uid == 0;
    const char *list = is_root ? p->non_bdb_migration_allow_root_prefixes
                               : p->non_bdb_migration_allow_user_prefixes;
    char **prefix = text_split(j->arena, list, NULL, NULL);

    for (; *prefix != NULL; prefix++) {
        char *real = realpath(*prefix, NULL);
        bool matches = is_below(j->folder, real != NULL ? real : *prefix);
        free(real);
        if (matches)
            return true;
    }
    return error_set(why,
                     "table %s has an unexpected pathname; to allow automatic "
                     "indexing as %s, append its parent directory to the "
                     "'non_bdb_migration_allow_%s_prefixes' setting (current "
                     "setting is: \"%s\")",
                     j->path, is_root ? "root" : "non-root user",
                     is_root ? "root" : "user", list);
}

static bool check(const struct job *j, struct error *why)
{
    return check_folder(j, why) &&
           check_owner(j, "source file", j->path, why) &&
           check_owner(j, "parent directory", j->folder, why);
}

static gid_t group_of(const struct job *j)
{
    const struct passwd *user = getpwuid(j->old.st_uid);

    return user != NULL ? user->pw_gid : j->old.st_gid;
}

/* What a program said on its standard error, in one line. */
static const char *read_output(struct arena *arena, int fd)
{
    char *text = arena_alloc(arena, MAX_OUTPUT + 1);
    ssize_t got = pread(fd, text, MAX_OUTPUT, 0);

    text[got > 0 ? got : 0] = 0;
    for (char *c = text; *c != 0; c++)
        if (*c == '\n')
            *c = ' ';
    return text_trim(text);
}

static bool run(const struct job *j, int output, struct error *why)
{
    const char *const argv[] = {
        arena_printf(j->arena, "%s/%s", common_params.command_directory,
                     j->command),
        "-c", j->folder_of_config,
        arena_printf(j->arena, "%s:%s", j->type, j->path), NULL
    };
    const char *const added[] = {
        "PATH=/usr/bin:/bin:/usr/sbin:/sbin",
        arena_printf(j->arena, "MAIL_CONFIG=%s", j->folder_of_config), NULL
    };
    const struct proc_options options = {
        .argv = argv,
        .env_export = "TZ LANG",
        .env_add = added,
        .uid = j->old.st_uid,
        .gid = group_of(j),
        .set_user = geteuid() == 0,
        .in = -1,
        .out = -1,
        .err = output,
    };
    char text[64];
    int status;

    pid_t pid = proc_start(&options, why);
    if (pid < 0)
        return false;
    proc_wait(pid, DEADLINE_NEVER, &status);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    const char *said = read_output(j->arena, output);
    return error_set(why, "%.700s",
                     *said != 0 ? said
                                : proc_status_text(status, text, sizeof text));
}

static bool build(const struct job *j, struct error *why)
{
    if (geteuid() != 0 && geteuid() != j->old.st_uid)
        return error_set(why, "only root can build it as uid '%ld'",
                         (long)j->old.st_uid);
    FILE *output = tmpfile();
    if (output == NULL)
        return error_set(why, "tmpfile: %s", strerror(errno));
    bool done = run(j, fileno(output), why);
    fclose(output);
    return done;
}

static bool fail(const struct job *j, struct error *why)
{
    struct error reason = *why;

    log_warning("request to index %s:%s failed: could not execute command "
                "'%s %s:%s': %s; alternatively, execute the failed command by "
                "hand",
                j->type, j->path, j->command, j->type, j->path, reason.text);
    return error_set(why, "could not execute command '%s %s:%s': %.700s",
                     j->command, j->type, j->path, reason.text);
}

bool reindex(struct arena *arena, const char *folder, const char *type,
             const char *path, struct error *why)
{
    struct job job = {
        .arena = arena,
        .type = type,
        .path = path,
        .folder_of_config = folder,
        .command = "postmap",
    };

    if (!name_files(&job, why))
        return fail(&job, why);
    job.command = find_command(&job);
    if (access(job.new_path, F_OK) == 0) {
        log_info("target file '%s' already exists, skipping this request",
                 job.new_path);
        return true;
    }
    if (!check(&job, why) || !build(&job, why))
        return fail(&job, why);
    log_info("successfully executed '%s %s:%s' as uid %ld", job.command, type,
             path, (long)job.old.st_uid);
    return true;
}
