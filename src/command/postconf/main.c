/* SPDX-License-Identifier: ISC
 *
 * main.c - postconf: show and change main.cf and master.cf.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/priv.h"
#include "base/text.h"
#include "postconf.h"

/* The letter of each option, and how each may be combined. In the order of
 * the alphabet, which is that of messages. */
static const struct {
    char letter;
    unsigned option;
} letters[] = {
    { 'a', OPT_SERVER_SASL }, { 'A', OPT_CLIENT_SASL },
    { 'b', OPT_BOUNCE },      { 'C', OPT_CLASS },
    { 'd', OPT_DEFAULTS },    { 'e', OPT_EDIT },
    { 'f', OPT_FOLD },        { 'F', OPT_FIELDS },
    { 'h', OPT_NO_NAME },     { 'H', OPT_NO_VALUE },
    { 'j', OPT_JSON },        { 'l', OPT_LOCKS },
    { 'm', OPT_TABLES },      { 'M', OPT_SERVICES },
    { 'n', OPT_SET_ONLY },    { 'o', OPT_OVERRIDE },
    { 'p', OPT_MAIN },        { 'P', OPT_SETTINGS },
    { 'q', OPT_QUIET },       { 't', OPT_TEMPLATES },
    { 'T', OPT_TLS },         { 'x', OPT_EXPAND },
    { 'X', OPT_REMOVE },      { '#', OPT_COMMENT },
    { 'E', OPT_ECHO },
};

#define EDITS (OPT_EDIT | OPT_REMOVE | OPT_COMMENT)
#define BUILD_INFO \
    (OPT_SERVER_SASL | OPT_CLIENT_SASL | OPT_LOCKS | OPT_TABLES | OPT_TLS)
#define BOUNCES (OPT_BOUNCE | OPT_TEMPLATES)
#define SUBJECTS (BUILD_INFO | BOUNCES | OPT_FIELDS | OPT_SERVICES | \
                  OPT_MAIN | OPT_SETTINGS)
#define MASTER (OPT_SERVICES | OPT_FIELDS | OPT_SETTINGS)

/* At most one of each set, which are looked at in this order. */
static const unsigned exclusive[] = {
    SUBJECTS,
    EDITS | OPT_DEFAULTS | OPT_SET_ONLY,
    EDITS | OPT_FOLD,
    EDITS | OPT_EXPAND,
    EDITS | OPT_NO_NAME | OPT_NO_VALUE,
    EDITS | OPT_OVERRIDE,
};

/* What else may stand beside an option. */
static const struct {
    unsigned option, companions;
} allowed[] = {
    { OPT_SERVICES,
      EDITS | OPT_ECHO | OPT_FOLD | OPT_OVERRIDE | OPT_EXPAND | OPT_JSON |
          OPT_CLASS | OPT_QUIET },
    { OPT_FIELDS, OPT_EDIT | OPT_ECHO | OPT_FOLD | OPT_NO_NAME | OPT_NO_VALUE |
                      OPT_OVERRIDE | OPT_EXPAND | OPT_JSON | OPT_CLASS |
                      OPT_QUIET },
    { OPT_SETTINGS, OPT_EDIT | OPT_ECHO | OPT_REMOVE | OPT_FOLD | OPT_NO_NAME |
                        OPT_NO_VALUE | OPT_OVERRIDE | OPT_EXPAND | OPT_JSON |
                        OPT_CLASS | OPT_QUIET | OPT_ALL_SETTINGS },
    { OPT_SERVER_SASL, 0 },
    { OPT_CLIENT_SASL, 0 },
    { OPT_LOCKS, 0 },
    { OPT_TABLES, 0 },
    { OPT_TLS, 0 },
    { OPT_BOUNCE, OPT_TEMPLATES },
    { OPT_TEMPLATES, OPT_BOUNCE },
    { OPT_JSON, OPT_CLASS | OPT_DEFAULTS | OPT_SET_ONLY | OPT_OVERRIDE |
                    OPT_MAIN | OPT_QUIET | OPT_EXPAND | MASTER |
                    OPT_ALL_SETTINGS },
};

static _Noreturn void usage(void)
{
    fatal("usage: postconf [-a (server SASL types)] [-A (client SASL types)] "
          "[-b (bounce templates)] [-c config_dir] [-C param_class] "
          "[-d (parameter defaults)] [-e (edit configuration)] "
          "[-E (edit, and show the result)] "
          "[-f (fold lines)] [-F (master.cf fields)] [-h (no names)] "
          "[-H (no values)] [-j (JSON)] [-l (lock types)] [-m (map types)] "
          "[-M (master.cf)] [-n (non-default parameters)] "
          "[-o name=value (override parameter value)] "
          "[-p (main.cf, default)] [-P (master.cf parameters)] "
          "[-q (no warnings)] [-t (bounce templates)] "
          "[-T compile-version|run-version|public-key-algorithms] "
          "[-v (verbose)] [-x (expand parameter values)] [-X (exclude)] "
          "[-# (comment-out)] [name...]");
}

