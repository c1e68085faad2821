/* SPDX-License-Identifier: ISC
 *
 * builder.c - what postmap and postalias do with one table: build it.
 *
 * The source's owner becomes the builder, so that an error in here cannot give
 * that user more than they have, and so that the result is theirs.
 */

#include "table/builder.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/priv.h"
#include "base/stream.h"
#include "internal.h"
#include "redirect.h"

/* ---- Options ---- */

/* Of two options that exclude each other the last one counts. */
static void choose(struct builder_options *o, unsigned flag, unsigned other)
{
    o->flags = (o->flags & ~other) | flag;
}

static void set_option(struct builder_options *o, int letter, char *argument,
                       const char *usage)
{
    switch (letter) {
    case 'b': o->body = true; break;
    case 'c': o->config_directory = argument; break;
    case 'd': o->remove = argument; break;
    case 'f': o->no_folding = true; break;
    case 'F': o->is_file = true; break;
    case 'h': o->header = true; break;
    case 'i': o->incremental = true; break;
    case 'j': o->json = true; break;
    case 'm': o->mime = true; break;
    case 'n': choose(o, TABLE_WITHOUT_NUL, TABLE_WITH_NUL); break;
    case 'N': choose(o, TABLE_WITH_NUL, TABLE_WITHOUT_NUL); break;
    case 'o': o->keep_root = true; break;
    case 'p': o->default_mode = true; break;
    case 'q': o->query = argument; break;
    case 'r': choose(o, TABLE_DUP_REPLACE, TABLE_DUP_IGNORE); break;
    case 's': o->list = true; break;
    case 'u': o->no_utf8 = true; break;
    case 'U': o->force_utf8 = true; break;
    case 'v': o->verbose++; break;
    case 'w': choose(o, TABLE_DUP_IGNORE, TABLE_DUP_REPLACE); break;
    default: fatal("%s", usage);
    }
}

int builder_parse(struct builder_options *o, int argc, char **argv,
                  const char *letters, const char *usage)
{
    int letter;

    while ((letter = getopt(argc, argv, letters)) != -1)
        set_option(o, letter, optarg, usage);
    if (optind == argc)
        fatal("%s", usage);
    if ((o->query != NULL) + (o->remove != NULL) + o->list + o->incremental > 1)
        fatal("specify only one of -d -i -q or -s");
    if (o->json && o->query == NULL && !o->list)
        fatal("specify -j only with -q or -s");
    log_set_verbose(o->verbose);
    return optind;
}

void builder_use(struct builder_options *o, bool utf8)
{
    if (!o->no_folding)
        o->flags |= TABLE_FOLD;
    /* Mail that is asked about line by line need not be UTF-8. */
    bool lines = o->body || o->header;
    if (utf8 && !o->no_utf8 && (!lines || o->force_utf8))
        o->flags |= TABLE_UTF8;
    if (o->is_file)
        o->flags |= TABLE_SRC_RHS_IS_FILE;
}

/* ---- Lines ---- */

bool builder_cut_line(const struct builder_options *o,
                      const struct text_source *source, char *line, char **key,
                      char **value)
{
    return map_line_parse(source, line, o->flags & TABLE_UTF8, "", key, value);
}

bool builder_read_files(struct str *out, const char *list, struct error *why)
{
    return file_value_read(out, list, why);
}

void builder_put(struct table *table, const char *key, const char *value)
{
    if (table_put(table, key, value) == FAILED)
        fatal("table %s: write error: %s%s", table_name(table),
              table_error(table),
              table_remedy(table_name(table), table_error(table)));
}

/* ---- Building ---- */

