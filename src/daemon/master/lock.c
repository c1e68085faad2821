/* SPDX-License-Identifier: ISC
 *
 * lock.c - one master for a queue, and one for a data directory.
 *
 * Each file is held locked while master runs, and has its process ID in 32
 * columns.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/file.h"
#include "base/lock.h"
#include "base/priv.h"
#include "base/str.h"
#include "config/params.h"
#include "master.h"

static char *pid_path(void)
{
    return mem_printf("%s/master.pid", common_params.process_id_directory);
}

bool lock_is_free(void)
{
    struct error why = ERROR_NONE;
    char *path = pid_path();
    int fd = file_open_plain(path, O_RDWR, 0, (uid_t)-1, (gid_t)-1, NULL,
                             &why);

    if (fd < 0 && errno != ENOENT)
        fatal("%s", why.text);
    bool is_free =
        fd < 0 || lock_file(fd, LOCK_STYLE_FLOCK, LOCK_KIND_SHARED, 0);
    if (fd >= 0)
        close(fd);
    return is_free;
}

enum { ASKED_MS = 1000 };

/* The descriptor stays open, and the file locked, until the process ends. Who
 * only asks for a master has a lock for a moment. */
static void take(const char *path)
{
    struct error why = ERROR_NONE;
    char line[64];

    int fd = file_open_plain(path, O_RDWR | O_CREAT, 0600, (uid_t)-1,
                             (gid_t)-1, NULL, &why);
    if (fd < 0)
        fatal("open lock file %s: %s", path, why.text);
    if (!lock_file(fd, LOCK_STYLE_FLOCK, LOCK_KIND_EXCLUSIVE,
                   deadline_in_ms(ASKED_MS)))
        fatal("open lock file %s: unable to set exclusive lock: %m; is the "
              "mail system running already?",
              path);
    int length = snprintf(line, sizeof line, "%*lu\n", 32,
                          (unsigned long)getpid());
    if (ftruncate(fd, 0) != 0 || !file_write_all(fd, line, (size_t)length))
        fatal("write lock file %s: %m", path);
}

/* The data directory belongs to mail_owner: no root rights there. */
void lock_take(void)
{
    const struct master_facts *facts = master_facts();
    char *data = mem_printf("%s/master.lock", common_params.data_directory);
    char *pid = pid_path();

    take(pid);
    if (facts->is_root)
        priv_become(facts->owner_uid, facts->owner_gid);
    take(data);
    if (facts->is_root)
        priv_restore();
    free(data);
    free(pid);
}
