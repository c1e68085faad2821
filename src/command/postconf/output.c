/* SPDX-License-Identifier: ISC
 *
 * output.c - settings and services as text.
 *
 * A value is shown as its words with one space between them; with -f, lines
 * end before column 80 and the next begins with four spaces.
 */
#include <stdio.h>
#include <string.h>

#include "postconf.h"

#define LINE_MAX_COLUMNS 80
#define INDENT "    "
#define BLANKS " \t\r\n\f\v"

/* Add a word behind what is there, or on a line of its own. */
static void add_word(struct str *out, size_t *column, const char *word,
                     size_t length, bool fold, size_t limit)
{
    if (fold && *column > 0 && *column + 1 + length > limit) {
        str_add(out, "\n" INDENT);
        *column = sizeof INDENT - 1;
    } else if (*column > 0) {
        str_add_char(out, ' ');
        ++*column;
    }
    str_add_bytes(out, word, length);
    *column += length;
}

static void add_words(struct str *out, size_t *column, const char *text,
                      bool fold)
{
    for (text += strspn(text, BLANKS); *text != '\0';) {
        size_t length = strcspn(text, BLANKS);
        add_word(out, column, text, length, fold, LINE_MAX_COLUMNS);
        text += length;
        text += strspn(text, BLANKS);
    }
}

static void add_json_text(struct str *out, const char *text)
{
    str_add_char(out, '"');
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            str_addf(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            str_addf(out, "\\u%04x", c);
        else
            str_add_char(out, c);
    }
    str_add_char(out, '"');
}

void print_json(const char *name, const char *value)
{
    struct str out = STR_EMPTY;

    str_add_char(&out, '{');
    add_json_text(&out, name);
    str_add(&out, ": ");
    add_json_text(&out, value);
    printf("%s}\n", out.data);
    str_fini(&out);
}

void print_setting(const struct postconf *pc, const char *name,
                   const char *value)
{
    struct str out = STR_EMPTY;
    size_t column = 0;

    if ((pc->options & OPT_JSON) != 0) {
        add_words(&out, &column, value, false);
        print_json(name, out.data);
        str_fini(&out);
        return;
    }
    if ((pc->options & OPT_NO_NAME) == 0) {
        str_add(&out, name);
        if ((pc->options & OPT_NO_VALUE) == 0)
            str_add(&out, " =");
        column = out.length;
    }
    if ((pc->options & OPT_NO_VALUE) == 0)
        add_words(&out, &column, value, (pc->options & OPT_FOLD) != 0);
    puts(out.data);
    str_fini(&out);
}

/* An argument with white space needs its braces back. */
static void add_argument(struct str *out, const char *text)
{
    if (text[strcspn(text, BLANKS)] != '\0')
        str_addf(out, "{%s}", text);
    else
        str_add(out, text);
}

void format_command(struct str *out, const struct master_entry *entry,
                    bool fold, size_t column)
{
    bool options = true; /* until the first word that is none */
    bool new_line = false;
    struct str word = STR_EMPTY;

    str_add(out, entry->command);
    column += strlen(entry->command);
    for (size_t i = 1; i < entry->argc; i++) {
        bool setting = options && strcmp(entry->argv[i], "-o") == 0 &&
                       i + 1 < entry->argc;
        options = options && entry->argv[i][0] == '-' &&
                  strcmp(entry->argv[i], "--") != 0;
        str_clear(&word);
        add_argument(&word, entry->argv[i]);
        if (setting) {
            str_add_char(&word, ' ');
            add_argument(&word, entry->argv[++i]);
        }
        bool forced = fold && (setting || new_line);
        /* A service's line is one column shorter than a parameter's. */
        add_word(out, &column, word.data, word.length, fold,
                 forced ? 0 : LINE_MAX_COLUMNS - 1);
        new_line = setting;
    }
    str_fini(&word);
}

void format_service(struct str *out, const struct master_entry *entry,
                    bool fold)
{
    static const size_t columns[MASTER_FIELD_COUNT] = { 0,  11, 17, 25,
                                                        33, 41, 49, 57 };
    size_t start = out->length;

    for (int i = 0; i < MASTER_COMMAND; i++) {
        str_add(out, entry->field[i]);
        do
            str_add_char(out, ' ');
        while (out->length - start < columns[i + 1]);
    }
    format_command(out, entry, fold, out->length - start);
    str_add_char(out, '\n');
}
