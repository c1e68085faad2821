/* SPDX-License-Identifier: ISC
 *
 * main.c - smtp-sink: a test server that throws messages away. A session is
 * a fiber.
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
#include "base/io.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/num.h"
#include "base/priv.h"
#include "base/sock.h"
#include "base/text.h"
#include "sink.h"

struct sink_options sink_options = {
    .timeout_s = 100, .host = "smtp-sink", .max_clients = 256,
    .soft_reply = "450 4.3.0 Error: command failed",
    .hard_reply = "500 5.3.0 Error: command failed",
};

static struct {
    int clients, sessions, quits, messages;
    struct fiber_gate room;
} now;

static void show_counts(void)
{
    if (!sink_options.show_count)
        return;
    printf("sess=%d quit=%d mesg=%d\r", now.sessions, now.quits, now.messages);
    fflush(stdout);
}

static _Noreturn void finish(void)
{
    if (sink_options.show_count)
        printf("\n");
    exit(0);
}

void sink_count_message(void)
{
    now.messages++;
    show_counts();
}

void sink_count_quit(void)
{
    now.quits++;
    show_counts();
}

bool sink_is_done(void)
{
    return (sink_options.quit_messages > 0 &&
            now.messages >= sink_options.quit_messages) ||
           (sink_options.quit_sessions > 0 &&
            now.sessions >= sink_options.quit_sessions);
}

static void serve(void *argument)
{
    int fd = (int)(intptr_t)argument;
    struct sink_session me = { .line = STR_EMPTY, .helo_args = STR_EMPTY,
                               .mail = { .mail_args = STR_EMPTY } };

    sock_peer(fd, &me.peer);
    sock_set_nodelay(fd);
    me.s = stream_open_socket(fd);
    sink_serve(&me);
    stream_close(me.s);
    now.clients--;
    now.sessions++;
    show_counts();
    if (sink_is_done())
        finish();
    fiber_gate_open(&now.room);
}

static void accept_clients(void *argument)
{
    int listener = (int)(intptr_t)argument;

    for (;;) {
        while (now.clients >= sink_options.max_clients)
            fiber_gate_wait(&now.room, DEADLINE_NEVER);
        int fd = sock_accept(listener, NULL);
        if (fd < 0) {
            if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR)
                clock_sleep_ms(100);
            io_wait(listener, IO_READ, DEADLINE_NEVER);
            continue;
        }
        now.clients++;
        fiber_start(serve, (void *)(intptr_t)fd);
    }
}

/* ---- options ---- */

static int number(const char *text, int option)
{
    long value;

    if (!num_parse_long(text, 0, 1 << 30, &value))
        fatal("option -%c: bad number \"%s\"", option, text);
    return (int)value;
}

static enum sink_command command_named(const char *name)
{
    for (int c = 0; c < SINK_COMMANDS; c++)
        if (text_equal_nocase(name, sink_names[c]))
            return (enum sink_command)c;
    fatal("unknown command name \"%s\"", name);
}

/* -f -r -q -Q -s: a list of commands. */
static void set_rules(char *list, int option)
{
    for (char *name; (name = text_token(&list, LIST_SEPARATORS)) != NULL;) {
        struct sink_rule *rule = &sink_options.rules[command_named(name)];
        rule->hard |= option == 'f';
        rule->soft |= option == 'r';
        rule->hangup |= option == 'q';
        rule->close_421 |= option == 'Q';
        rule->log |= option == 's';
    }
}

/* -W command:delay[:odds] */
static void set_delay(char *text)
{
    char *name = text_token(&text, ":");
    char *delay = text_token(&text, ":");
    char *odds = text_token(&text, ":");

    if (name == NULL || delay == NULL)
        fatal("option -W: expected command:delay[:odds]");
    struct sink_rule *rule = &sink_options.rules[command_named(name)];
    rule->delay_s = number(delay, 'W');
    rule->odds = odds != NULL ? number(odds, 'W') : 0;
    if (rule->odds > 99)
        fatal("option -W: odds must be 1 to 99");
}

/* C escapes of -S. */
static const char *unescaped(const char *text)
{
    static const char letters[] = "abfnrtv", values[] = "\a\b\f\n\r\t\v";
    struct str out = STR_EMPTY;

    while (*text != '\0') {
        if (*text != '\\') {
            str_add_char(&out, *text++);
            continue;
        }
        text++;
        const char *letter = *text != '\0' ? strchr(letters, *text) : NULL;
        if (letter != NULL) {
            str_add_char(&out, values[letter - letters]);
            text++;
            continue;
        }
        int value = 0, digits = 0;
        while (digits < 3 && *text >= '0' && *text <= '7') {
            value = value * 8 + (*text++ - '0');
            digits++;
        }
        if (digits > 0)
            str_add_char(&out, value & 0xff);
        else if (*text != '\0')
            str_add_char(&out, *text++);
    }
    return str_steal(&out);
}

static _Noreturn void usage(void)
{
    fprintf(stderr,
            "usage: smtp-sink [-468acCeEFLNpPv] [-A delay] [-b reply] "
            "[-B reply] [-d template] [-D template] [-f commands] "
            "[-h hostname] [-H delay] [-m max] [-M messages] [-n sessions] "
            "[-q commands] [-Q commands] [-r commands] [-R root] "
            "[-s commands] [-S string] [-t timeout] [-T windowsize] "
            "[-u user] [-w delay] [-W command:delay[:odds]] "
            "[inet:][host]:port|unix:pathname backlog\n");
    exit(EX_USAGE);
}

