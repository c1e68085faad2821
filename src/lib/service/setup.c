/* SPDX-License-Identifier: ISC
 *
 * setup.c - what every program of the suite does first: log, parameters, and
 * the options of the libraries.
 *
 * Where the log goes: without maillog_file to syslog, else to postlogd. While
 * postlogd is down, the few programs that the superuser runs to start, stop
 * and repair write the file themselves; all others turn to syslog.
 */
#include "service/setup.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/priv.h"
#include "base/str.h"
#include "base/text.h"
#include "base/utf8.h"
#include "client/client.h"
#include "config/compat.h"
#include "ipc/call.h"
#include "mail/queue_dir.h"
#include "table/table.h"

/* A command shows on the terminal what it logs. */
static bool logs_to_stderr;
/* A daemon with option -V does so, too. */
static bool is_shown;

void setup_early_log(const char *program, bool to_stderr)
{
    const char *postlog = priv_is_setuid() ? NULL : getenv("POSTLOG_SERVICE");
    const char *tag = priv_is_setuid() ? NULL : getenv("MAIL_LOGTAG");
    const struct log_options options = {
        .syslog_name = tag != NULL && *tag != '\0' ? tag : "postfix",
        .program = program,
        .facility = "mail",
        .postlog_socket = postlog,
        .host_name = getenv("POSTLOG_HOSTNAME"),
        .targets = (postlog != NULL ? LOG_TO_POSTLOG : LOG_TO_SYSLOG) |
                   (to_stderr ? LOG_TO_STDERR : 0),
    };

    logs_to_stderr = to_stderr;
    log_open(&options);
}

void setup_log_to_stderr(void)
{
    is_shown = true;
}

/* May <program> write the log file itself? Only what root runs while the
 * mail system is down. */
static bool may_write_log_file(const char *program)
{
    static const char *const programs[] = { "master",    "nbdb_reindexd",
                                            "postfix",   "postlog",
                                            "postmulti", "postsuper" };

    if (priv_is_setuid() && getuid() != 0)
        return false;
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        if (strcmp(program, programs[i]) == 0)
            return true;
    return false;
}

/* One mistyped path must not make root write to a file that is no log. */
static bool has_log_file_prefix(struct config *config, struct error *why)
{
    struct arena *arena = arena_new();
    const char *file = common_params.maillog_file;
    char **prefixes =
        text_split(arena, common_params.maillog_file_prefixes, NULL, NULL);
    bool allowed = false;

    for (; *prefixes != NULL && !allowed; prefixes++) {
        size_t length = strlen(*prefixes);
        allowed = text_has_prefix(file, *prefixes) &&
                  (file[length] == '\0' || file[length] == '/' ||
                   (length > 0 && (*prefixes)[length - 1] == '/'));
    }
    arena_free(arena);
    return allowed ||
           error_set(why,
                     "%s: maillog_file \"%s\" is below no folder that "
                     "maillog_file_prefixes lists (\"%s\"); change one of them",
                     config_where(config, "maillog_file"), file,
                     common_params.maillog_file_prefixes);
}

/* No log that everybody may write. -1: it is none of them. */
static int log_file_mode(const char *text)
{
    static const struct { const char *text; int mode; } modes[] = {
        { "0600", 0600 }, { "600", 0600 }, { "0640", 0640 },
        { "640", 0640 },  { "0644", 0644 }, { "644", 0644 },
    };

    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (strcmp(text, modes[i].text) == 0)
            return modes[i].mode;
    return -1;
}

bool setup_log_check(struct config *config, struct error *why)
{
    const char *mode = config_get(config, "maillog_file_permissions");

    if (!log_knows_facility(common_params.syslog_facility))
        return error_set(why,
                         "%s: parameter syslog_facility: unrecognized value: "
                         "%s",
                         config_where(config, "syslog_facility"),
                         common_params.syslog_facility);
    if (common_params.maillog_file[0] != '\0' &&
        !has_log_file_prefix(config, why))
        return false;
    return log_file_mode(mode) >= 0 ||
           error_set(why,
                     "%s: bad value of maillog_file_permissions: \"%s\"; "
                     "specify 0600, 0640 or 0644",
                     config_where(config, "maillog_file_permissions"), mode);
}

