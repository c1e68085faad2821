/* SPDX-License-Identifier: ISC
 *
 * table.c - what is the same for requests to tables of all types.
 *
 * Folding and checking of keys, turns for drivers that serve one caller at a
 * time, and saying what went wrong.
 */

#include <string.h>

#include "base/base64.h"
#include "base/io.h"
#include "base/log.h"
#include "base/text.h"
#include "base/utf8.h"
#include "table_private.h"

const char *table_name(const struct table *table)
{
    return table->name;
}

const char *table_error(const struct table *table)
{
    return table->why.text;
}

unsigned table_can(const struct table *table)
{
    return table->can;
}

bool table_is_pattern(const struct table *table)
{
    return table->can & TABLE_IS_PATTERN;
}

/* ---- Keys and values ---- */

/* A key as the driver wants it. Short ASCII keys, which are nearly all, need
 * no memory of their own. */
struct key {
    const char *text;
    char small[256];
    struct str large;
};

static bool uses_utf8(const struct table *table)
{
    return table_setup()->utf8 && (table->flags & TABLE_UTF8);
}

/* Fold <text> into key->small. False if it is too long or not ASCII. */
static bool fold_small(struct key *key, const char *text)
{
    size_t i;

    for (i = 0; text[i] != 0; i++) {
        unsigned char c = text[i];
        if (c >= 128 || i == sizeof(key->small) - 1)
            return false;
        key->small[i] = c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
    }
    key->small[i] = 0;
    key->text = key->small;
    return true;
}

/* False, with a warning: not UTF-8. */
static bool key_set(struct key *key, const struct table *table,
                    const char *text)
{
    bool utf8 = uses_utf8(table);

    str_init(&key->large);
    key->text = text;
    if (table->can & TABLE_IS_WRAPPER)
        return true;
    if (utf8 && !text_is_ascii(text) && !utf8_is_valid(text, strlen(text))) {
        struct str shown = STR_EMPTY;
        str_set(&shown, text);
        log_warning("%s: non-UTF-8 key \"%s\": malformed UTF-8 or invalid "
                    "codepoint",
                    table->name, text_printable(shown.data, '?', false));
        str_fini(&shown);
        return false;
    }
    if (!(table->flags & TABLE_FOLD) || (table->can & TABLE_IS_PATTERN) ||
        fold_small(key, text))
        return true;
    if (utf8_fold(&key->large, text, utf8))
        key->text = key->large.data;
    return true;
}

static void key_fini(struct key *key)
{
    str_fini(&key->large);
}

void table_fold_key(struct str *out, const char *text, unsigned flags)
{
    if (!(flags & TABLE_FOLD) ||
        !utf8_fold(out, text, table_setup()->utf8 && (flags & TABLE_UTF8)))
        str_set(out, text);
}

static bool value_is_good(struct table *table, const char *key,
                          const struct str *value)
{
    if (!uses_utf8(table) || (table->can & TABLE_IS_WRAPPER) ||
        utf8_is_valid(value->data, value->length))
        return true;
    log_warning("%s: key \"%s\": non-UTF-8 value \"%s\": malformed UTF-8 or "
                "invalid codepoint",
                table->name, key, value->data);
    return error_set(&table->why, "%s: non-UTF-8 value", table->name);
}

/* ---- Calling the driver ---- */

enum operation { GET, PUT, PUT_PLAIN, DELETE, NEXT };

struct call {
    struct table *table;
    enum operation operation;
    const char *key, *value;
    struct str *key_out, *value_out;
    bool first;
    enum answer answer;
};

static enum answer cannot(struct table *table, const char *operation)
{
    error_set(&table->why, "table %s: %s operation is not supported",
              table->name, operation);
    return FAILED;
}

static enum answer perform(const struct call *c)
{
    struct table *table = c->table;
    const struct table_driver *driver = table->driver;

    switch (c->operation) {
    case GET:
        return driver->get(table->instance, c->key, c->value_out, &table->why);
    case PUT_PLAIN:
        if (driver->put_plain != NULL)
            return driver->put_plain(table->instance, c->key, c->value,
                                     &table->why);
        /* fall through */
    case PUT:
        if (driver->put == NULL)
            return cannot(table, "update");
        return driver->put(table->instance, c->key, c->value, &table->why);
    case DELETE:
        if (driver->del == NULL)
            return cannot(table, "delete");
        return driver->del(table->instance, c->key, &table->why);
    case NEXT:
        if (driver->next == NULL)
            return cannot(table, "sequence");
        return driver->next(table->instance, c->first, c->key_out, c->value_out,
                            &table->why);
    }
    return FAILED;
}

static void perform_offloaded(void *argument)
{
    struct call *c = argument;

    c->answer = perform(c);
}

