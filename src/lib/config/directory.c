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
    return text_lists_word(config_get(config, name), wanted);
}

/* May nobody but root have put this here? */
static bool is_roots_own(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 && st.st_uid == 0 && !S_ISLNK(st.st_mode) &&
           (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* A set-gid program can be hard-linked into a tree of somebody else's: it
 * takes its configuration only from a tree that is root's throughout. */
static bool tree_is_roots_own(const char *tree, const char *program_folder)
{
    static const char *const parts[] = { "", "/etc", "/etc/.stage",
                                         "/etc/main.cf" };
    bool good = is_roots_own(program_folder);

    for (size_t i = 0; i < sizeof parts / sizeof *parts && good; i++) {
        char *path = mem_printf("%s%s", tree, parts[i]);
        good = is_roots_own(path);
        free(path);
    }
    return good;
}

/* The mark is a file of the program's owner, or root's. */
static bool is_marked(const char *tree, uid_t program_owner)
{
    struct stat st;
    char *mark = mem_printf("%s/etc/.stage", tree);
    bool good = lstat(mark, &st) == 0 && S_ISREG(st.st_mode) &&
                (st.st_uid == 0 || st.st_uid == program_owner);

    free(mark);
    return good;
}

/* A program that runs from TREE/bin, TREE/libexec or TREE/tool, with the mark
 * TREE/etc/.stage, belongs to a staged tree with a configuration of its own.
 * Returns heap memory or NULL. */
static char *staged_directory(void)
{
    char program[4096];
    struct stat st;

    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length <= 0)
        return NULL;
    program[length] = '\0';
    if (stat(program, &st) != 0)
        return NULL;
    *strrchr(program, '/') = '\0';
    char *folder = strrchr(program, '/');
    if (folder == NULL ||
        (strcmp(folder, "/bin") != 0 && strcmp(folder, "/libexec") != 0 &&
         strcmp(folder, "/tool") != 0))
        return NULL;

    char *tree = mem_strndup(program, (size_t)(folder - program));
    bool good = is_marked(tree, st.st_uid) &&
                (!is_privileged() || tree_is_roots_own(tree, program));
    char *directory = good ? mem_printf("%s/etc", tree) : NULL;
    free(tree);
    return directory;
}

/* The same during the life of the process. */
const char *config_primary_directory(void)
{
    static const char *directory;

    if (directory == NULL)
        directory = staged_directory();
    if (directory == NULL)
        directory = DEF_CONFIG_DIR;
    return directory;
}

/* Whoever may name the configuration of a set-gid program may make it read
 * and write files of his choice: only folders that the administrator's own
 * main.cf names are taken. */
static void must_be_listed(const char *directory)
{
    const char *own = config_primary_directory();
    struct error why = ERROR_NONE;

    if (strcmp(directory, own) == 0)
        return;
    struct config *config = config_load(own, &why);
    if (config == NULL)
        fatal("%s", why.text);
    if (!lists(config, "alternate_config_directories", directory) &&
        !lists(config, "multi_instance_directories", directory))
        fatal("unauthorized configuration directory name: %s; name it in "
              "alternate_config_directories of %s/main.cf",
              directory, own);
    config_free(config);
}

bool config_is_secondary(const char *directory)
{
    const char *primary = config_primary_directory();
    struct error why = ERROR_NONE;

    if (strcmp(directory, primary) == 0)
        return false;
    struct config *config = config_load(primary, &why);
    bool found = config != NULL &&
                 lists(config, "multi_instance_directories", directory);
    config_free(config);
    return found;
}

const char *config_default_directory(void)
{
    const char *named = getenv("MAIL_CONFIG");

    if (named != NULL) {
        if (is_privileged())
            must_be_listed(named);
        return named;
    }
    return config_primary_directory();
}
