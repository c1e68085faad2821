/* SPDX-License-Identifier: ISC
 *
 * parameters.c - every parameter of Postfix 3.12, row by row: is it known, and
 * with the same default, type, bounds and unit?
 *
 * tests/data/parameters.tsv has what Postfix says: a bound of 0 is none for a
 * maximum, and for a text; "<transport>_x" is a family, "<ldap source>_x" a
 * setting of a table.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../test.h"
#include "base/str.h"
#include "base/text.h"
#include "config.h"
#include "config/param_index.h"

enum column { NAME, DEFAULT, TYPE, MINIMUM, MAXIMUM, UNIT, STATUS, VALUES,
              COLUMNS };

struct row {
    char *column[COLUMNS];
};

/* What the builder of a package chooses. */
static bool is_chosen(const char *name)
{
    static const char *const names[] = {
        "command_directory", "config_directory", "daemon_directory",
        "data_directory", "default_cache_db_type", "default_database_type",
        "html_directory", "lmtp_sasl_type", "mail_owner", "mail_release_date",
        "mail_version", "mailq_path", "manpage_directory", "meta_directory",
        "newaliases_path", "openssl_path", "queue_directory",
        "readme_directory", "sample_directory", "sendmail_path",
        "setgid_group", "shlib_directory", "smtp_sasl_type",
        "smtpd_sasl_type",
#ifndef HAVE_NIS
        "alias_maps",
#endif
#ifndef HAVE_IDN2
        "smtputf8_enable",
#endif
    };
    for (size_t i = 0; i < COUNT(names); i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static const char *type_of(const struct param_row *row)
{
    static const char *const words[] = {
        [PARAM_TEXT] = "text", [PARAM_RAW] = "raw", [PARAM_INT] = "int",
        [PARAM_BOOL] = "bool", [PARAM_TIME] = "time",
    };
    return words[row->type];
}

static const char *wanted_type(const char *word)
{
    static const char *const same[] = { "raw", "int", "bool", "time" };

    for (size_t i = 0; i < COUNT(same); i++)
        if (strcmp(word, same[i]) == 0)
            return same[i];
    return "text";
}

static void complain(const struct row *row, const char *what, const char *got,
                     const char *want)
{
    char *text = mem_printf("%s: %s is %s, should be %s", row->column[NAME],
                            what, got, want);
    test_check(false, text, "tests/data/parameters.tsv", 0);
    free(text);
}

static void compare(const struct row *row, const char *what, const char *got,
                    const char *want)
{
    if (strcmp(got, want) != 0)
        complain(row, what, got, want);
}

static void compare_bound(const struct row *row, const char *what, long got,
                          long none, const char *text)
{
    char number[32];
    long want = strtol(text, NULL, 10);

    if (got == want || (want == 0 && got == none) || *text == '\0')
        return;
    snprintf(number, sizeof number, "%ld", got);
    complain(row, what, number, text);
}

/* The unit of a number without one; param.c takes it from the default. */
static void compare_unit(const struct row *row, const char *default_text)
{
    size_t length = strlen(default_text);
    char unit[2] = "s";

    /* The manual says hours, as the default ends. */
    if (*row->column[UNIT] == '\0' ||
        strcmp(row->column[NAME], "postscreen_dnsbl_max_ttl") == 0)
        return;
    if (length > 1 && strchr("smhdw", default_text[length - 1]) != NULL &&
        strchr("}0123456789", default_text[length - 2]) != NULL)
        unit[0] = default_text[length - 1];
    compare(row, "unit", unit, row->column[UNIT]);
}

static void compare_row(const struct row *row, const struct param_row *have,
                        const char *default_text)
{
    const char *want = row->column[DEFAULT];
    bool is_computed = text_has_prefix(want, "(computed");

    compare(row, "type", type_of(have), wanted_type(row->column[TYPE]));
    if (!is_chosen(row->column[NAME]))
        compare(row, "default", default_text != NULL ? default_text : "(computed",
                is_computed ? "(computed" : want);
    compare_bound(row, "minimum", have->min, PARAM_NO_MINIMUM,
                  row->column[MINIMUM]);
    compare_bound(row, "maximum", have->max, PARAM_NO_LIMIT,
                  row->column[MAXIMUM]);
    if (have->type == PARAM_TIME && default_text != NULL)
        compare_unit(row, default_text);
}

static const struct param_row *family_of(const char *suffix)
{
    for (size_t g = 0; param_groups[g] != NULL; g++)
        for (const struct param_row *row = param_groups[g]->families;
             row->name != NULL; row++)
            if (strcmp(row->name, suffix) == 0)
                return row;
    return NULL;
}

/* "<ldap source>_bind" */
static void check_source(const struct row *row)
{
    static const struct { const char *type, *suffix; } sources[] = {
#define TABLE_SOURCE(type, suffix) { type, suffix },
#include "config/table_sources.def"
#undef TABLE_SOURCE
    };
    const char *name = row->column[NAME] + 1;
    size_t length = strcspn(name, " ");
    const char *suffix = strstr(name, ">_") + 2;

    for (size_t i = 0; i < COUNT(sources); i++)
        if (strlen(sources[i].type) == length &&
            strncmp(sources[i].type, name, length) == 0 &&
            strcmp(sources[i].suffix, suffix) == 0)
            return;
    complain(row, "it", "unknown", "the setting of a table");
}

static void check_row(const struct param_index *index, const struct row *row)
{
    const char *name = row->column[NAME];
    const char *status = row->column[STATUS];
    enum param_fate fate = param_fate(name, NULL);

    if (strcmp(status, "removed") == 0)
        compare(row, "fate", fate == PARAM_REMOVED ? status : "kept", status);
    else if (strcmp(status, "obsolete-alias") == 0)
        compare(row, "fate", fate == PARAM_ALIAS ? status : "kept", status);
    else if (strcmp(status, "deprecated") == 0)
        compare(row, "fate", fate == PARAM_DEPRECATED ? status : "kept",
                status);
    if (strcmp(status, "removed") == 0 ||
        strcmp(status, "obsolete-alias") == 0 ||
        strcmp(row->column[TYPE], "function") == 0)
        return;
    if (strstr(name, " source>_") != NULL) {
        check_source(row);
        return;
    }
    const struct param_entry *entry = param_index_find(index, name);
    const struct param_row *family =
        *name == '<' ? family_of(strchr(name, '>') + 1) : NULL;
    if (entry != NULL)
        compare_row(row, entry->row, entry->default_text);
    else if (family != NULL)
        compare_row(row, family, family->default_text);
    else
        complain(row, "it", "unknown", "a parameter");
}

static bool cut_up(char *line, struct row *row)
{
    line[strcspn(line, "\n")] = '\0';
    for (int i = 0; i < COLUMNS; i++) {
        row->column[i] = line;
        line = line != NULL ? strchr(line, '\t') : NULL;
        if (line != NULL)
            *line++ = '\0';
        if (row->column[i] == NULL)
            return false;
    }
    return true;
}

TEST(parameters_are_those_of_postfix)
{
    struct param_index *index = param_index_new();
    FILE *file = fopen("tests/data/parameters.tsv", "r");
    char line[8192];
    struct row row;
    int rows = 0;

    if (!CHECK(file != NULL))
        return;
    (void)!fgets(line, sizeof line, file); /* the headings */
    for (; fgets(line, sizeof line, file) != NULL; rows++)
        if (CHECK(cut_up(line, &row)))
            check_row(index, &row);
    CHECK_INT(rows, 1069);
    fclose(file);
    param_index_free(index);
}
