/* SPDX-License-Identifier: ISC
 *
 * main.c - smtp-source: sends test messages, in parallel sessions, as fast as
 * the server takes them. A session is a fiber.
 */
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/fiber.h"
#include "base/file.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/num.h"
#include "base/sock.h"
#include "base/stream.h"
#include "base/text.h"
#include "mail/date.h"

enum { LINE_MAX_BYTES = 4096, TEXT_COLUMNS = 80, TIMEOUT_S = 300,
       MESSAGE_FILE_MAX = 1 << 30 };

static struct {
    bool ipv4_only, ipv6_only, allow_rejects, keep_session, lmtp, numbered,
        old_mode, show_count;
    int connect_tries, messages, recipients, sessions, length, window;
    int random_delay_s, fixed_delay_s;
    const char *from, *to, *subject, *host;
    struct str text; /* header and body, as sent, without the final dot */
    struct addr server;
} opt = { .connect_tries = 1, .messages = 1, .recipients = 1, .sessions = 1 };

static int started, finished; /* messages */
static int number;            /* for -N */

struct session {
    struct stream *s; /* owned; NULL: not connected */
    struct str line;
};

/* ---- one session ---- */

static _Noreturn void lost(struct session *me, const char *step)
{
    fatal("%s: %s", step,
          me->s == NULL ? strerror(errno) : stream_error_text(me->s));
}

/* A whole reply; the first digit of its code. */
static int get_reply(struct session *me, const char *step)
{
    do {
        if (!stream_get_until(me->s, '\n', LINE_MAX_BYTES, &me->line))
            lost(me, step);
        if (log_verbose())
            log_info("<<< %s", me->line.data);
    } while (me->line.length > 3 && me->line.data[3] == '-');
    return me->line.data[0];
}

static bool expect(struct session *me, int digit, const char *step)
{
    int got = get_reply(me, step);

    if (got == digit)
        return true;
    text_printable(me->line.data, '?', true);
    if (!opt.allow_rejects)
        fatal("%s rejected: %s", step, me->line.data);
    return false;
}

static bool command(struct session *me, int digit, const char *step,
                    const char *format, ...) PRINTF_LIKE(4, 5);
static bool command(struct session *me, int digit, const char *step,
                    const char *format, ...)
{
    va_list args;

    va_start(args, format);
    stream_vputf(me->s, format, args);
    va_end(args);
    stream_put(me->s, "\r\n");
    if (!stream_flush(me->s))
        lost(me, step);
    return expect(me, digit, step);
}

static int connect_once(struct error *why)
{
    if (addr_family(&opt.server) == AF_UNIX)
        return sock_connect_unix(opt.server.un.sun_path,
                                 deadline_in_s(TIMEOUT_S), why);
    return sock_connect(&opt.server, NULL, deadline_in_s(TIMEOUT_S), why);
}

static void session_connect(struct session *me)
{
    struct error why = ERROR_NONE;
    int fd = -1;

    for (int i = 0; i < opt.connect_tries && fd < 0; i++) {
        fd = connect_once(&why);
        if (fd < 0 && errno != ECONNREFUSED && errno != ECONNRESET)
            break;
    }
    if (fd < 0)
        fatal("connect: %s", why.text);
    if (opt.window > 0 &&
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &opt.window,
                   sizeof opt.window) < 0)
        log_warning("setsockopt SO_SNDBUF: %s", strerror(errno));
    me->s = stream_open_socket(fd);
    stream_set_timeout(me->s, TIMEOUT_S);
    expect(me, '2', "connect");
    if (!opt.old_mode)
        command(me, '2', opt.lmtp ? "LHLO" : "HELO", "%s %s",
                opt.lmtp ? "LHLO" : "HELO", opt.host);
}

static void session_quit(struct session *me)
{
    command(me, '2', "QUIT", "QUIT");
    stream_close(me->s);
    me->s = NULL;
}

