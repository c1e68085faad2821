/* SPDX-License-Identifier: ISC
 *
 * check_jail.c - are the copies of system files that services see in a chroot
 * still those of the system?
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "config/params.h"
#include "postfix.h"

enum { LARGEST_FILE = 64 * 1024 * 1024 };

static bool have_same_content(const char *one, const char *other)
{
    struct str a = STR_EMPTY, b = STR_EMPTY;
    struct error why = ERROR_NONE;
    bool same = file_read(one, LARGEST_FILE, &a, &why) &&
                file_read(other, LARGEST_FILE, &b, &why) &&
                a.length == b.length &&
                memcmp(a.data, b.data, a.length) == 0;

    str_fini(&a);
    str_fini(&b);
    return same;
}

static void compare_file(const char *inside, const struct stat *in,
                         const char *outside)
{
    struct stat out;

    if (stat(outside, &out) != 0 || !S_ISREG(out.st_mode))
        return;
    if (in->st_size != out.st_size || !have_same_content(inside, outside))
        log_warning("%s and %s differ; mend it with: cp -p %s %s", inside,
                    outside, outside, inside);
}

/* <place> is "/etc" and the like: the same name inside and outside. */
static void compare_folder(const char *place)
{
    char *folder = mem_printf("%s%s", common_params.queue_directory, place);
    DIR *entries = opendir(folder);
    const struct dirent *entry;

    while (entries != NULL && (entry = readdir(entries)) != NULL) {
        struct stat st;
        char *outside = mem_printf("%s/%s", place, entry->d_name);
        char *inside = mem_printf("%s%s", common_params.queue_directory,
                                  outside);
        if (entry->d_name[0] != '.' && lstat(inside, &st) == 0) {
            if (S_ISDIR(st.st_mode))
                compare_folder(outside);
            else if (S_ISREG(st.st_mode))
                compare_file(inside, &st, outside);
        }
        free(inside);
        free(outside);
    }
    if (entries != NULL)
        closedir(entries);
    free(folder);
}

void check_jail(void)
{
    static const char *const places[] = { "/etc", "/lib", "/lib64", "/usr" };

    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        compare_folder(places[i]);
}
