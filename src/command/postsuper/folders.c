/* SPDX-License-Identifier: ISC
 *
 * folders.c - the folders of a hashed queue, worked on by several threads.
 *
 * Changes in one folder wait for each other, in the kernel, so that threads
 * are of use only if each has a folder of its own. There are more of them than
 * processors: a file system that tells the disk at once which blocks are free
 * ("discard") waits for it with each file.
 */
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/str.h"
#include "postsuper.h"

enum { WORKERS = 8 };

struct shared_work {
    void (*work)(const char *folder, void *context);
    void *context;
    struct { ARRAY_OF(char *); } folders; /* owned */
    atomic_size_t next;                   /* that nobody has taken */
};

/* Their names are one character long. */
static void find_folders(struct shared_work *shared, const char *queue)
{
    const struct dirent *entry;
    DIR *folder = opendir(queue);

    while (folder != NULL && (entry = readdir(folder)) != NULL)
        if (entry->d_name[0] != '.' && entry->d_name[1] == '\0')
            ARRAY_ADD(&shared->folders,
                      mem_printf("%s/%s", queue, entry->d_name));
    if (folder != NULL)
        closedir(folder);
}

static void *work_on_some(void *argument)
{
    struct shared_work *shared = argument;
    size_t i;

    while ((i = atomic_fetch_add(&shared->next, 1)) < shared->folders.count)
        shared->work(shared->folders.items[i], shared->context);
    return NULL;
}

void each_folder(const char *queue,
                 void (*work)(const char *folder, void *context),
                 void *context)
{
    struct shared_work shared = { .work = work, .context = context };
    pthread_t helpers[WORKERS - 1];
    size_t count = 0;

    find_folders(&shared, queue);
    while (count < WORKERS - 1 && count + 1 < shared.folders.count &&
           pthread_create(&helpers[count], NULL, work_on_some, &shared) == 0)
        count++;
    work_on_some(&shared);
    for (size_t i = 0; i < count; i++)
        pthread_join(helpers[i], NULL);
    for (size_t i = 0; i < shared.folders.count; i++)
        free(shared.folders.items[i]);
    ARRAY_FREE(&shared.folders);
}
