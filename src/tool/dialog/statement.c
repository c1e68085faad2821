/* SPDX-License-Identifier: ISC
 *
 * statement.c - what the lines of a dialog file do.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "dialog.h"

static bool do_timeout(struct dialog *d, char *text, struct error *why)
{
    d->timeout_s = atoi(text);
    return d->timeout_s > 0 || error_set(why, "bad time \"%s\"", text);
}

static bool do_port(struct dialog *d, char *text, struct error *why)
{
    char port[16];

    (void)why;
    variable_set(d, text, port,
                 (size_t)snprintf(port, sizeof port, "%d", free_port()));
    return true;
}

static bool do_start(struct dialog *d, char *text, struct error *why)
{
    (void)text;
    return instance_start(d, why);
}

static bool do_reload(struct dialog *d, char *text, struct error *why)
{
    (void)text;
    return instance_reload(d, why);
}

static bool do_main(struct dialog *d, char *text, struct error *why)
{
    return instance_set(d, text, why);
}

static bool do_master(struct dialog *d, char *text, struct error *why)
{
    return instance_service(d, text, why);
}

/* ---- parties ---- */

/* "NAME rest": the party, and *text at the rest. */
static struct party *take_party(struct dialog *d, char **text)
{
    char *name = text_token(text, " ");

    d->current = party_named(d, name == NULL ? "client" : name);
    return d->current;
}

static bool do_connect(struct dialog *d, char *text, struct error *why)
{
    struct party *p = take_party(d, &text);
    char *port = text_token(&text, " ");

    if (!instance_start(d, why))
        return false;
    return party_connect(d, p, port ? port : variable_get(d, "port"), why);
}

static bool do_listen(struct dialog *d, char *text, struct error *why)
{
    struct party *p = take_party(d, &text);
    char *option = text_token(&text, " ");

    p->bare_newline = option != NULL && strcmp(option, "lf") == 0;
    return party_listen(d, p, why);
}

static bool do_accept(struct dialog *d, char *text, struct error *why)
{
    return party_accept(d, take_party(d, &text), why);
}

static bool do_spawn(struct dialog *d, char *text, struct error *why)
{
    struct party *p = take_party(d, &text);

    return party_spawn(d, p, text + strspn(text, " "), why);
}

static bool is_connected(struct dialog *d, struct error *why)
{
    if (d->current != NULL && d->current->stream != NULL)
        return true;
    return error_set(why, "no party is connected");
}

static bool do_closed(struct dialog *d, char *text, struct error *why)
{
    (void)text;
    return is_connected(d, why) && party_expect_close(d, d->current, why);
}

static bool do_hang_up(struct dialog *d, char *text, struct error *why)
{
    (void)text;
    if (!is_connected(d, why))
        return false;
    party_hang_up(d->current);
    return true;
}

static bool say(struct dialog *d, bool by_server, char *text,
                struct error *why)
{
    if (!is_connected(d, why))
        return false;
    if (d->current->is_server == by_server)
        return party_send(d, d->current, text, why);
    if (text_has_prefix(text, "... "))
        return party_expect_skipping(d, d->current, text + 4, why);
    return party_expect(d, d->current, text, why);
}

static bool do_client(struct dialog *d, char *text, struct error *why)
{
    return say(d, false, text, why);
}

static bool do_server(struct dialog *d, char *text, struct error *why)
{
    return say(d, true, text, why);
}

/* ---- what else can be seen ---- */

static bool do_run(struct dialog *d, char *text, struct error *why)
{
    int status = instance_run(d, text);

    return status == 0 || error_set(why, "%s: exit status %d: %.700s", text,
                                    status, d->output.data);
}

static bool do_run_failing(struct dialog *d, char *text, struct error *why)
{
    if (instance_run(d, text) != 0)
        return true;
    return error_set(why, "%s: exit status 0: %.700s", text, d->output.data);
}

static bool do_output(struct dialog *d, char *text, struct error *why)
{
    if (lines_match(d, d->output.data, text))
        return true;
    return error_set(why, "no line \"%s\" in: %.700s", text, d->output.data);
}

