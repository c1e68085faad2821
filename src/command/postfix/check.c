/* SPDX-License-Identifier: ISC
 *
 * check.c - the folders and files of an installation: there, and owned by
 * whom they should be?
 *
 * One table (files.h) says what should be; "check" tells what is not so, and
 * how to mend it, "set-permissions" mends it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "base/text.h"
#include "config/params.h"
#include "files.h"
#include "postfix.h"

/* ---- what is wrong ----------------------------------------------------- */

struct fault {
    char *what, *remedy; /* on the heap; NULL: nothing is wrong */
};

static bool is_folder(const struct installed_file *file)
{
    return file->kind == FILE_FOLDER || file->kind == FILE_TREE;
}

static struct fault no_fault(void)
{
    return (struct fault){ NULL, NULL };
}

static struct fault wrong_owner(const struct installed_file *file)
{
    return (struct fault){ mem_printf("not owned by %s", file->owner),
                           mem_printf("chown %s", file->owner) };
}

static struct fault wrong_group(const struct installed_file *file)
{
    return (struct fault){ mem_printf("not owned by group %s", file->group),
                           mem_printf("chgrp %s", file->group) };
}

static struct fault wrong_mode(const struct installed_file *file,
                               const char *what)
{
    return (struct fault){ mem_strdup(what),
                           mem_printf("chmod %o", (unsigned)file->mode) };
}

/* Without root all files are one user's, and modes matter to nobody else. */
static struct fault find_fault(const struct installed_file *file,
                               const struct stat *st)
{
    const mode_t runnable = S_ISGID | 0111;
    const char *queue = common_params.queue_directory;

    if (st->st_uid != file->uid)
        return wrong_owner(file);
    if (geteuid() != 0)
        return no_fault();
    if (file->gid != (gid_t)-1 && st->st_gid != file->gid)
        return wrong_group(file);
    if ((file->mode & S_ISGID) != 0 && (st->st_mode & runnable) != runnable)
        return wrong_mode(
            file, "not set-gid or not owner+group+world executable");
    if ((st->st_mode & 0022 & ~file->mode) != 0)
        return (struct fault){ mem_strdup("group or other writable"),
                               mem_strdup("chmod go-w") };
    /* Daemons go there as mail_owner, commands as anybody. */
    if (strcmp(file->path, queue) == 0 && (st->st_mode & 0001) == 0)
        return (struct fault){ mem_strdup("not searchable by all"),
                               mem_strdup("chmod a+x") };
    if (is_folder(file) && text_has_prefix(file->path, queue) &&
        strcmp(file->path, queue) != 0 && (st->st_mode & 0777) != file->mode)
        return wrong_mode(file, "unusual mode of queue folder");
    return no_fault();
}

static void fault_free(struct fault *fault)
{
    free(fault->what);
    free(fault->remedy);
}

static void report(const struct fault *fault, const char *path)
{
    log_warning("%s: %s; mend it with: %s %s", fault->what, path,
                fault->remedy, path);
}

/* ---- mending ----------------------------------------------------------- */

/* Last the mode: a change of owner clears bits. */
static bool set_owner(const struct installed_file *file)
{
    bool is_root = geteuid() == 0;

    if (is_root && lchown(file->path, file->uid, file->gid) != 0) {
        log_warning("chown %s: %m", file->path);
        return false;
    }
    if (chmod(file->path, is_root ? file->mode : file->mode & 0777) == 0)
        return true;
    log_warning("chmod %s: %m", file->path);
    return false;
}

static void own_contents(int folder, uid_t uid);

/* Who may write in a folder may put links there: nothing but folders and
 * files of one name is given to anybody. */
static void own_entry(int folder, const char *name, uid_t uid)
{
    struct stat st;

    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
        fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return;
    if (!S_ISDIR(st.st_mode) && (!S_ISREG(st.st_mode) || st.st_nlink != 1))
        return;
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
                                      O_CLOEXEC);
    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && st.st_uid != uid &&
        (S_ISDIR(st.st_mode) || (S_ISREG(st.st_mode) && st.st_nlink == 1)) &&
        fchown(fd, uid, (gid_t)-1) != 0)
        log_warning("chown %s: %m", name);
    if (S_ISDIR(st.st_mode))
        own_contents(fd, uid);
    else
        close(fd);
}