static bool send_recipients(struct session *me)
{
    bool any = false;

    for (int i = 0; i < opt.recipients; i++) {
        char prefix[32] = "";
        if (opt.numbered)
            snprintf(prefix, sizeof prefix, "%d", number++);
        else if (opt.recipients > 1)
            snprintf(prefix, sizeof prefix, "%d", i);
        if (command(me, '2', "recipient", "RCPT TO:<%s%s>", prefix, opt.to))
            any = true;
    }
    return any;
}

static void send_text(struct session *me)
{
    if (!command(me, '3', "data", "DATA"))
        return;
    stream_put_bytes(me->s, opt.text.data, opt.text.length);
    if (!command(me, '2', "end of data", "."))
        return;
    for (int i = 1; opt.lmtp && i < opt.recipients; i++)
        expect(me, '2', "end of data");
}

static void send_message(struct session *me)
{
    if (!command(me, '2', "sender", "MAIL FROM:<%s>", opt.from))
        return;
    if (send_recipients(me))
        send_text(me);
    else
        command(me, '2', "reset", "RSET");
}

static void pause_between(void)
{
    int delay = opt.fixed_delay_s;

    if (opt.random_delay_s > 0)
        delay = (int)(random() % (opt.random_delay_s + 1));
    if (delay > 0)
        fiber_sleep_until(deadline_in_s(delay));
}

static void count_message(void)
{
    finished++;
    if (opt.show_count) {
        printf("%d\r", finished);
        fflush(stdout);
    }
}

static void run_session(void *unused)
{
    struct session me = { .line = STR_EMPTY };

    (void)unused;
    while (started < opt.messages) {
        started++;
        if (me.s == NULL)
            session_connect(&me);
        send_message(&me);
        if (!opt.keep_session)
            session_quit(&me);
        count_message();
        pause_between();
    }
    if (me.s != NULL)
        session_quit(&me);
    str_fini(&me.line);
    if (fiber_count() == 1)
        loop_stop();
}

/* ---- the message ---- */

static void add_filler(struct str *out, int length)
{
    while (length > 0) {
        int columns = length > TEXT_COLUMNS ? TEXT_COLUMNS : length;
        for (int i = 0; i < columns - 2; i++)
            str_add_char(out, 'X');
        str_add(out, "\r\n");
        length -= columns;
    }
}

static void make_text(void)
{
    struct timeval now = clock_wall();
    char date[64];

    if (opt.old_mode) {
        add_filler(&opt.text, opt.length);
        return;
    }
    str_addf(&opt.text, "From: <%s>\r\nTo: <%s>\r\nDate: %s\r\n", opt.from,
             opt.to, date_format(now.tv_sec, date, sizeof date));
    str_addf(&opt.text, "Message-Id: <%04x.%04x@%s>\r\n",
             (unsigned)getpid() & 0xffff, (unsigned)now.tv_usec & 0xffff,
             opt.host);
    if (opt.subject != NULL)
        str_addf(&opt.text, "Subject: %s\r\n", opt.subject);
    str_add(&opt.text, "\r\n");
    if (opt.length > 0)
        add_filler(&opt.text, opt.length);
    else
        str_add(&opt.text, "la de da de da 1.\r\nla de da de da 2.\r\n"
                           "la de da de da 3.\r\nla de da de da 4.\r\n");
}

static void read_text(const char *path)
{
    struct str file = STR_EMPTY;
    struct error why = ERROR_NONE;

    if (!file_read(path, MESSAGE_FILE_MAX, &file, &why))
        fatal("%s", why.text);
    for (char *line = file.data; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        if (*line == '.')
            str_add_char(&opt.text, '.');
        str_add_bytes(&opt.text, line, length);
        str_add(&opt.text, "\r\n");
        line += length + (line[length] == '\n');
    }
    str_fini(&file);
}

/* ---- options ---- */

static int positive(const char *text, int option)
{
    long value;

    if (!num_parse_long(text, 0, 1 << 30, &value))
        fatal("option -%c: bad number \"%s\"", option, text);
    return (int)value;
}

