/* SPDX-License-Identifier: ISC
 *
 * list.c - the queue as mailq shows it, and as JSON.
 *
 * Showq sends for each message a list of names and values, ended by an empty
 * name: first of the message, then of each recipient. An empty list comes
 * last. Recipients may have no log_class and original_recipient (older
 * daemons); "reason" or the end of the list closes each.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/fatal.h"
#include "base/num.h"
#include "postqueue.h"

enum { VALUE_MAX = 1 << 20 };

struct shown_message {
    struct str queue, id, sender;
    long when, size;
    bool forced_expire;
};
struct shown_recipient {
    struct str original, address, log_class, reason;
    bool exists;
};

/* How a listing is printed. */
struct layout {
    void (*message)(const struct shown_message *m);
    void (*recipient)(const struct shown_recipient *r);
    void (*end)(void);
};
struct listing {
    const struct layout *layout;
    struct shown_message message;
    struct shown_recipient recipient;
    bool is_message_shown;
    long messages, bytes;
};

/* ---- Reading ----------------------------------------------------------- */

static void get(struct stream *in, struct str *out)
{
    if (!stream_get_until(in, '\0', VALUE_MAX, out))
        fatal("malformed showq server response");
}

static long number(const struct str *text)
{
    long value;

    if (!num_parse_long(text->data, 0, LONG_MAX, &value))
        fatal("malformed showq server response");
    return value;
}

static void show_message(struct listing *l)
{
    if (l->is_message_shown)
        return;
    l->is_message_shown = true;
    l->messages++;
    l->bytes += l->message.size;
    l->layout->message(&l->message);
}

static void show_recipient(struct listing *l)
{
    struct shown_recipient *r = &l->recipient;

    if (!r->exists)
        return;
    show_message(l);
    l->layout->recipient(r);
    str_clear(&r->original);
    str_clear(&r->address);
    str_clear(&r->log_class);
    str_clear(&r->reason);
    r->exists = false;
}

/* The first name of a recipient, when one is complete, begins the next. */
static bool begins_recipient(const struct shown_recipient *r, const char *name)
{
    return r->exists && (strcmp(name, "original_recipient") == 0 ||
                         strcmp(name, "recipient") == 0);
}

static void take(struct listing *l, const char *name, struct str *value)
{
    struct shown_message *m = &l->message;
    struct shown_recipient *r = &l->recipient;
    const struct {
        const char *name;
        struct str *text;
        long *number;
    } members[] = {
        { "queue_name", &m->queue, NULL },
        { "queue_id", &m->id, NULL },
        { "sender", &m->sender, NULL },
        { "time", NULL, &m->when },
        { "size", NULL, &m->size },
        { "original_recipient", &r->original, NULL },
        { "recipient", &r->address, NULL },
        { "log_class", &r->log_class, NULL },
        { "reason", &r->reason, NULL },
    };

    if (begins_recipient(r, name))
        show_recipient(l);
    if (strcmp(name, "forced_expire") == 0)
        m->forced_expire = number(value) != 0;
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        if (strcmp(name, members[i].name) != 0)
            continue;
        if (members[i].text != NULL)
            str_swap(members[i].text, value);
        else
            *members[i].number = number(value);
    }
    if (strcmp(name, "recipient") == 0)
        r->exists = true;
}

/* False: the empty list at the end. */
static bool read_message(struct listing *l, struct stream *in)
{
    struct str name = STR_EMPTY, value = STR_EMPTY;
    bool any = false;

    l->is_message_shown = false;
    for (;;) {
        get(in, &name);
        if (name.length == 0)
            break;
        get(in, &value);
        take(l, name.data, &value);
        any = true;
    }
    show_recipient(l);
    if (any) {
        show_message(l);
        l->layout->end();
    }
    str_fini(&name);
    str_fini(&value);
    return any;
}

static void read_greeting(struct stream *in)
{
    struct str text = STR_EMPTY;

    get(in, &text);
    if (strcmp(text.data, "protocol") != 0)
        fatal("malformed showq server response");
    get(in, &text);
    if (strcmp(text.data, "mail_queue_list_protocol") != 0)
        fatal("malformed showq server response");
    do
        get(in, &text);
    while (text.length > 0);
    str_fini(&text);
}

static void read_all(struct listing *l, struct stream *in)
{
    struct shown_message *m = &l->message;
    struct shown_recipient *r = &l->recipient;
    struct str *texts[] = { &m->queue,   &m->id,        &m->sender,
                            &r->original, &r->address, &r->log_class,
                            &r->reason };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        str_init(texts[i]);
    read_greeting(in);
    while (read_message(l, in))
        ;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        str_fini(texts[i]);
}

