/* SPDX-License-Identifier: ISC
 *
 * confine_files.c - which files a process can open: Landlock.
 *
 * What is allowed is a list of folders, with all below them. A rule holds for
 * the folder or file that has the name now. Files that are replaced while a
 * daemon runs (resolv.conf, tables) are therefore allowed by their folder.
 * Nothing is ever allowed to be executed. The numbers are the kernel's own, so
 * that older headers do not matter.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fatal.h"
#include "base/text.h"
#include "config/main_cf.h"
#include "confine_private.h"

enum {
    CREATE_RULESET = 444, /* the same on all machines */
    ADD_RULE = 445,
    RESTRICT_SELF = 446,
    ASK_VERSION = 1 << 0,
    PATH_BENEATH = 1,
};

/* Version 1 could not allow a queue file to go from folder to folder. */
enum { VERSION_TRUNCATE = 3, VERSION_NET = 4, VERSION_IOCTL = 5,
       VERSION_SCOPE = 6, VERSION_MIN = 2 };

enum {
    EXECUTE = 1 << 0,
    WRITE_FILE = 1 << 1,
    READ_FILE = 1 << 2,
    READ_FOLDER = 1 << 3,
    ALL_OF_VERSION_2 = (1 << 14) - 1,
    TRUNCATE = 1 << 14,
    IOCTL_DEVICE = 1 << 15,
    MAKE_ANY = ((1 << 14) - 1) & ~((1 << 4) - 1),
    MAKE_DEVICES = 1 << 6 | 1 << 11, /* character, block */

    READ = READ_FILE | READ_FOLDER,
    WRITE = READ | WRITE_FILE | TRUNCATE | (MAKE_ANY & ~MAKE_DEVICES),
    FOR_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEVICE,
};
enum { NET_BIND_TCP = 1 << 0, NET_CONNECT_TCP = 1 << 1 };
enum { SCOPE_ABSTRACT_SOCKETS = 1 << 0, SCOPE_SIGNALS = 1 << 1 };

struct ruleset_attributes {
    uint64_t files, net, scopes;
};
struct path_attributes {
    uint64_t allowed;
    int32_t folder_fd;
} __attribute__((packed));

/* What every process reads that looks up a time, or loads a library. */
static const struct {
    const char *path;
    unsigned may; /* one of these; 0: everybody */
    unsigned allowed;
} places[] = {
    { "/usr", 0, READ },
    { "/lib", 0, READ },
    { "/lib32", 0, READ },
    { "/lib64", 0, READ },
    { "/proc", 0, READ },
    { "/sys/devices/system/cpu", 0, READ },
    { "/sys/fs/ext4", MAY_CHANGE_UID, READ }, /* is there a journal? */
    { "/dev/null", 0, READ | WRITE_FILE },
    { "/dev/random", 0, READ },
    { "/dev/urandom", 0, READ },
    { "/etc/ld.so.cache", 0, READ },
    { "/etc/localtime", 0, READ },
    /* Names of hosts and users, certificates, tables; what is secret there,
     * its owner has closed to others. */
    { "/etc", MAY_READ_CONFIG | MAY_CONNECT_INET, READ },
    { "/run/NetworkManager", MAY_READ_CONFIG | MAY_CONNECT_INET, READ },
    { "/run/nscd", MAY_READ_CONFIG | MAY_CONNECT_INET, READ },
    { "/run/resolvconf", MAY_READ_CONFIG | MAY_CONNECT_INET, READ },
    { "/run/systemd", MAY_READ_CONFIG | MAY_CONNECT_INET, READ },
    { "/var/cache/nscd", MAY_READ_CONFIG | MAY_CONNECT_INET, READ },
    { "/var/lib/misc", MAY_READ_CONFIG | MAY_CONNECT_INET, READ },
    { "/var/lib/sss", MAY_READ_CONFIG | MAY_CONNECT_INET, READ },
};

static int version(void)
{
    long got = syscall(CREATE_RULESET, NULL, (size_t)0, ASK_VERSION);

    return got > 0 ? (int)got : 0;
}

bool files_can_be_confined(void)
{
    return version() >= VERSION_MIN;
}

struct ruleset {
    int fd;
    uint64_t handled;
};