static int count_bits(unsigned set)
{
    int count = 0;
    for (; set != 0; set &= set - 1)
        count++;
    return count;
}

static _Noreturn void refuse_together(unsigned options)
{
    struct str names = STR_EMPTY;

    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++)
        if ((options & letters[i].option) != 0)
            str_addf(&names, " -%c", letters[i].letter);
    fatal("specify one of%s", names.data);
}

static char letter_of(unsigned options)
{
    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++)
        if ((options & letters[i].option) != 0)
            return letters[i].letter;
    return 'P';
}

static void check_companions(unsigned options)
{
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++) {
        unsigned other =
            options & ~(allowed[i].option | allowed[i].companions);
        if ((options & allowed[i].option) != 0 && other != 0)
            fatal("with option -%c, do not specify -%c",
                  letter_of(allowed[i].option), letter_of(other));
    }
}

static void check_exclusive(unsigned options)
{
    for (size_t i = 0; i < sizeof exclusive / sizeof exclusive[0]; i++)
        if (count_bits(options & exclusive[i]) > 1)
            refuse_together(options & exclusive[i]);
}

static unsigned parse_classes(const char *argument)
{
    struct arena *arena = arena_new();
    unsigned classes = 0;

    for (char **word = text_split(arena, argument, NULL, NULL);
         *word != NULL; word++) {
        if (strcmp(*word, "builtin") == 0)
            classes |= CLASS_BUILTIN;
        else if (strcmp(*word, "service") == 0)
            classes |= CLASS_SERVICE;
        else if (strcmp(*word, "user") == 0)
            classes |= CLASS_USER;
        else if (strcmp(*word, "all") == 0)
            classes |= CLASS_ALL;
        else
            fatal("unknown -C option value \"%s\" in \"%s\"", *word,
                  argument);
    }
    arena_free(arena);
    return classes;
}

static void parse_letter(struct postconf *pc, int letter)
{
    switch (letter) {
    case 'c':
        pc->directory = optarg;
        if (setenv("MAIL_CONFIG", optarg, 1) != 0)
            fatal("out of memory");
        return;
    case 'C':
        pc->classes = parse_classes(optarg);
        break;
    case 'o':
        ARRAY_ADD(&pc->overrides, optarg);
        break;
    case 'P':
        if ((pc->options & OPT_SETTINGS) != 0)
            pc->options |= OPT_ALL_SETTINGS;
        break;
    case 'T':
        pc->tls_mode = optarg;
        break;
    case 'v':
        log_set_verbose(log_verbose() + 1);
        return;
    case 'E':
        pc->options |= OPT_EDIT;
        break;
    default:
        break;
    }
    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++)
        if (letters[i].letter == letter) {
            pc->options |= letters[i].option;
            return;
        }
    usage();
}

static void parse_options(struct postconf *pc, int argc, char **argv)
{
    int letter;

    while ((letter = getopt(argc, argv,
                            "+aAbc:C:deEfFhHjlmMno:pPqtT:vxX#")) > 0)
        parse_letter(pc, letter);
    pc->arguments = argv + optind;
    check_companions(pc->options);
    if ((pc->options & BOUNCES) == BOUNCES)
        fatal("specify one of -b and -t");
    if ((pc->options & (BOUNCES | BUILD_INFO)) != 0)
        return;
    /* name=value asks for an edit even without -e. */
    for (char *const *word = pc->arguments; *word != NULL; word++)
        if (strchr(*word, '=') != NULL)
            pc->options |= OPT_EDIT;
    check_exclusive(pc->options);
    if ((pc->options & OPT_JSON) != 0 && (pc->options & EDITS) != 0)
        fatal("with option -j, do not specify -%c",
              letter_of(pc->options & EDITS));
    if ((pc->options & EDITS) != 0 && pc->arguments[0] == NULL)
        fatal((pc->options & OPT_EDIT) != 0
                  ? "-e requires name=value argument"
                  : "missing service argument");
}

static void warn(const char *text)
{
    log_warning("%s", text);
}

static void apply_overrides(const struct postconf *pc)
{
    for (size_t i = 0; i < pc->overrides.count; i++) {
        char *copy = mem_strdup(pc->overrides.items[i]), *name, *value;
        const char *fault = split_setting(copy, &name, &value);
        if (fault != NULL)
            fatal("invalid parameter override: %s: %s",
                  pc->overrides.items[i], fault);
        config_override(pc->config, name, value);
        free(copy);
    }
}