static void find_server(char *target)
{
    struct error why = ERROR_NONE;
    char *host, *port;

    if (text_has_prefix(target, "unix:")) {
        if (!addr_unix(target + 5, &opt.server, &why))
            fatal("%s", why.text);
        return;
    }
    if (text_has_prefix(target, "inet:"))
        target += 5;
    if (!sock_split_hostport(target, &host, &port, "smtp", &why))
        fatal("%s", why.text);
    struct addrinfo *found, hints = {
        .ai_socktype = SOCK_STREAM,
        .ai_family = opt.ipv4_only   ? AF_INET
                     : opt.ipv6_only ? AF_INET6
                                     : AF_UNSPEC,
    };
    int error = getaddrinfo(*host != '\0' ? host : "localhost", port, &hints,
                            &found);
    if (error != 0)
        fatal("host %s, port %s: %s", host, port, gai_strerror(error));
    memcpy(&opt.server.storage, found->ai_addr, found->ai_addrlen);
    opt.server.length = found->ai_addrlen;
    freeaddrinfo(found);
}

static _Noreturn void usage(void)
{
    fprintf(stderr,
            "usage: smtp-source [-46AcdLNov] [-C count] [-f from] [-F file] "
            "[-l length] [-m messages] [-M myhostname] [-r recipients] "
            "[-R interval] [-s sessions] [-S subject] [-t to] [-T windowsize] "
            "[-w interval] [inet:]host[:port] | unix:pathname\n");
    exit(EX_USAGE);
}

static const char *parse_options(int argc, char **argv)
{
    const char *file = NULL;
    int c;

    while ((c = getopt(argc, argv, "46AcC:df:F:l:Lm:M:Nor:R:s:S:t:T:vw:")) > 0)
        switch (c) {
        case '4': opt.ipv4_only = true; break;
        case '6': opt.ipv6_only = true; break;
        case 'A': opt.allow_rejects = true; break;
        case 'c': opt.show_count = true; break;
        case 'C': opt.connect_tries = positive(optarg, c); break;
        case 'd': opt.keep_session = true; break;
        case 'f': opt.from = optarg; break;
        case 'F': file = optarg; break;
        case 'l': opt.length = positive(optarg, c); break;
        case 'L': opt.lmtp = true; break;
        case 'm': opt.messages = positive(optarg, c); break;
        case 'M': opt.host = optarg; break;
        case 'N': opt.numbered = true; break;
        case 'o': opt.old_mode = true; break;
        case 'r': opt.recipients = positive(optarg, c); break;
        case 'R': opt.random_delay_s = positive(optarg, c); break;
        case 's': opt.sessions = positive(optarg, c); break;
        case 'S': opt.subject = optarg; break;
        case 't': opt.to = optarg; break;
        case 'T': opt.window = positive(optarg, c); break;
        case 'v': log_set_verbose(log_verbose() + 1); break;
        case 'w': opt.fixed_delay_s = positive(optarg, c); break;
        default: usage();
        }
    return file;
}

int main(int argc, char **argv)
{
    static char host_name[256];
    struct log_options log = { .program = "smtp-source",
                               .targets = LOG_TO_STDERR };

    log_open(&log);
    signal(SIGPIPE, SIG_IGN);
    const char *file = parse_options(argc, argv);
    if (optind != argc - 1)
        usage();
    if (opt.host == NULL) {
        gethostname(host_name, sizeof host_name - 1);
        opt.host = host_name;
    }
    if (opt.from == NULL)
        opt.from = mem_printf("foo@%s", opt.host);
    if (opt.to == NULL)
        opt.to = mem_printf("foo@%s", opt.host);
    find_server(argv[optind]);
    if (file != NULL)
        read_text(file);
    else
        make_text();
    for (int i = 0; i < opt.sessions && started < opt.messages; i++)
        fiber_start(run_session, NULL);
    if (finished < opt.messages || fiber_count() > 0)
        loop_run();
    return 0;
}
