/* SPDX-License-Identifier: ISC
 *
 * attributes.c - "flags=... user=... argv=..." of a service in master.cf.
 */
#include "delivery/attributes.h"

#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "base/priv.h"
#include "base/text.h"

/* While the words are read. */
struct reader {
    struct attributes *a;
    struct arena *arena;
    const char *mail_owner;
    struct error *why;
};

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

static bool read_flags(struct reader *r, const char *text)
{
    for (; *text != '\0'; text++) {
        size_t i = 0;
        while (i < sizeof letters / sizeof *letters &&
               letters[i].letter != *text)
            i++;
        if (i == sizeof letters / sizeof *letters)
            return error_set(r->why, "unknown flag: %c, skipped", *text);
        r->a->flags |= letters[i].bit;
    }
    return true;
}

static bool read_user(struct reader *r, const char *text)
{
    struct attributes *a = r->a;
    const char *colon = strchr(text, ':');
    struct error why = ERROR_NONE;
    uid_t owner;

    const char *name =
        colon == NULL ? text
                      : arena_strndup(r->arena, text, (size_t)(colon - text));
    if (!priv_user(name, &a->uid, &a->gid, &why) ||
        (colon != NULL && !priv_group(colon + 1, &a->gid, &why)) ||
        !priv_user(r->mail_owner, &owner, NULL, &why))
        return error_set(r->why, "user= attribute: %s", why.text);
    if (a->uid == 0)
        return error_set(r->why, "user= command-line attribute specifies "
                                 "root privileges");
    if (a->gid == 0)
        return error_set(r->why, "user= command-line attribute specifies "
                                 "root group privileges");
    if (a->uid == owner && getuid() == 0)
        return error_set(r->why, "user= command-line attribute specifies "
                                 "mail system owner %s",
                         r->mail_owner);
    return true;
}

static bool read_of_pipe(struct reader *r, char *word)
{
    struct attributes *a = r->a;
    const struct {
        const char *name, **text;
    } texts[] = {
        { "chroot", &a->chroot_folder },
        { "directory", &a->folder },
        { "null_sender", &a->null_sender },
    };
    char *value = strchr(word, '=');

    if (value == NULL)
        return error_set(r->why, "missing '=' after attribute name: \"%s\"",
                         word);
    *value++ = '\0';
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(word, texts[i].name) == 0) {
            *texts[i].text = value;
            return true;
        }
    if (strcmp(word, "flags") == 0)
        return read_flags(r, value);
    if (strcmp(word, "user") == 0)
        return read_user(r, value);
    if (strcmp(word, "eol") == 0) {
        a->eol = text_unescape(r->arena, value);
        return true;
    }
    if (strcmp(word, "size") != 0)
        return error_set(r->why, "unknown attribute name: %s", word);
    return num_parse_long(value, 0, 0x7fffffffffffffffL, &a->size_limit) ||
           error_set(r->why, "bad size= attribute: \"%s\"", value);
}

static bool read_of_spawn(struct reader *r, char *word)
{
    if (!text_has_prefix(word, "user="))
        return error_set(r->why, "unknown attribute: %s", word);
    return read_user(r, word + strlen("user="));
}

/* Up to argv=, behind which all is the command's. */
static bool read_words(struct reader *r, char **words,
                       bool (*read)(struct reader *r, char *word))
{
    static const char command[] = "argv=";
    char *word = NULL;

    *r->a = (struct attributes){ .eol = "\n", .null_sender = "MAILER-DAEMON" };
    for (; *words != NULL; words++) {
        word = text_unbrace(*words);
        if (text_has_prefix(word, command))
            break;
        if (!read(r, word))
            return false;
    }
    if (*words == NULL || word[sizeof command - 1] == '\0')
        return error_set(r->why, "missing argv= command-line attribute");
    *words = word + sizeof command - 1;
    r->a->argv = (const char *const *)words;
    for (char **next = words + 1; *next != NULL; next++)
        *next = text_unbrace(*next);
    return r->a->uid != 0 ||
           error_set(r->why, "missing user= command-line attribute");
}

bool attributes_of_pipe(struct attributes *a, struct arena *arena,
                        char **words, const char *mail_owner,
                        struct error *why)
{
    struct reader r = { a, arena, mail_owner, why };

    return read_words(&r, words, read_of_pipe);
}

bool attributes_of_spawn(struct attributes *a, struct arena *arena,
                         char **words, const char *mail_owner,
                         struct error *why)
{
    struct reader r = { a, arena, mail_owner, why };

    return read_words(&r, words, read_of_spawn);
}