/* Takes over the descriptor. */
static void own_contents(int folder, uid_t uid)
{
    DIR *entries = fdopendir(folder);
    struct dirent *entry;

    if (entries == NULL) {
        close(folder);
        return;
    }
    while ((entry = readdir(entries)) != NULL)
        own_entry(folder, entry->d_name, uid);
    closedir(entries);
}

static void own_tree(const struct installed_file *file)
{
    int fd = open(file->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        log_warning("open %s: %m", file->path);
    else
        own_contents(fd, file->uid);
}

/* ---- what is missing --------------------------------------------------- */

static bool make_folder(const struct installed_file *file)
{
    struct error why = ERROR_NONE;

    if (file_make_folders(file->path, 0755, &why))
        return set_owner(file);
    log_error("%s", why.text);
    return false;
}

/* False: something could not be made. */
static bool handle_missing(const struct installed_file *file, bool repair)
{
    switch (file->kind) {
    case FILE_FOLDER:
    case FILE_TREE: return make_folder(file);
    case FILE_PLAIN:
        log_warning("missing file: %s; install the mail system again",
                    file->path);
        return true;
    case FILE_LINK:
        if (repair && symlink(file->target, file->path) == 0)
            return true;
        log_warning("missing link: %s; mend it with: ln -s %s %s", file->path,
                    file->target, file->path);
        return true;
    case FILE_PAGE:
    case FILE_KEPT:
    case FILE_PROGRAM: return true;
    }
    panic("file of kind %d", (int)file->kind);
}

/* What lies in the configuration folder is root's, tables and all: whoever may
 * write there tells root's programs what to do. */
static void check_config_folder(const char *folder)
{
    DIR *entries = opendir(folder);
    const struct dirent *entry;

    while (entries != NULL && (entry = readdir(entries)) != NULL) {
        struct stat st;
        char *path = mem_printf("%s/%s", folder, entry->d_name);
        struct installed_file file = { .kind = FILE_KEPT, .path = path,
                                       .owner = "root", .gid = (gid_t)-1 };
        if (entry->d_name[0] != '.' && lstat(path, &st) == 0 &&
            !S_ISLNK(st.st_mode)) {
            struct fault fault = find_fault(&file, &st);
            if (fault.what != NULL)
                report(&fault, path);
            fault_free(&fault);
            if (S_ISDIR(st.st_mode))
                check_config_folder(path);
        }
        free(path);
    }
    if (entries != NULL)
        closedir(entries);
}

/* ---- all files --------------------------------------------------------- */

/* A set-gid program has two rows, and two links may be one: the later is
 * right. The administrator's files are left to him: see check_config_folder. */
static bool is_overruled(const struct installed_files *files, size_t i)
{
    const struct installed_file *file = &files->items[i];

    if (file->kind == FILE_KEPT)
        return true;
    if (file->kind != FILE_PLAIN && file->kind != FILE_LINK)
        return false;
    for (size_t k = i + 1; k < files->count; k++)
        if ((files->items[k].kind == FILE_PROGRAM ||
             files->items[k].kind == FILE_LINK) &&
            strcmp(files->items[k].path, file->path) == 0)
            return true;
    return false;
}

static bool check_file(const struct installed_file *file, bool repair)
{
    struct stat st;
    bool ok = true;

    if (lstat(file->path, &st) != 0)
        return errno == ENOENT ? handle_missing(file, repair) : true;
    if (file->kind == FILE_LINK || stat(file->path, &st) != 0)
        return true;
    struct fault fault = find_fault(file, &st);
    if (fault.what != NULL && repair)
        ok = set_owner(file);
    else if (fault.what != NULL)
        report(&fault, file->path);
    if (repair && file->kind == FILE_TREE && geteuid() == 0)
        own_tree(file);
    fault_free(&fault);
    return ok;
}

bool check_files(struct config *config, bool repair)
{
    bool is_secondary = config_is_secondary(config_directory(config));
    struct installed_files files;
    struct error why = ERROR_NONE;
    bool ok = files_load(config, &files, &why);

    if (!ok)
        log_error("%s; correct main.cf, or install the mail system again",
                  why.text);
    for (size_t i = 0; i < files.count; i++)
        if (!is_overruled(&files, i) &&
            (files.items[i].is_private || !is_secondary))
            ok = check_file(&files.items[i], repair) && ok;
    files_free(&files);
    return ok;
}

int command_check(struct command *command)
{
    bool usable = check_configuration(command);

    check_maps(command->config);
    check_jail();
    if (geteuid() == 0)
        check_config_folder(config_directory(command->config));
    return check_files(command->config, false) && usable ? 0 : 1;
}