static void read_files(struct postconf *pc)
{
    struct error why = ERROR_NONE;
    bool defaults = (pc->options & OPT_DEFAULTS) != 0;

    pc->config = config_new(pc->directory);
    if (!defaults &&
        !config_read_file(pc->config, pc->main_path, warn, &why))
        fatal("%s", why.text);
    apply_overrides(pc);
    /* Without a master.cf there are simply no services, but whoever asks for
     * it by name must know. */
    pc->master = master_cf_load(pc->master_path, &why);
    if (pc->master == NULL && ((pc->options & MASTER) != 0 ||
                               access(pc->master_path, F_OK) == 0))
        fatal("%s", why.text);
    if (pc->master == NULL && !defaults && (pc->options & OPT_QUIET) == 0)
        log_warning("%s", why.text);
    names_init(pc);
}

/* After an edit, which is done: whatever else is wrong is left to those who
 * read the files next. */
static bool reread_files(struct postconf *pc)
{
    struct error why = ERROR_NONE;

    pc->config = config_new(pc->directory);
    log_set_targets(0);
    bool good =
        config_read_file(pc->config, pc->main_path, NULL, &why) &&
        config_try(pc->config, "smtpd_restriction_classes", &why) != NULL;
    if (good)
        pc->master = master_cf_load(pc->master_path, &why);
    log_set_targets(LOG_TO_STDERR);
    if (good)
        names_init(pc);
    return good;
}

static int show_all(struct postconf *pc)
{
    int status;

    read_files(pc);
    if ((pc->options & OPT_SERVICES) != 0)
        status = show_services(pc);
    else if ((pc->options & OPT_FIELDS) != 0)
        status = show_fields(pc);
    else if ((pc->options & OPT_SETTINGS) != 0)
        status = show_settings(pc);
    else
        status = show_main(pc);
    fflush(stdout);
    if ((pc->options & (OPT_QUIET | OPT_DEFAULTS)) == 0)
        warn_of_doubtful_settings(pc);
    return status;
}

/* What stands before '=' in each argument. */
static char **names_of(struct arena *arena, char *const *arguments)
{
    size_t count = 0;

    while (arguments[count] != NULL)
        count++;
    char **names = arena_array(arena, count + 1, sizeof *names);
    for (size_t i = 0; i < count; i++)
        names[i] = text_trim(arena_strndup(arena, arguments[i],
                                           strcspn(arguments[i], "=")));
    names[count] = NULL;
    return names;
}

static int edit(struct postconf *pc)
{
    char **names = names_of(pc->arena, pc->arguments);
    bool names_services = (pc->options & (OPT_SERVICES | OPT_FIELDS)) != 0;

    if ((pc->options & MASTER) != 0)
        edit_master(pc);
    else
        edit_main(pc);
    pc->arguments = names;
    if ((pc->options & OPT_ECHO) != 0) {
        pc->options &= ~(unsigned)(OPT_EDIT | OPT_ECHO);
        pc->options |= OPT_QUIET; /* nobody asked about the rest */
        return show_all(pc);
    }
    if (!names_services && (pc->options & OPT_QUIET) == 0 &&
        reread_files(pc))
        warn_of_unknown_names(pc);
    return 0;
}

static int run(struct postconf *pc)
{
    if ((pc->options & BUILD_INFO) != 0)
        return show_types(pc);
    if ((pc->options & BOUNCES) != 0)
        show_templates(pc);
    if ((pc->options & EDITS) != 0)
        return edit(pc);
    return show_all(pc);
}

int main(int argc, char **argv)
{
    const struct log_options log = { .syslog_name = "postconf",
                                     .targets = LOG_TO_STDERR };
    struct postconf pc = { .classes = CLASS_ALL, .arena = arena_new() };

    priv_open_standard_descriptors();
    log_open(&log);
    parse_options(&pc, argc, argv);
    pc.directory = config_default_directory();
    pc.main_path = mem_printf("%s/main.cf", pc.directory);
    pc.master_path = mem_printf("%s/master.cf", pc.directory);

    int status = run(&pc);
    if (fflush(stdout) != 0 || ferror(stdout))
        fatal("write to standard output: %m");
    names_free();
    master_cf_free(pc.master);
    config_free(pc.config);
    ARRAY_FREE(&pc.overrides);
    ARRAY_FREE(&pc.absent);
    arena_free(pc.arena);
    free(pc.main_path);
    free(pc.master_path);
    return status;
}
