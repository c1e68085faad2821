/* SPDX-License-Identifier: ISC
 *
 * confine_capabilities.c - the parts of root's power, and who keeps which.
 *
 * By system call, without libcap: there is nothing to it but two sets of bits.
 */
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "confine_private.h"

#define BIT(capability) (UINT64_C(1) << (capability))

#define RECIPIENT (BIT(CAP_SETUID) | BIT(CAP_SETGID))
/* To open a mailbox or a table of another's, as root, and to give a new one to
 * its owner. */
#define FILES (BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE))

/* What set-uid programs of root's that a command may run are used to have:
 * sudo, procmail, dovecot-lda. Without them some would go on in a way that
 * nobody has thought of, which is worse. */
#define SET_UID_PROGRAMS                                           \
    (RECIPIENT | FILES | BIT(CAP_KILL) | BIT(CAP_SYS_CHROOT) |   \
     BIT(CAP_DAC_READ_SEARCH) | BIT(CAP_FOWNER) | BIT(CAP_FSETID) | \
     BIT(CAP_SETPCAP) | BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_AUDIT_WRITE) | \
     BIT(CAP_SYS_RESOURCE))

uint64_t capabilities_kept(unsigned may)
{
    static const struct { unsigned may; uint64_t kept; } rows[] = {
        { MAY_CHANGE_UID, RECIPIENT },
        { MAY_OPEN_ALL, FILES },
        { MAY_EXEC, BIT(CAP_KILL) }, /* a command that takes too long */
        { MAY_CHROOT, BIT(CAP_SYS_CHROOT) },
    };
    uint64_t kept = 0;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (may & rows[i].may)
            kept |= rows[i].kept;
    /* Somebody has written "n" into master.cf, so that it reads what only
     * root may. Then it also has to pass the folders of mail_owner. */
    return kept != 0 ? kept : BIT(CAP_DAC_OVERRIDE);
}

uint64_t capabilities_ceiling(unsigned may)
{
    if (may & MAY_EXEC)
        return SET_UID_PROGRAMS;
    return may & MAY_CHANGE_UID ? capabilities_kept(may) : 0;
}

/* The most that any daemon or command has, and what sets a filter. */
uint64_t capabilities_of_master(void)
{
    return SET_UID_PROGRAMS | BIT(CAP_SYS_ADMIN);
}

bool capabilities_lower_ceiling(uint64_t ceiling)
{
    for (int i = 0; i < 64; i++)
        if ((ceiling & BIT(i)) == 0 &&
            prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1 &&
            prctl(PR_CAPBSET_DROP, i, 0, 0, 0) != 0)
            return false;
    return true;
}

struct sets {
    uint64_t effective, permitted, inheritable;
};

static bool get(struct sets *sets)
{
    struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct data[2] = { 0 }; /* valgrind sees but one */

    if (syscall(SYS_capget, &header, data) != 0)
        return false;
    *sets = (struct sets){
        data[0].effective | (uint64_t)data[1].effective << 32,
        data[0].permitted | (uint64_t)data[1].permitted << 32,
        data[0].inheritable | (uint64_t)data[1].inheritable << 32,
    };
    return true;
}

static bool set(const struct sets *sets)
{
    struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
    const struct __user_cap_data_struct data[2] = {
        { (uint32_t)sets->effective, (uint32_t)sets->permitted,
          (uint32_t)sets->inheritable },
        { (uint32_t)(sets->effective >> 32), (uint32_t)(sets->permitted >> 32),
          (uint32_t)(sets->inheritable >> 32) },
    };

    return syscall(SYS_capset, &header, data) == 0;
}

bool capabilities_raise(void)
{
    struct sets sets;

    if (!get(&sets) || sets.permitted == 0)
        return false;
    sets.effective = sets.permitted;
    return set(&sets) && (sets.effective & BIT(CAP_SYS_ADMIN)) != 0;
}

bool capabilities_can_administrate(void)
{
    struct sets sets;

    return get(&sets) && (sets.permitted & BIT(CAP_SYS_ADMIN)) != 0;
}

void capabilities_limit(uint64_t kept)
{
    struct sets sets;

    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (!get(&sets))
        return;
    sets.permitted &= kept;
    sets.effective = geteuid() == 0 ? sets.permitted : 0;
    sets.inheritable = 0;
    (void)set(&sets);
}