struct start {
    int family;
    const char *root, *user;
};

static void parse_options(int argc, char **argv, struct start *start)
{
    struct sink_options *o = &sink_options;
    int c;

    while ((c = getopt(argc, argv, "468aA:b:B:cCd:D:eEf:Fh:H:Lm:M:n:NpPq:Q:"
                                   "r:R:s:S:t:T:u:vw:W:")) > 0)
        switch (c) {
        case '4': start->family = AF_INET; break;
        case '6': start->family = AF_INET6; break;
        case '8': o->no_8bitmime = true; break;
        case 'a': o->no_auth = true; break;
        case 'A': o->abort_data = true;
                  o->abort_delay_s = number(optarg, c); break;
        case 'b': o->soft_reply = optarg; break;
        case 'B': o->hard_reply = optarg; break;
        case 'c': o->show_count = true; break;
        case 'C': o->no_xclient = true; break;
        case 'd': o->dump_single = optarg; break;
        case 'D': o->dump_append = optarg; break;
        case 'e': o->no_esmtp = true; break;
        case 'E': o->no_enhanced = true; break;
        case 'f': case 'r': o->no_pipelining = true; /* fall through */
        case 'q': case 'Q': case 's': set_rules(optarg, c); break;
        case 'F': o->no_xforward = true; break;
        case 'h': o->host = optarg; break;
        case 'H': o->read_delay_s = number(optarg, c); break;
        case 'L': o->lmtp = true; break;
        case 'm': o->max_clients = number(optarg, c); break;
        case 'M': o->quit_messages = number(optarg, c); break;
        case 'n': o->quit_sessions = number(optarg, c); break;
        case 'N': o->no_dsn = true; break;
        case 'p': o->no_pipelining = true; break;
        case 'P': o->pix = o->no_esmtp = true; break;
        case 'R': start->root = optarg; break;
        case 'S': o->dump_start = unescaped(optarg); break;
        case 't': o->timeout_s = number(optarg, c); break;
        case 'T': o->window = number(optarg, c); break;
        case 'u': start->user = optarg; break;
        case 'v': log_set_verbose(log_verbose() + 1); break;
        case 'w': o->data_delay_s = number(optarg, c); break;
        case 'W': set_delay(optarg); break;
        default: usage();
        }
}

static void listen_address(char *where, int family, struct addr *out)
{
    struct error why = ERROR_NONE;
    char *host, *port;

    if (text_has_prefix(where, "inet:"))
        where += 5;
    if (!sock_split_hostport(where, &host, &port, "smtp", &why))
        fatal("%s", why.text);
    struct addrinfo *found, hints = {
        .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE,
        .ai_family = family,
    };
    int error = getaddrinfo(*host != '\0' ? host : NULL, port, &hints, &found);
    if (error != 0)
        fatal("host %s, port %s: %s", host, port, gai_strerror(error));
    memcpy(&out->storage, found->ai_addr, found->ai_addrlen);
    out->length = found->ai_addrlen;
    freeaddrinfo(found);
}

static int open_listener(char *where, int backlog, int family)
{
    struct error why = ERROR_NONE;
    struct addr addr;
    int fd;

    if (text_has_prefix(where, "unix:")) {
        fd = sock_listen_unix(where + 5, backlog, &why);
    } else {
        listen_address(where, family, &addr);
        fd = sock_listen(&addr, backlog, &why);
    }
    if (fd < 0)
        fatal("%s", why.text);
    if (sink_options.window > 0 &&
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &sink_options.window,
                   sizeof sink_options.window) < 0)
        log_warning("setsockopt SO_RCVBUF: %s", strerror(errno));
    return fd;
}

static void drop_privileges(const struct start *start)
{
    struct error why = ERROR_NONE;
    uid_t uid = 0;
    gid_t gid = 0;

    if (start->user != NULL && !priv_user(start->user, &uid, &gid, &why))
        fatal("%s", why.text);
    if (start->root != NULL &&
        (chdir(start->root) < 0 || chroot(start->root) < 0 || chdir("/") < 0))
        fatal("chroot %s: %s", start->root, strerror(errno));
    if (start->user != NULL)
        priv_drop(uid, gid);
    else if (geteuid() == 0)
        fatal("option -u is needed when running as root: say -u username");
}

int main(int argc, char **argv)
{
    struct log_options log = { .syslog_name = "smtp-sink",
                               .program = "smtp-sink", .facility = "mail",
                               .targets = LOG_TO_STDERR };
    struct start start = { .family = AF_UNSPEC };

    log_open(&log);
    signal(SIGPIPE, SIG_IGN);
    srandom((unsigned)getpid());
    parse_options(argc, argv, &start);
    if (optind != argc - 2)
        usage();
    int backlog = number(argv[optind + 1], 'm');
    int fd = open_listener(argv[optind], backlog, start.family);
    drop_privileges(&start);
    fiber_start(accept_clients, (void *)(intptr_t)fd);
    loop_run();
    return 0;
}