int setup_log_file_mode(struct config *config)
{
    struct error why = ERROR_NONE;

    if (!setup_log_check(config, &why))
        fatal("%s", why.text);
    return log_file_mode(config_get(config, "maillog_file_permissions"));
}

static bool is_current_folder(const char *path)
{
    struct stat here, there;

    return stat(".", &here) == 0 && stat(path, &there) == 0 &&
           here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

/* A daemon stays in the queue directory, and may soon see nothing else. */
static void set_postlog_socket(struct str *path)
{
    if (logs_to_stderr || !is_current_folder(common_params.queue_directory))
        str_setf(path, "%s/", common_params.queue_directory);
    str_addf(path, "public/%s", common_params.postlog_service_name);
}

/* The tag is <syslog_name>/<last>, or without <last> the <syslog_name>. */
static void open_log(struct config *config, const char *program,
                     const char *syslog_name, const char *last)
{
    struct str socket = STR_EMPTY;
    bool to_file = common_params.maillog_file[0] != '\0';
    int mode = setup_log_file_mode(config);

    set_postlog_socket(&socket);
    const struct log_options options = {
        .syslog_name = syslog_name,
        .program = last,
        .facility = common_params.syslog_facility,
        .postlog_socket = to_file ? socket.data : NULL,
        .fallback_file = to_file && may_write_log_file(program)
                             ? common_params.maillog_file
                             : NULL,
        .file_mode = mode,
        .host_name = common_params.myhostname,
        .ascii_only = !common_params.smtputf8_enable,
        .targets = (to_file ? LOG_TO_POSTLOG : LOG_TO_SYSLOG) |
                   (logs_to_stderr || is_shown ? LOG_TO_STDERR : 0),
    };
    log_open(&options);
    str_fini(&socket);
}

void setup_log(struct config *config, const char *program)
{
    open_log(config, program, common_params.syslog_name, program);
}

void setup_log_tag(struct config *config, const char *program,
                   const char *tag)
{
    open_log(config, program, tag, NULL);
}

static const char *find_parameter(const char *name, void *config)
{
    return config_get(config, name);
}

static const char *find_place(const char *text, void *context)
{
    struct config *config = context;
    const char *name = config_find_text(config, text);

    if (name == NULL)
        return NULL;
    char *place = mem_printf("parameter %s (%s)", name,
                             config_where(config, name));
    const char *kept = config_keep(config, place);
    free(place);
    return kept;
}

/* A command says itself what it could not open. */
static enum table_open_errors table_open_errors(void)
{
    if (logs_to_stderr)
        return TABLE_ERRORS_QUIET;
    return common_params.daemon_table_open_error_is_fatal ? TABLE_ERRORS_FATAL
                                                          : TABLE_ERRORS_LOG;
}

static void setup_tables(struct config *config)
{
    const struct table_setup setup = {
        .config_directory = config_directory(config),
        .queue_directory = common_params.queue_directory,
        .default_type = common_params.default_database_type,
        .cache_type = common_params.default_cache_db_type,
        .non_bdb_level = non_bdb_params.non_bdb_migration_level,
        .non_bdb_mapping = non_bdb_params.non_bdb_custom_mapping,
        .non_bdb_log = non_bdb_params.non_bdb_migration_log_redirect,
        .reindex_service = logs_to_stderr
                               ? NULL
                               : common_params.non_bdb_migration_service_name,
        .proxy_service = common_params.proxymap_service_name,
        .proxywrite_service = common_params.proxywrite_service_name,
        .dynamicmaps_directory = common_params.meta_directory,
        .shlib_directory = common_params.shlib_directory,
        .bdb_create_buffer = table_params.berkeley_db_create_buffer_size,
        .bdb_read_buffer = table_params.berkeley_db_read_buffer_size,
        .lmdb_map_size = table_params.lmdb_map_size,
        .socketmap_max_reply_size = table_params.socketmap_max_reply_size,
        .socketmap_max_query_size = table_params.socketmap_max_query_size,
        .ipc_timeout_s = common_params.ipc_timeout,
        .utf8 = common_params.smtputf8_enable,
        .open_errors = table_open_errors(),
        .parameter = find_parameter,
        .place = find_place,
        .context = config,
    };
    table_set_up(&setup);
}

static void setup_queue_dir(void)
{
    const struct queue_dir_options options = {
        .hash_names = common_params.hash_queue_names,
        .hash_depth = (int)common_params.hash_queue_depth,
        .long_ids = common_params.enable_long_queue_ids,
    };
    queue_dir_set_up(&options);
}

static void setup_clients(struct config *config)
{
    const struct client_setup setup = {
        .ipc_timeout_s = common_params.ipc_timeout,
        .ipc_idle_s = common_params.ipc_idle,
        .ipc_ttl_s = common_params.ipc_ttl,
        .rewrite_service = common_params.rewrite_service_name,
        .bounce_service = common_params.bounce_service_name,
        .defer_service = common_params.defer_service_name,
        .trace_service = common_params.trace_service_name,
        .cleanup_service = common_params.cleanup_service_name,
        .flush_service = common_params.flush_service_name,
        .verify_service = common_params.address_verify_service_name,
        .anvil_service = "anvil",
        .scache_service = common_params.connection_cache_service_name,
        .tlsmgr_service = common_params.tlsmgr_service_name,
        .soft_bounce = common_params.soft_bounce,
        .log_resolution = (int)common_params.delay_logging_resolution_limit,
        .log_internal_form = text_equal_nocase(
            common_params.info_log_address_format, "internal"),
        .fast_flush_domains = config_get(config, "fast_flush_domains"),
        .filter_classes = common_params.internal_mail_filter_classes,
        .utf8_classes = common_params.smtputf8_enable
                            ? common_params.smtputf8_autodetect_classes
                            : "",
        .myhostname = common_params.myhostname,
        .mail_name = common_params.mail_name,
        .double_bounce_sender = common_params.double_bounce_sender,
        .command_directory = common_params.command_directory,
        .config_directory = common_params.config_directory,
        .export_environment = common_params.export_environment,
        .fork_attempts = common_params.fork_attempts,
        .fork_delay_s = common_params.fork_delay,
        .fast_flush_parents = text_lists_word(
            common_params.parent_domain_matches_subdomains,
            "fast_flush_domains"),
        .old_relay_domains =
            !config_is_set(config, "fast_flush_domains") &&
            compat_uses_old_default(config, "relay_domains", "2"),
    };
    client_set_up(&setup);
}

void setup_libraries(struct config *config, const char *program)
{
    setup_log(config, program);
    utf8_domain_set_up(common_params.enable_idna2003_compatibility);
    setup_tables(config);
    setup_queue_dir();
    setup_clients(config);
}

/* The path that -c gives is judged like one from the environment, and goes to
 * the programs that we start. */
static const char *find_directory(const char *wanted)
{
    if (wanted != NULL && setenv("MAIL_CONFIG", wanted, 1) != 0)
        fatal("setenv: %m");
    return config_default_directory();
}

static void load_parameters(struct config *config,
                            const struct param_group *const *groups)
{
    static const struct param_group *const always[] = {
        &common_param_group, &table_param_group, &non_bdb_param_group, NULL
    };
    struct error why = ERROR_NONE;

    if (!config_load_groups(config, always, &why) ||
        (groups != NULL && !config_load_groups(config, groups, &why)))
        fatal("%s", why.text);
}

void command_begin(char **argv, char *program)
{
    priv_open_standard_descriptors();
    setup_early_log(program, true);
    if (argv[0] == NULL) /* what follows would be the environment */
        fatal("no arguments");
    argv[0] = program;
}

struct config *command_start(const struct command_options *options)
{
    struct error why = ERROR_NONE;

    priv_open_standard_descriptors();
    setup_early_log(options->program, true);
    if (options->no_syslog)
        log_set_targets(LOG_TO_STDERR);
    const char *directory = find_directory(options->config_directory);
    struct config *config = config_load(directory, &why);
    if (config == NULL)
        fatal("%s", why.text);
    config_set_process(config, options->program, "");
    load_parameters(config, options->groups);
    if (priv_is_setuid())
        priv_clean_environment(common_params.import_environment);
    ipc_set_folder(common_params.queue_directory);
    setup_libraries(config, options->program);
    if (options->no_syslog)
        log_set_targets(LOG_TO_STDERR);
    return config;
}
