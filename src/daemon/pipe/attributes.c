/* SPDX-License-Identifier: ISC
 *
 * attributes.c - "flags=... user=... argv=..." of a service in master.cf.
 */
#include <string.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/num.h"
#include "base/priv.h"
#include "base/text.h"
#include "pipe.h"

static const struct {
    char letter;
    unsigned bit;
} letters[] = {
    { 'B', PIPE_BLANK },       { 'D', PIPE_DELIVERED },
    { 'F', PIPE_FROM },        { 'O', PIPE_ORIGINAL },
    { 'R', PIPE_RETURN_PATH }, { 'X', PIPE_FINAL },
    { 'h', PIPE_FOLD_HOST },   { 'q', PIPE_QUOTE },
    { 'u', PIPE_FOLD_USER },   { '.', PIPE_DOT },
    { '>', PIPE_QUOTE_FROM },
};

static void read_flags(struct attributes *a, const char *text)
{
    for (; *text != '\0'; text++) {
        size_t i = 0;
        while (i < sizeof letters / sizeof *letters &&
               letters[i].letter != *text)
            i++;
        if (i == sizeof letters / sizeof *letters)
            fatal("unknown flag: %c, skipped", *text);
        a->flags |= letters[i].bit;
    }
}

static void read_user(struct attributes *a, struct arena *arena,
                      const char *text)
{
    const char *colon = strchr(text, ':');
    struct error why = ERROR_NONE;
    uid_t owner;

    const char *name =
        colon == NULL ? text
                      : arena_strndup(arena, text, (size_t)(colon - text));
    if (!priv_user(name, &a->uid, &a->gid, &why) ||
        (colon != NULL && !priv_group(colon + 1, &a->gid, &why)) ||
        !priv_user(common_params.mail_owner, &owner, NULL, &why))
        fatal("user= attribute: %s", why.text);
    if (a->uid == 0)
        fatal("user= command-line attribute specifies root privileges");
    if (a->gid == 0)
        fatal("user= command-line attribute specifies root group privileges");
    if (a->uid == owner && getuid() == 0)
        fatal("user= command-line attribute specifies mail system owner %s",
              common_params.mail_owner);
}

static void read_one(struct attributes *a, struct arena *arena,
                     const char *name, const char *value)
{
    const struct {
        const char *name, **text;
    } texts[] = {
        { "chroot", &a->chroot_folder },
        { "directory", &a->folder },
        { "null_sender", &a->null_sender },
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(name, texts[i].name) == 0) {
            *texts[i].text = value;
            return;
        }
    if (strcmp(name, "flags") == 0)
        read_flags(a, value);
    else if (strcmp(name, "user") == 0)
        read_user(a, arena, value);
    else if (strcmp(name, "eol") == 0)
        a->eol = text_unescape(arena, value);
    else if (strcmp(name, "size") == 0) {
        if (!num_parse_long(value, 0, 0x7fffffffffffffffL, &a->size_limit))
            fatal("bad size= attribute: \"%s\"", value);
    } else
        fatal("unknown attribute name: %s", name);
}

void attributes_read(struct attributes *a)
{
    struct arena *arena = arena_new(); /* for ever */
    char **words = service_arguments();

    *a = (struct attributes){ .eol = "\n", .null_sender = "MAILER-DAEMON" };
    for (; *words != NULL; words++) {
        char *word = text_unbrace(*words);
        char *value = strchr(word, '=');
        if (value == NULL)
            fatal("missing '=' after attribute name: \"%s\"", word);
        *value++ = '\0';
        if (strcmp(word, "argv") == 0) {
            *words = value;
            break;
        }
        read_one(a, arena, word, value);
    }
    if (*words == NULL || **words == '\0')
        fatal("missing argv= command-line attribute");
    a->argv = words;
    for (char **word = words + 1; *word != NULL; word++)
        *word = text_unbrace(*word);
    if (a->uid == 0)
        fatal("missing user= command-line attribute");
    if (a->folder == NULL)
        a->folder = a->chroot_folder ? NULL : common_params.queue_directory;
}
