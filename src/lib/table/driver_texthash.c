/* SPDX-License-Identifier: ISC
 *
 * driver_texthash.c - texthash:/file, a postmap source read when it is opened.
 */

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/log.h"
#include "internal.h"

struct texthash {
    struct memory_table *entries; /* owned */
    int fd;                       /* kept, to see whether the file changes */
    struct stat info;
    struct text_owner owner;
};

static void warn_of_duplicate(const struct text_source *source,
                              const char *key, uintptr_t first_line)
{
    log_warning("%s, line %zu: duplicate entry: \"%s\" -- line %zu has it, "
                "too: remove one of the two",
                source->path, source->first_line, key, (size_t)first_line);
}

/* <lines>: of each key so far. */
static void add_line(struct texthash *table, struct hash *lines,
                     const struct text_source *source, char *key, char *value,
                     unsigned flags)
{
    struct str folded = STR_EMPTY;
    struct str content = STR_EMPTY;
    struct error why = ERROR_NONE;

    table_fold_key(&folded, key, flags);
    bool known = memory_table_has(table->entries, folded.data);
    if (known && !(flags & (TABLE_DUP_IGNORE | TABLE_DUP_REPLACE)))
        warn_of_duplicate(source, key,
                          (uintptr_t)hash_get(lines, folded.data));
    if (!known)
        hash_put(lines, folded.data, (void *)(uintptr_t)source->first_line);
    if (known && !(flags & TABLE_DUP_REPLACE))
        value = NULL;
    if (value != NULL && (flags & TABLE_SRC_RHS_IS_FILE)) {
        bool good = file_value_read(&content, value, &why);
        if (!good)
            log_warning("%s, line %zu: %s: skipping this entry", source->path,
                        source->first_line, why.text);
        value = good ? content.data : NULL;
    }
    if (value != NULL)
        memory_table_put(table->entries, folded.data, value, &why);
    str_fini(&content);
    str_fini(&folded);
}

static void texthash_close(void *instance)
{
    struct texthash *table = instance;

    memory_table_free(table->entries);
    if (table->fd >= 0)
        close(table->fd);
    free(table);
}

static void *texthash_open(const char *name,
                           const struct table_options *options,
                           struct error *why)
{
    struct text_file file;
    struct str line = STR_EMPTY;
    char *key, *value;

    if (options->mode != TABLE_READ) {
        error_set(why, "texthash:%s map requires O_RDONLY access mode", name);
        return NULL;
    }
    if (!text_file_open(&file, name, NULL, "database ", why))
        return NULL;

    struct texthash *table = mem_zalloc(sizeof(*table));
    bool utf8 = (options->flags & TABLE_UTF8) && options->setup->utf8;
    table->entries = memory_table_new();
    table->info = file.info;
    table->owner = text_file_owner(&file);
    table->fd = fcntl(stream_fd(file.in), F_DUPFD_CLOEXEC, 3);
    struct hash *lines = hash_new();
    while (text_source_next(&file.source, &line))
        if (map_line_parse(&file.source, line.data, utf8,
                           " -- ignoring this line", &key, &value))
            add_line(table, lines, &file.source, key, value, options->flags);
    hash_free(lines, NULL);
    str_fini(&line);
    if (text_file_close(&file, why))
        return table;
    texthash_close(table);
    return NULL;
}

static enum answer texthash_get(void *instance, const char *key,
                                struct str *value, struct error *why)
{
    return memory_table_get(((struct texthash *)instance)->entries, key, value,
                            why);
}

static enum answer texthash_next(void *instance, bool first, struct str *key,
                                 struct str *value, struct error *why)
{
    return memory_table_next(((struct texthash *)instance)->entries, first, key,
                             value, why);
}

static bool texthash_changed(void *instance)
{
    const struct texthash *table = instance;
    struct stat now;

    return table->fd >= 0 && fstat(table->fd, &now) == 0 &&
           (now.st_mtime != table->info.st_mtime || now.st_nlink == 0);
}

static enum table_trust texthash_owner(void *instance, uid_t *owner)
{
    const struct texthash *table = instance;

    *owner = table->owner.uid;
    return table->owner.trust;
}

const struct table_driver driver_texthash = {
    .type = "texthash",
    .can = TABLE_CAN_WALK,
    .open = texthash_open,
    .get = texthash_get,
    .next = texthash_next,
    .changed = texthash_changed,
    .owner = texthash_owner,
    .close = texthash_close,
};
