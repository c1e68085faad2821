/* SPDX-License-Identifier: ISC
 *
 * directory.c - where main.cf is, before anything has been read.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/str.h"
#include "base/text.h"
#include "config/defaults.h"
#include "config/main_cf.h"

/* May the person who started us make the process do more than they can do
 * themselves? Root needs no tricks. */
static bool is_privileged(void)
{
    if (getuid() == 0)
        return false;
    return geteuid() != getuid() || getegid() != getgid();
}

static bool lists(struct config *config, const char *name, const char *wanted)
{
    struct arena *arena = arena_new();
    size_t count;
    char **words = text_split(arena, config_get(config, name), NULL, &count);
    bool found = false;

    for (size_t i = 0; i < count && !found; i++)
        found = strcmp(words[i], wanted) == 0;
    arena_free(arena);
    return found;
}

/* Whoever may name the configuration of a set-gid program may make it read
 * and write files of his choice: only folders that the administrator's own
 * main.cf names are taken. */
static void must_be_listed(const char *directory)
{
    struct error why = ERROR_NONE;

    if (strcmp(directory, DEF_CONFIG_DIR) == 0)
        return;
    struct config *config = config_load(DEF_CONFIG_DIR, &why);
    if (config == NULL)
        fatal("%s", why.text);
    if (!lists(config, "alternate_config_directories", directory) &&
        !lists(config, "multi_instance_directories", directory))
        fatal("unauthorized configuration directory name: %s; name it in "
              "alternate_config_directories of %s/main.cf",
              directory, DEF_CONFIG_DIR);
    config_free(config);
}

/* A program that runs from TREE/bin, TREE/libexec or TREE/tool, with the mark
 * TREE/etc/.stage of the same owner (or root), belongs to a staged tree with
 * a configuration of its own. Returns heap memory or NULL. */
static char *staged_directory(void)
{
    char program[4096];
    struct stat program_stat, mark_stat;

    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length <= 0)
        return NULL;
    program[length] = '\0';
    if (stat(program, &program_stat) != 0)
        return NULL;
    *strrchr(program, '/') = '\0';
    char *folder = strrchr(program, '/');
    if (folder == NULL ||
        (strcmp(folder, "/bin") != 0 && strcmp(folder, "/libexec") != 0 &&
         strcmp(folder, "/tool") != 0))
        return NULL;
    *folder = '\0';

    char *mark = mem_printf("%s/etc/.stage", program);
    bool is_staged = lstat(mark, &mark_stat) == 0 &&
                     S_ISREG(mark_stat.st_mode) &&
                     (mark_stat.st_uid == 0 ||
                      mark_stat.st_uid == program_stat.st_uid);
    free(mark);
    return is_staged ? mem_printf("%s/etc", program) : NULL;
}

const char *config_default_directory(void)
{
    const char *named = getenv("MAIL_CONFIG");

    if (named != NULL) {
        if (is_privileged())
            must_be_listed(named);
        return named;
    }
    char *staged = is_privileged() ? NULL : staged_directory();
    return staged != NULL ? staged : DEF_CONFIG_DIR;
}