static bool do_log(struct dialog *d, char *text, struct error *why)
{
    return instance_await_log(d, text, why);
}

static bool do_no_log(struct dialog *d, char *text, struct error *why)
{
    if (!instance_log_has(d, text))
        return true;
    return error_set(why, "the log has a line \"%s\"", text);
}

static bool do_queue(struct dialog *d, char *text, struct error *why)
{
    return instance_await_output(d, "postqueue -p", text, why);
}

static bool do_await(struct dialog *d, char *text, struct error *why)
{
    char *arrow = strstr(text, " => ");

    if (arrow == NULL)
        return error_set(why, "wanted: await: command => pattern");
    *arrow = '\0';
    return instance_await_output(d, text, arrow + 4, why);
}

/* "what => command" */
static bool do_need(struct dialog *d, char *text, struct error *why)
{
    char *arrow = strstr(text, " => ");

    if (arrow == NULL || d->test.length == 0)
        return error_set(why, "wanted: need: what => command, in a test");
    *arrow = '\0';
    if (instance_run(d, arrow + 4) == 0)
        return true;
    d->skipped = true;
    printf("skip %s: no %s\n", d->test.data, text);
    return true;
}

/* "type:name key => value", or without the value: absent. */
static bool do_table(struct dialog *d, char *text, struct error *why)
{
    char *arrow = strstr(text, " => ");

    if (arrow != NULL)
        *arrow = '\0';
    char *table = text_token(&text, " ");

    if (table == NULL)
        return error_set(why, "wanted: table: type:name key => value");
    char *command = mem_printf("postmap -q '%s' '%s'", text, table);
    int status = instance_run(d, command);

    free(command);
    if (arrow == NULL && status == 1 && d->output.length == 0)
        return true;
    if (arrow != NULL && status == 0 &&
        lines_match(d, d->output.data, arrow + 4))
        return true;
    return error_set(why, "%s: got \"%s\", exit status %d", text,
                     d->output.data, status);
}

static const struct {
    const char *word;
    bool (*run)(struct dialog *d, char *text, struct error *why);
} statements[] = {
    { "C:", do_client },     { "S:", do_server },
    { "main:", do_main },    { "master:", do_master },
    { "start", do_start },   { "reload", do_reload },
    { "connect", do_connect }, { "listen", do_listen },
    { "accept", do_accept }, { "spawn", do_spawn },
    { "closed", do_closed }, { "hangup", do_hang_up },
    { "run:", do_run },      { "run!:", do_run_failing },
    { "output:", do_output }, { "log:", do_log },
    { "nolog:", do_no_log }, { "queue:", do_queue },
    { "table:", do_table },  { "await:", do_await },
    { "timeout:", do_timeout }, { "port", do_port },
    { "need:", do_need },
};

/* "alice C: text": alice is the party from here on. */
static char *take_speaker(struct dialog *d, char *line)
{
    char *end = line + strcspn(line, " ");

    if (*end == '\0' || (strncmp(end + 1, "C:", 2) != 0 &&
                         strncmp(end + 1, "S:", 2) != 0))
        return line;
    *end = '\0';
    d->current = party_named(d, line);
    return end + 1;
}

static bool run_expanded(struct dialog *d, char *line, const char *block,
                         struct error *why)
{
    char *text = line + strcspn(line, " ");

    if (*text != '\0')
        *text++ = '\0';
    if (strcmp(line, "file:") == 0)
        return instance_file(d, text, block, why);
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
        if (strcmp(line, statements[i].word) == 0)
            return statements[i].run(d, text, why);
    return error_set(why, "\"%s\" is not a statement", line);
}

bool statement_run(struct dialog *d, char *line, const char *block,
                   struct error *why)
{
    struct str full_line = STR_EMPTY, full_block = STR_EMPTY;
    bool good = variables_expand(d, line, &full_line, why) &&
                variables_expand(d, block, &full_block, why) &&
                run_expanded(d, take_speaker(d, full_line.data),
                             full_block.data, why);

    str_fini(&full_line);
    str_fini(&full_block);
    return good;
}
