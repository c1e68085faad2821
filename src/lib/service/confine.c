/* SPDX-License-Identifier: ISC
 *
 * confine.c - the order in which a process gives up what it does not need.
 *
 * no_new_privs comes first, since it allows the next two without root, and
 * capabilities come last, since without it they are what allows them.
 */
#include "service/confine.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "confine_private.h"

bool confine_ceiling(unsigned may)
{
    return capabilities_lower_ceiling(capabilities_ceiling(may));
}

bool confine_master(void)
{
    bool lowered = capabilities_lower_ceiling(capabilities_of_master());

    capabilities_limit(capabilities_of_master());
    return lowered;
}

/* Commands of users may be set-uid or set-gid programs: sendmail calls
 * postdrop, which is one. */
static bool gains_nothing(unsigned may)
{
    return (may & MAY_EXEC) == 0;
}

static bool has_paths(unsigned may)
{
    return (may & (MAY_EXEC | MAY_CHANGE_UID)) == 0;
}

/* Rootless, everything belongs to a user who may look into it. */
static void hide_memory(const struct confinement *c)
{
    if (c->is_by_root && !tools_watch())
        (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

void confine_process(const struct confinement *c)
{
    unsigned may = c->may;

    if ((may & MAY_READ_CONFIG) && tables_need_network(c->config))
        may |= MAY_CONNECT_INET;
    bool administrates = capabilities_raise();
    bool has_no_new_privs =
        gains_nothing(may) && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
    hide_memory(c);
    if (has_paths(may) && has_no_new_privs) {
        struct confinement widened = *c;

        widened.may = may;
        files_confine(&widened);
    }
    if (has_no_new_privs || administrates)
        calls_confine(may);
    capabilities_limit(capabilities_kept(may));
}

static void describe_may(unsigned may, struct str *out)
{
    static const struct { unsigned bit; const char *name; } names[] = {
        { MAY_CONNECT_INET, "connect_inet" },
        { MAY_READ_CONFIG, "read_config" },
        { MAY_READ_QUEUE, "read_queue" },
        { MAY_WRITE_QUEUE, "write_queue" },
        { MAY_WRITE_DATA, "write_data" },
        { MAY_EXEC, "exec" },
        { MAY_CHANGE_UID, "change_uid" },
        { MAY_CHROOT, "chroot" },
        { MAY_OPEN_ALL, "open_all" },
    };
    const char *separator = "";

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (may & names[i].bit) {
            str_addf(out, "%s%s", separator, names[i].name);
            separator = ",";
        }
}

void confine_describe(const struct service *service, struct str *out)
{
    unsigned may = service->may;
    bool is_privileged = (service->flags & SERVICE_PRIVILEGED) != 0;

    str_setf(out,
             "cap=%016" PRIx64 " bounding=%016" PRIx64
             " no_new_privs=%d landlock=%d seccomp=%d may=",
             is_privileged ? capabilities_kept(may) : 0,
             capabilities_ceiling(may), gains_nothing(may),
             has_paths(may) && files_can_be_confined(),
             calls_can_be_confined());
    describe_may(may, out);
    if (has_paths(may) && (may & (MAY_READ_QUEUE | MAY_WRITE_QUEUE)))
        str_addf(out, " folders=%s",
                 service->queue_folders != NULL ? service->queue_folders : ".");
}

void confine_warn_missing(void)
{
    if (tools_hide_kernel())
        return;
    if (!files_can_be_confined())
        log_warning("this kernel has no Landlock of version 2 or later: "
                    "daemons can open all files that their user may open");
    if (!calls_can_be_confined())
        log_warning("this kernel has no system call filter that we can use: "
                    "daemons can make all system calls");
    /* As in most containers. With no_new_privs they could have one, but their
     * commands no set-gid postdrop. A filter that is there already is that of
     * our unit of systemd, or the container's. */
    else if (geteuid() == 0 && !capabilities_can_administrate() &&
             prctl(PR_GET_SECCOMP) != SECCOMP_MODE_FILTER)
        log_warning("root has no CAP_SYS_ADMIN here: local, pipe, spawn and "
                    "their commands can make all system calls");
}
