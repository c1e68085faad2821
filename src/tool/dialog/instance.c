/* SPDX-License-Identifier: ISC
 *
 * instance.c - the private instance that the conversations are held with.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "dialog.h"

enum { LOG_MAX_BYTES = 64 << 20, POLL_MS = 100 };

int instance_run(struct dialog *d, const char *command)
{
    const char *dir = variable_get(d, "dir");
    char bytes[4096];
    size_t n;
    char *shell = mem_printf("cd '%s' && PATH='%s/bin':$PATH && { %s\n} 2>&1",
                             d->is_staged ? dir : "/", dir, command);
    FILE *out = popen(shell, "r");

    str_clear(&d->output);
    free(shell);
    if (out == NULL)
        return -1;
    while ((n = fread(bytes, 1, sizeof bytes, out)) > 0)
        str_add_bytes(&d->output, bytes, n);
    int status = pclose(out);

    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* As instance_run; what it printed is the reason when it fails. */
static bool must_run(struct dialog *d, const char *what, const char *command,
                     struct error *why)
{
    if (instance_run(d, command) == 0)
        return true;
    return error_set(why, "%s: %.800s", what, d->output.data);
}

bool instance_stage(struct dialog *d, struct error *why)
{
    char *dir = mem_printf("%s/i", d->folder), port[16];
    char *stage = mem_printf("\"$TOP/conf/stage-instance\" '%s'", dir);

    variable_set(d, "dir", dir, strlen(dir));
    variable_set(d, "port", port,
                 (size_t)snprintf(port, sizeof port, "%d", free_port()));
    bool good = must_run(d, "stage-instance", stage, why);

    free(stage);
    free(dir);
    d->is_staged = good;
    if (!good || !must_run(d, "postconf", "postconf -h myhostname", why))
        return false;
    variable_set(d, "host", d->output.data, strcspn(d->output.data, "\n"));
    char *smtp = mem_printf("postconf -MX smtp/inet && "
                            "postconf -M '127.0.0.1:%s/inet=127.0.0.1:%s "
                            "inet n - n - - smtpd' && postconf -e "
                            "import_environment=\"$(postconf -h "
                            "import_environment) ASAN_OPTIONS UBSAN_OPTIONS\"",
                            port, port);

    good = must_run(d, "master.cf", smtp, why);
    free(smtp);
    return good;
}

static void quote(struct str *out, const char *text)
{
    str_add_char(out, '\'');
    for (; *text != '\0'; text++)
        if (*text == '\'')
            str_add(out, "'\\''");
        else
            str_add_char(out, *text);
    str_add_char(out, '\'');
}

bool instance_set(struct dialog *d, const char *setting, struct error *why)
{
    struct str command = STR_EMPTY;

    str_set(&command, "postconf -e ");
    quote(&command, setting);
    bool good = must_run(d, "postconf", command.data, why);

    str_fini(&command);
    return good;
}

/* "name type private ..." takes the place of the entry with that name. */
bool instance_service(struct dialog *d, const char *entry, struct error *why)
{
    size_t name = strcspn(entry, " "), type = strspn(entry + name, " ") + name;
    size_t type_end = type + strcspn(entry + type, " ");
    struct str command = STR_EMPTY, setting = STR_EMPTY;

    str_setf(&setting, "%.*s/%.*s=%s", (int)name, entry,
             (int)(type_end - type), entry + type, entry);
    str_set(&command, "postconf -M ");
    quote(&command, setting.data);
    bool good = must_run(d, "postconf", command.data, why);

    str_fini(&command);
    str_fini(&setting);
    return good;
}

bool instance_file(struct dialog *d, const char *name, const char *text,
                   struct error *why)
{
    char *path = mem_printf("%s/etc/%s", variable_get(d, "dir"), name);
    bool good = file_replace(path, 0644, text, strlen(text), why);

    free(path);
    return good;
}

bool instance_start(struct dialog *d, struct error *why)
{
    if (d->is_running)
        return true;
    d->is_running = true;
    return must_run(d, "postfix start", "postfix start", why);
}

bool instance_reload(struct dialog *d, struct error *why)
{
    return must_run(d, "postfix reload", "postfix reload", why);
}

void instance_stop(struct dialog *d)
{
    if (d->is_running)
        instance_run(d, "postfix stop");
    d->is_running = false;
}

bool lines_match(struct dialog *d, const char *text, const char *pattern)
{
    bool found = false;

    while (!found && *text != '\0') {
        size_t length = strcspn(text, "\n");
        char *line = mem_strndup(text, length);

        found = pattern_matches(d, pattern, line);
        free(line);
        text += length + (text[length] == '\n');
    }
    return found;
}

bool instance_log_has(struct dialog *d, const char *pattern)
{
    char *path = mem_printf("%s/log/maillog", variable_get(d, "dir"));
    char *anywhere = mem_printf("*]: %s", pattern);
    struct str text = STR_EMPTY;
    bool found = file_read(path, LOG_MAX_BYTES, &text, NULL) &&
                 lines_match(d, text.data, anywhere);

    str_fini(&text);
    free(anywhere);
    free(path);
    return found;
}

bool instance_await_log(struct dialog *d, const char *pattern,
                        struct error *why)
{
    deadline_t until = deadline_in_s(d->timeout_s);

    while (!instance_log_has(d, pattern)) {
        if (clock_now() > until)
            return error_set(why, "the log has no line \"%s\"", pattern);
        clock_sleep_ms(POLL_MS);
    }
    return true;
}

bool instance_await_output(struct dialog *d, const char *command,
                           const char *pattern, struct error *why)
{
    deadline_t until = deadline_in_s(d->timeout_s);

    for (;;) {
        instance_run(d, command);
        if (lines_match(d, d->output.data, pattern))
            return true;
        if (clock_now() > until)
            return error_set(why, "%s prints no line \"%s\", but: %.700s",
                             command, pattern, d->output.data);
        clock_sleep_ms(POLL_MS);
    }
}
