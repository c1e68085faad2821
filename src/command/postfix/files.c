/* SPDX-License-Identifier: ISC
 *
 * files.c - read the table of what is installed.
 *
 *     kind path owner group mode [target]
 *
 * $name in the first three is that of main.cf. See conf/install.list.
 */
#include "files.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "base/priv.h"
#include "base/str.h"
#include "base/text.h"
#include "config/cf_file.h"
#include "config/params.h"

static const struct {
    const char *name;
    enum file_kind kind;
} kinds[] = {
    { "dir", FILE_FOLDER }, { "tree", FILE_TREE }, { "file", FILE_PLAIN },
    { "page", FILE_PAGE },  { "keep", FILE_KEPT }, { "link", FILE_LINK },
    { "mode", FILE_PROGRAM },
};

static bool parse_kind(const char *name, enum file_kind *kind)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, name) == 0) {
            *kind = kinds[i].kind;
            return true;
        }
    return false;
}

static bool is_private_folder(enum file_kind kind, const char *path)
{
    static const char *const places[] = { "$config_directory",
                                          "$queue_directory",
                                          "$data_directory" };

    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (text_has_prefix(path, places[i]))
            return kind == FILE_FOLDER || kind == FILE_TREE;
    return false;
}

static const char *expand(struct config *config, struct arena *arena,
                          const char *text, struct error *why)
{
    static const char own[] = "$config_directory";

    if (text_has_prefix(text, own))
        return arena_printf(arena, "%s%s", config_directory(config),
                            text + strlen(own));
    return strchr(text, '$') != NULL ? config_expand(config, text, why) : text;
}

/* Without root, one user has all. */
static bool find_owners(struct installed_file *file, struct error *why)
{
    bool is_root = geteuid() == 0;

    file->uid = geteuid();
    file->gid = (gid_t)-1;
    if (!is_root || strcmp(file->owner, "-") == 0)
        return true;
    if (!priv_user(file->owner, &file->uid, NULL, why))
        return false;
    /* Folders of root's group are found with many others, and any is good. */
    if (strcmp(file->group, "root") == 0)
        return true;
    return priv_group(file->group, &file->gid, why);
}

static bool parse_row(struct config *config, struct arena *arena, char **word,
                      size_t count, struct installed_file *file,
                      struct error *why)
{
    unsigned long mode = 0;

    if (count < 5 || !parse_kind(word[0], &file->kind) ||
        (file->kind == FILE_LINK) != (count == 6) ||
        (count == 5 && !num_parse_ulong(word[4], 8, &mode)))
        return error_set(why, "bad line for \"%s\"",
                         count > 1 ? word[1] : word[0]);
    file->is_private = is_private_folder(file->kind, word[1]);
    file->mode = (mode_t)mode;
    file->path = expand(config, arena, word[1], why);
    file->owner = expand(config, arena, word[2], why);
    file->group = expand(config, arena, word[3], why);
    file->target = count == 6 ? expand(config, arena, word[5], why) : "";
    return file->path != NULL && file->owner != NULL &&
           file->group != NULL && file->target != NULL &&
           find_owners(file, why);
}

/* A place may be "no". */
static bool is_installed(const struct installed_file *file)
{
    return *file->path == '/';
}

bool files_load(struct config *config, struct installed_files *files,
                struct error *why)
{
    char *path =
        mem_printf("%s/postfix-files", common_params.daemon_directory);
    struct cf_file *text = cf_file_open(path, why);
    struct cf_line line;
    bool ok = text != NULL;

    *files = (struct installed_files){ .arena = arena_new() };
    while (ok && cf_file_next(text, &line)) {
        struct installed_file file = { .kind = FILE_PLAIN };
        size_t count;
        char **words = text_split(files->arena, line.text, " \t", &count);
        struct error reason = ERROR_NONE;
        ok = parse_row(config, files->arena, words, count, &file,
                       &reason) ||
             cf_file_error(text, &line, why, "%s", reason.text);
        if (ok && is_installed(&file))
            ARRAY_ADD(files, file);
    }
    cf_file_free(text);
    free(path);
    return ok;
}

void files_free(struct installed_files *files)
{
    ARRAY_FREE(files);
    arena_free(files->arena);
}