/* A name that is not there needs no rule. */
static void allow(const struct ruleset *r, const char *path, uint64_t allowed)
{
    struct stat st;
    struct path_attributes rule = {
        .allowed = allowed & r->handled,
        .folder_fd = open(path, O_PATH | O_CLOEXEC),
    };

    if (rule.folder_fd < 0)
        return;
    if (fstat(rule.folder_fd, &st) == 0 && !S_ISDIR(st.st_mode))
        rule.allowed &= FOR_FILES;
    if (syscall(ADD_RULE, r->fd, PATH_BENEATH, &rule, 0U) != 0)
        fatal("landlock_add_rule %s: %m", path);
    close(rule.folder_fd);
}

static void allow_reading(const char *path, void *ruleset)
{
    allow(ruleset, path, READ);
}

static void allow_writing(const char *path, void *ruleset)
{
    allow(ruleset, path, WRITE);
}

static void allow_places(const struct ruleset *r, unsigned may)
{
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (places[i].may == 0 || (places[i].may & may) != 0)
            allow(r, places[i].path, places[i].allowed);
}

/* A library that another one loads later is in the folder of its kin. */
static int allow_library(struct dl_phdr_info *info, size_t size, void *ruleset)
{
    const char *slash = strrchr(info->dlpi_name, '/');
    char folder[PATH_MAX];

    (void)size;
    if (slash == NULL || slash == info->dlpi_name ||
        text_has_prefix(info->dlpi_name, "/usr/") ||
        text_has_prefix(info->dlpi_name, "/lib"))
        return 0;
    size_t length = (size_t)(slash - info->dlpi_name);
    if (length >= sizeof folder)
        return 0;
    memcpy(folder, info->dlpi_name, length);
    folder[length] = '\0';
    allow(ruleset, folder, READ);
    return 0;
}

/* It is often a link to where some service keeps it. */
static void allow_resolver(const struct ruleset *r)
{
    char *file = realpath("/etc/resolv.conf", NULL);
    char *slash = file != NULL ? strrchr(file, '/') : NULL;

    if (slash != NULL && slash != file) {
        *slash = '\0';
        allow(r, file, READ);
    }
    free(file);
}

static void allow_queue(const struct ruleset *r, const struct confinement *c)
{
    uint64_t allowed = c->may & MAY_WRITE_QUEUE ? WRITE : READ;
    struct arena *arena = arena_new();

    if (c->queue_folders == NULL)
        allow(r, ".", allowed);
    else
        for (char **folder = text_split(arena, c->queue_folders, NULL, NULL);
             *folder != NULL; folder++)
            allow(r, *folder, allowed);
    arena_free(arena);
}

static void allow_declared(struct ruleset *r, const struct confinement *c)
{
    if (c->may & (MAY_READ_QUEUE | MAY_WRITE_QUEUE))
        allow_queue(r, c);
    if (c->may & MAY_WRITE_DATA)
        allow(r, c->data_directory, WRITE);
    if (c->config == NULL)
        return;
    if (c->may & (MAY_READ_CONFIG | MAY_CONNECT_INET)) {
        allow_resolver(r);
        allow(r, config_directory(c->config), READ);
        tables_each_place(c->config, allow_reading, r);
    }
    if (c->may & MAY_WRITE_DATA)
        tables_each_cache(c->config, allow_writing, r);
}

static struct ruleset create(unsigned may)
{
    int have = version();
    struct ruleset_attributes attributes = { .files = ALL_OF_VERSION_2 };
    struct ruleset r;

    if (have >= VERSION_TRUNCATE)
        attributes.files |= TRUNCATE;
    if (have >= VERSION_IOCTL)
        attributes.files |= IOCTL_DEVICE;
    if (have >= VERSION_NET && (may & MAY_CONNECT_INET) == 0)
        attributes.net = NET_BIND_TCP | NET_CONNECT_TCP;
    if (have >= VERSION_SCOPE)
        attributes.scopes = SCOPE_ABSTRACT_SOCKETS | SCOPE_SIGNALS;
    r.handled = attributes.files;
    r.fd = (int)syscall(CREATE_RULESET, &attributes, sizeof attributes, 0U);
    if (r.fd < 0)
        fatal("landlock_create_ruleset: %m");
    return r;
}

void files_confine(const struct confinement *c)
{
    if (!files_can_be_confined())
        return;
    struct ruleset r = create(c->may);
    allow_places(&r, c->may);
    dl_iterate_phdr(allow_library, &r);
    allow_declared(&r, c);
    tools_each_folder(allow_writing, &r);
    if (syscall(RESTRICT_SELF, r.fd, 0U) != 0)
        fatal("landlock_restrict_self: %m");
    close(r.fd);
}