/* An interrupted build would leave a partial table. */
static void hold_signals(bool hold)
{
    static const int numbers[] = { SIGHUP,  SIGINT,  SIGQUIT,
                                   SIGTERM, SIGTSTP, SIGALRM };
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        sigaddset(&set, numbers[i]);
    sigprocmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

/* A user who may write the folder could swap files under root's hands. */
static void check_folder(const char *path)
{
    char *copy = mem_strdup(path);
    const char *folder = dirname(copy);
    struct stat info;

    if (geteuid() == 0 && stat(folder, &info) == 0 && info.st_uid != 0)
        log_warning("Creating root-owned database file(s) %s.* in "
                    "non-root-owned directory %s. Files %s, %s.*, and "
                    "directory %s should have the same owner. Please fix "
                    "ownership to avoid a privilege-escalation attack.",
                    path, folder, path, path, folder);
    free(copy);
}

/* The mode and owner of the result follow the source. True: switched to the
 * source's owner. */
static bool follow_source(const struct builder_options *o,
                          const struct stat *source, const char *path)
{
    mode_t mask = 022;

    if (!o->default_mode && S_ISREG(source->st_mode))
        mask |= ~source->st_mode & 077;
    umask(mask);
    bool switches =
        !o->keep_root && geteuid() == 0 &&
        (source->st_uid != geteuid() || source->st_gid != getegid());
    if (switches)
        priv_become(source->st_uid, source->st_gid);
    check_folder(path);
    return switches;
}

/* What the type of "type:path" can create. */
static void check_type(const char *name, bool incremental)
{
    char *type = mem_strndup(name, strcspn(name, ":"));
    struct error why = ERROR_NONE;
    const struct table_driver *driver = driver_find(type, &why);

    if (driver == NULL)
        fatal("%s%s", why.text, table_remedy(name, why.text));
    if (!incremental && !(driver->can & TABLE_CAN_CREATE))
        fatal("no 'map create' support for this type: %s", type);
    free(type);
}

struct table *builder_open(const char *name, enum table_mode mode,
                           unsigned flags)
{
    struct error why = ERROR_NONE;
    struct table *table = table_open(name, mode, flags, &why);

    if (table == NULL)
        fatal("%s%s", why.text, table_remedy(name, why.text));
    if (*table_error(table) != 0)
        fatal("%s%s", table_error(table),
              table_remedy(name, table_error(table)));
    return table;
}

static void store_lines(const struct builder_options *o,
                        struct text_source *source, struct table *table)
{
    struct str line = STR_EMPTY;

    table_set_source(table, source);
    while (text_source_next(source, &line))
        o->store(o, source, line.data, table);
    if (stream_state(source->in) != STREAM_EOF)
        fatal("read %s: %s", source->path, stream_error_text(source->in));
    if (o->finish != NULL)
        o->finish(o, table);
    str_fini(&line);
}

static int open_source(const struct builder_options *o, const char *path)
{
    if (o->incremental)
        return STDIN_FILENO;

    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        fatal("open %s: %s -- write it, or correct the name", path,
              strerror(errno));
    if (fd < 0 && errno == EACCES)
        fatal("open %s: %s -- user id %ld may not read it", path,
              strerror(errno), (long)geteuid());
    if (fd < 0)
        fatal("open %s: %s", path, strerror(errno));
    return fd;
}

/* A build that ends early leaves nothing behind. */
static void abandon(void *table)
{
    table_close(table);
}

/* Make or extend table <name> from the lines of <in>. */
static void fill_table(const struct builder_options *o, const char *name,
                       struct stream *in)
{
    const char *path = o->incremental ? "stdin" : strchr(name, ':') + 1;
    struct text_source source;
    struct table *table =
        builder_open(name, o->incremental ? TABLE_UPDATE : TABLE_CREATE,
                     o->flags | TABLE_BULK);

    fatal_cleanup(abandon, table);
    text_source_init(&source, in, path);
    store_lines(o, &source, table);
    /* Some drivers find duplicates only now. */
    if (!table_commit(table))
        fatal("%s%s", table_error(table),
              table_remedy(name, table_error(table)));
    fatal_cleanup_remove(abandon, table);
    table_close(table);
    text_source_fini(&source);
}

static void build(const struct builder_options *o, const char *name)
{
    const char *path = strchr(name, ':') + 1;
    struct stat info;

    if (!o->incremental && strncmp(name, "proxy:", path - name) == 0)
        fatal("can't create maps via the proxy service");
    int fd = open_source(o, path);

    if (fstat(fd, &info) != 0)
        fatal("fstat %s: %s", path, strerror(errno));
    if (S_ISDIR(info.st_mode))
        fatal("%s is a directory", path);
    check_type(name, o->incremental);
    mode_t mask = umask(022);
    umask(mask);
    bool switched = follow_source(o, &info, path);
    struct stream *in = stream_open(fd);

    hold_signals(true);
    fill_table(o, name, in);
    hold_signals(false);
    if (o->incremental)
        stream_detach(in);
    else
        stream_abandon(in);
    if (switched)
        priv_restore();
    umask(mask);
}

static void build_or_redirect(const struct builder_options *o,
                              const char *name)
{
    struct error why = ERROR_NONE;

    if (!redirect_is_due(name)) {
        build(o, name);
        return;
    }
    char *other = redirect_name(name, &why);
    if (other == NULL)
        fatal("%s", why.text);
    build(o, other);
    free(other);
}

/* ---- Whatever the options ask for ---- */

static bool run(const struct builder_options *o, char **names)
{
    if (o->remove != NULL)
        return builder_remove(o, names);
    if (o->list)
        return builder_list(o, names);
    if (o->query != NULL && (o->body || o->header))
        return o->query_message(o, names);
    if (o->query != NULL)
        return builder_query(o, names);
    for (; *names != NULL; names++)
        build_or_redirect(o, *names);
    return true;
}

/* Operands without a type are of the default one. */
static char **name_tables(struct arena *arena, char **operands,
                          const char *default_type)
{
    size_t count = 0;

    while (operands[count] != NULL)
        count++;
    char **names = arena_zalloc(arena, (count + 1) * sizeof(*names));
    for (size_t i = 0; i < count; i++)
        names[i] = strchr(operands[i], ':') != NULL
                       ? operands[i]
                       : arena_printf(arena, "%s:%s", default_type,
                                      operands[i]);
    return names;
}

bool builder_run(const struct builder_options *o, char **operands,
                 const char *default_type)
{
    struct arena *arena = arena_new();
    bool good = run(o, name_tables(arena, operands, default_type));

    arena_free(arena);
    return good;
}
