/* SPDX-License-Identifier: ISC
 *
 * dynamic.c - drivers from shared objects, by dynamicmaps.cf.
 *
 * dynamicmaps.cf, and the files in dynamicmaps.cf.d, have lines "type object
 * function [function]"; of these only type and object mean something here. An
 * object that was made for another mail system has a driver of another form
 * and is refused. Built-in types do not come here: an old dynamicmaps.cf that
 * lists them does no harm.
 */

#include "dynamic.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/list.h"
#include "base/log.h"
#include "base/text.h"
#include "internal.h"

enum { MAX_FILE_BYTES = 100000 };

struct entry {
    struct list link;
    char *type, *object, *file; /* owned */
    bool was_tried;
    const struct table_driver *driver;
    struct error why;
};

static struct list entries = LIST_INIT(entries);
static bool is_read;

/* ---- The files ---- */

static void add_entry(const char *file, const char *type, const char *object)
{
    struct entry *e = mem_zalloc(sizeof(*e));

    e->type = mem_strdup(type);
    e->object = mem_strdup(object);
    e->file = mem_strdup(file);
    /* The last one wins: what a package adds over what was there. */
    list_prepend(&entries, &e->link);
}

static void read_file(const char *path)
{
    struct str text = STR_EMPTY;
    struct error why = ERROR_NONE;
    char *cursor;

    if (!file_read(path, MAX_FILE_BYTES, &text, &why)) {
        if (access(path, F_OK) == 0)
            log_warning("%s", why.text);
        return;
    }
    cursor = text.data;
    for (char *line; (line = strsep(&cursor, "\n")) != NULL;) {
        const char *type = text_token(&line, " \t\r");
        const char *object = text_token(&line, " \t\r");
        if (type == NULL || *type == '#')
            continue;
        if (object != NULL)
            add_entry(path, type, object);
        else
            log_warning("%s: no object for table type \"%s\"", path, type);
    }
    str_fini(&text);
}

static int is_visible(const struct dirent *file)
{
    return file->d_name[0] != '.';
}

static void read_all(void)
{
    const char *folder = table_setup()->dynamicmaps_directory;
    struct dirent **files;

    if (is_read || folder == NULL)
        return;
    is_read = true;
    char *path = mem_printf("%s/dynamicmaps.cf", folder);
    read_file(path);
    free(path);
    char *more = mem_printf("%s/dynamicmaps.cf.d", folder);
    int count = scandir(more, &files, is_visible, alphasort);
    for (int i = 0; i < count; i++) {
        path = mem_printf("%s/%s", more, files[i]->d_name);
        read_file(path);
        free(path);
        free(files[i]);
    }
    if (count >= 0)
        free(files);
    free(more);
}

/* ---- The objects ---- */

/* Its code will run with our rights. */
static bool is_trusted(const char *path, struct error *why)
{
    struct stat info;

    if (stat(path, &info) != 0)
        return error_set(why, "%s: %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return error_set(why, "%s: not a regular file", path);
    if ((info.st_uid != 0 && info.st_uid != geteuid()) ||
        (info.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return error_set(why, "%s: others than root may write to it", path);
    return true;
}

static bool load_object(struct entry *e, const char *path, struct error *why)
{
    if (!is_trusted(path, why))
        return false;
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (object == NULL)
        return error_set(why, "%s", dlerror());
    char *name = mem_printf("driver_%s", e->type);
    const unsigned *version = dlsym(object, "table_driver_version");
    const struct table_driver *driver = dlsym(object, name);
    free(name);
    if (version != NULL && *version == TABLE_DRIVER_VERSION && driver != NULL &&
        strcmp(driver->type, e->type) == 0) {
        e->driver = driver;
        return true;
    }
    dlclose(object);
    return error_set(why, "%s was made for another mail system or version",
                     path);
}

static void load(struct entry *e)
{
    const char *folder = table_setup()->shlib_directory;
    struct error why = ERROR_NONE;

    if (e->was_tried)
        return;
    e->was_tried = true;
    if (*e->object == '/') {
        load_object(e, e->object, &why);
    } else if (folder == NULL || strcmp(folder, "no") == 0) {
        error_set(&why, "%s is not a full path, and there is no "
                        "shlib_directory",
                  e->object);
    } else {
        char *path = mem_printf("%s/%s", folder, e->object);
        load_object(e, path, &why);
        free(path);
    }
    if (e->driver == NULL)
        error_set(&e->why, "unsupported dictionary type: %s. It is not built "
                           "in, and what %s names cannot be loaded: %.600s",
                  e->type, e->file, why.text);
}

const struct table_driver *dynamic_find(const char *type, struct error *why)
{
    read_all();
    LIST_EACH(node, &entries)
    {
        struct entry *e = CONTAINER_OF(node, struct entry, link);
        if (strcmp(e->type, type) != 0)
            continue;
        load(e);
        if (e->driver == NULL)
            error_set(why, "%s", e->why.text);
        return e->driver;
    }
    return NULL;
}

const struct dynamic_list *dynamic_all(void)
{
    static struct dynamic_list all;
    static bool is_made;

    if (is_made)
        return &all;
    is_made = true;
    read_all();
    LIST_EACH(node, &entries)
    {
        struct entry *e = CONTAINER_OF(node, struct entry, link);
        struct error why = ERROR_NONE;
        bool is_new = true;
        for (size_t i = 0; i < all.count; i++)
            is_new = is_new && strcmp(all.items[i]->type, e->type) != 0;
        const struct table_driver *driver = dynamic_find(e->type, &why);
        if (is_new && driver != NULL)
            ARRAY_ADD(&all, driver);
    }
    return &all;
}