/* ---- Text -------------------------------------------------------------- */

enum { REASON_END = 76, SHORT_INDENT = 41, LONG_INDENT = 47 };

static struct {
    bool long_ids, any;
    struct str reason; /* shown last */
} text;

static void print_head(void)
{
    text.any = true;
    puts(text.long_ids ? "----Queue ID----- --Size-- ---Arrival Time---- "
                         "--Sender/Recipient------"
                       : "-Queue ID-  --Size-- ----Arrival Time---- "
                         "-Sender/Recipient-------");
}

static void text_message(const struct shown_message *m)
{
    char id[512];
    char date[64];
    time_t when = m->when;
    struct tm local;

    if (text.any)
        putchar('\n');
    else
        print_head();
    str_clear(&text.reason);
    const char *status = strcmp(m->queue.data, "active") == 0 ? "*"
                         : strcmp(m->queue.data, "hold") == 0 ? "!"
                                                              : "";
    snprintf(id, sizeof id, "%s%s%s", m->id.data, status,
             m->forced_expire ? "#" : "");
    strftime(date, sizeof date, "%a %b %e %H:%M:%S",
             localtime_r(&when, &local));
    if (text.long_ids)
        printf("%-17s %8ld %s %s\n", id, m->size, date, m->sender.data);
    else
        printf("%-11s %7ld %s  %s\n", id, m->size, date, m->sender.data);
}

static void text_recipient(const struct shown_recipient *r)
{
    int indent = text.long_ids ? LONG_INDENT : SHORT_INDENT;

    if (r->reason.length > 0 &&
        strcmp(r->reason.data, text.reason.data) != 0) {
        int room = REASON_END - (int)r->reason.length;
        printf("%*s(%s)\n", room > 0 ? room : 0, "", r->reason.data);
        str_set(&text.reason, r->reason.data);
    }
    printf("%*s%s\n", indent, "", r->address.data);
}

static void text_end(void)
{
}

void list_as_text(struct stream *in, bool long_ids)
{
    static const struct layout layout = { text_message, text_recipient,
                                          text_end };
    struct listing l = { .layout = &layout };

    text.long_ids = long_ids;
    str_init(&text.reason);
    read_all(&l, in);
    if (l.messages == 0)
        puts("Mail queue is empty");
    else
        printf("\n-- %ld Kbytes in %ld Request%s.\n", l.bytes / 1024,
               l.messages, l.messages == 1 ? "" : "s");
    str_fini(&text.reason);
}

/* ---- JSON -------------------------------------------------------------- */

static long json_recipients; /* of this message */

static void json_string(const char *value)
{
    static const char special[] = "\b\f\n\r\t\"\\", letters[] = "bfnrt\"\\";

    putchar('"');
    for (const char *p = value; *p != '\0'; p++) {
        const char *found = strchr(special, *p);
        if (found != NULL)
            printf("\\%c", letters[found - special]);
        else if ((unsigned char)*p < ' ' || *p == 0x7f)
            printf("\\u%04X", (unsigned)(unsigned char)*p);
        else
            putchar(*p);
    }
    putchar('"');
}

static void json_member(const char *before, const char *name,
                        const char *value)
{
    printf("%s\"%s\": ", before, name);
    json_string(value);
}

static void json_message(const struct shown_message *m)
{
    json_recipients = 0;
    json_member("{", "queue_name", m->queue.data);
    json_member(", ", "queue_id", m->id.data);
    printf(", \"arrival_time\": %ld, \"message_size\": %ld, "
           "\"forced_expire\": %s",
           m->when, m->size, m->forced_expire ? "true" : "false");
    json_member(", ", "sender", m->sender.data);
    printf(", \"recipients\": [");
}

static void json_recipient(const struct shown_recipient *r)
{
    const char *reason_name = strcmp(r->log_class.data, "bounce") == 0
                                  ? "bounce_reason"
                                  : "delay_reason";

    json_member(json_recipients++ > 0 ? ", {" : "{", "orig_address",
                r->original.data);
    json_member(", ", "address", r->address.data);
    if (r->reason.length > 0)
        json_member(", ", reason_name, r->reason.data);
    putchar('}');
}

static void json_end(void)
{
    puts("]}");
}

void list_as_json(struct stream *in)
{
    static const struct layout layout = { json_message, json_recipient,
                                          json_end };
    struct listing l = { .layout = &layout };

    read_all(&l, in);
}