/* Take turns: another session may be waiting inside the same driver. */
static void perform_alone(struct call *c)
{
    struct table *table = c->table;

    while (table->busy)
        fiber_gate_wait(&table->turn, DEADLINE_NEVER);
    table->busy = true;
    if (table->can & TABLE_CAN_BLOCK)
        offload(perform_offloaded, c);
    else
        c->answer = perform(c);
    table->busy = false;
    fiber_gate_open(&table->turn);
}

/* Nobody stores a NUL within a value, but zeros of a bad disk read like it. */
static bool has_zeros(const struct call *c)
{
    const struct str *value = c->value_out;

    return c->answer == FOUND &&
           (c->operation == GET || c->operation == NEXT) &&
           c->table->driver->suffix != NULL && value->length > 0 &&
           memchr(value->data, 0, value->length) != NULL;
}

static enum answer call_driver(struct call *c)
{
    struct table *table = c->table;

    if (table->instance == NULL) {
        log_warning("%s is unavailable. %s", table->name, table->why.text);
        return FAILED;
    }
    table->why.text[0] = 0;
    if (table->can & (TABLE_CAN_BLOCK | TABLE_CAN_WAIT))
        perform_alone(c);
    else
        c->answer = perform(c);
    if (has_zeros(c)) {
        error_set(&table->why, "%s: a value with NUL", table->name);
        c->answer = FAILED;
    }
    if (c->answer == FAILED && table->why.text[0] == 0)
        error_set(&table->why, "table %s: unknown error", table->name);
    else if (c->answer == FAILED &&
             (c->operation == GET || c->operation == NEXT))
        table_advise(table);
    return c->answer;
}

/* What a name service was asked a moment ago need not be asked again. */
static enum answer call_name_service(struct call *c)
{
    struct table *table = c->table;
    enum answer answer;

    if (table->recent == NULL)
        table->recent = recent_new();
    if (recent_get(table->recent, c->key, &answer, c->value_out))
        return answer;
    answer = call_driver(c);
    recent_put(table->recent, c->key, answer, c->value_out);
    return answer;
}

enum answer table_get(struct table *table, const char *key, struct str *value)
{
    struct key folded;
    enum answer answer = ABSENT;

    if (key_set(&folded, table, key)) {
        struct call c = { .table = table,
                          .operation = GET,
                          .key = folded.text,
                          .value_out = value };
        answer = table->can & TABLE_KEEPS_ANSWERS ? call_name_service(&c)
                                                  : call_driver(&c);
        if (answer == FOUND && !value_is_good(table, key, value))
            answer = FAILED;
    }
    key_fini(&folded);
    return answer;
}

bool table_decode_file(struct str *value, struct error *why)
{
    struct str plain = STR_EMPTY;
    bool good = base64_decode(&plain, value->data, value->length);

    if (good)
        str_swap(&plain, value);
    else
        error_set(why, "malformed BASE64 value: %.30s", value->data);
    str_fini(&plain);
    return good;
}

void table_set_source(struct table *table, const struct text_source *source)
{
    table->source = source;
    if (table->instance != NULL && table->driver->set_source != NULL)
        table->driver->set_source(table->instance, source);
}

static void warn_of_duplicate(const struct table *table)
{
    struct str text = STR_EMPTY;

    str_set(&text, table->why.text);
    if (table->source != NULL)
        duplicate_advise(&text, table->source->path, table->source->first_line,
                         0);
    log_warning("%s", text.data);
    str_fini(&text);
}

enum answer table_put(struct table *table, const char *key, const char *value)
{
    struct key folded;
    enum answer answer = FAILED;

    if (key_set(&folded, table, key)) {
        struct call c = {
            .table = table, .operation = PUT, .key = folded.text, .value = value
        };
        answer = call_driver(&c);
        if (answer == ABSENT && table->why.text[0] != 0)
            warn_of_duplicate(table);
    }
    key_fini(&folded);
    return answer;
}

enum answer table_put_plain(struct table *table, const char *key,
                            const char *value)
{
    struct call c = {
        .table = table, .operation = PUT_PLAIN, .key = key, .value = value
    };

    return call_driver(&c);
}

enum answer table_del(struct table *table, const char *key)
{
    struct key folded;
    enum answer answer = ABSENT;

    if (key_set(&folded, table, key)) {
        struct call c = { .table = table,
                          .operation = DELETE,
                          .key = folded.text };
        answer = call_driver(&c);
    }
    key_fini(&folded);
    return answer;
}

enum answer table_next(struct table *table, bool first, struct str *key,
                       struct str *value)
{
    struct call c = { .table = table,
                      .operation = NEXT,
                      .key_out = key,
                      .value_out = value,
                      .first = first };

    return call_driver(&c);
}

bool table_commit(struct table *table)
{
    if (table->instance == NULL)
        return false;
    return table->driver->commit == NULL ||
           table->driver->commit(table->instance, &table->why);
}

void table_hold(struct table *table, bool on)
{
    if (table->instance != NULL && table->driver->hold != NULL)
        table->driver->hold(table->instance, on);
}
