/* SPDX-License-Identifier: ISC
 *
 * dump.c - received messages written to files.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/file.h"
#include "base/lock.h"
#include "mail/date.h"
#include "sink.h"

enum { NAME_MAX_BYTES = 1024 };

static void expand_name(char out[NAME_MAX_BYTES], const char *template)
{
    time_t now = time(NULL);
    struct tm tm;

    localtime_r(&now, &tm);
    if (strftime(out, NAME_MAX_BYTES, template, &tm) == 0)
        fatal("the name made from dump template \"%s\" is empty or too long",
              template);
}

static int open_file(const char *path, int flags)
{
    int fd = open(path, flags | O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

    if (fd >= 0 || errno != ENOENT || strrchr(path, '/') == NULL)
        return fd;
    char *folder = mem_strndup(path, (size_t)(strrchr(path, '/') - path));
    struct error why = ERROR_NONE;
    if (!file_make_folders(folder, 0755, &why))
        fatal("%s", why.text);
    free(folder);
    return open(path, flags | O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
}

static int open_single(void)
{
    char name[NAME_MAX_BYTES];
    int fd;

    expand_name(name, sink_options.dump_single);
    do {
        char *path = mem_printf("%s%08lx", name, (unsigned long)random());
        fd = open_file(path, O_EXCL);
        free(path);
    } while (fd < 0 && errno == EEXIST);
    if (fd < 0)
        fatal("open dump file %s*: %s", name, strerror(errno));
    return fd;
}

static int open_append(void)
{
    char name[NAME_MAX_BYTES];

    expand_name(name, sink_options.dump_append);
    int fd = open_file(name, O_APPEND);
    if (fd < 0)
        fatal("open dump file %s: %s", name, strerror(errno));
    return fd;
}

static void put_headers(struct stream *dump, const struct sink_session *me)
{
    char text[ADDR_TEXT_SIZE], date[64];
    struct timeval now = clock_wall();
    const char *address = addr_format(&me->peer, text);

    if (sink_options.dump_start != NULL)
        stream_put(dump, sink_options.dump_start);
    stream_putf(dump, "X-Client-Addr: %s%s\n",
                addr_family(&me->peer) == AF_INET6 ? "ipv6:" : "", address);
    stream_putf(dump, "X-Client-Proto: %s\n", me->protocol);
    if (me->helo_args.length > 0)
        stream_putf(dump, "X-Helo-Args: %s\n", me->helo_args.data);
    stream_putf(dump, "X-Mail-Args: %s\n", me->mail.mail_args.data);
    for (size_t i = 0; i < me->mail.rcpt_args.count; i++)
        stream_putf(dump, "X-Rcpt-Args: %s\n", me->mail.rcpt_args.items[i]);
    stream_putf(dump, "Received: from %s ([%s])\n", me->helo_args.data,
                address);
    stream_putf(dump, "\tby %s (smtp-sink) with %s id %08lx;\n",
                sink_options.host, me->protocol, (unsigned long)random());
    stream_putf(dump, "\t%s\n", date_format(now.tv_sec, date, sizeof date));
}

struct stream *dump_open(const struct sink_session *me)
{
    if (sink_options.dump_single == NULL && sink_options.dump_append == NULL)
        return NULL;
    struct stream *dump = stream_open_memory(NULL, 0);
    put_headers(dump, me);
    return dump;
}

void dump_line(struct stream *dump, const struct str *line)
{
    if (dump == NULL)
        return;
    stream_put_bytes(dump, line->data, line->length);
    stream_put_char(dump, '\n');
}

/* The message was kept in memory so that files never mix two of them. */
void dump_close(struct stream *dump)
{
    if (dump == NULL)
        return;
    stream_put_char(dump, '\n');
    stream_flush(dump);
    int fd = sink_options.dump_single != NULL ? open_single() : open_append();
    const struct str *text = stream_memory(dump);
    if (!lock_file(fd, LOCK_STYLE_FLOCK, LOCK_KIND_EXCLUSIVE,
                   deadline_in_s(sink_options.timeout_s)) ||
        !file_write_all(fd, text->data, text->length))
        fatal("write dump file: %s", strerror(errno));
    close(fd);
    stream_close(dump);
}
