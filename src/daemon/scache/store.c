/* SPDX-License-Identifier: ISC
 *
 * store.c - sessions that are kept. There are few at any time: each lives for
 * seconds, so lists will do.
 */
#include "store.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"

/* A site that some server takes mail for. */
struct site_link {
    struct list node;
    char *site, *server; /* owned */
    deadline_t until;
};

static struct list sessions = LIST_INIT(sessions);
static struct list links = LIST_INIT(links);

static struct {
    time_t since;
    long site_hits, site_misses, server_hits, server_misses;
    long sessions, sites;       /* now */
    long max_sessions, max_sites;
} figures;

static void note_max(long now, long *max)
{
    if (now > *max)
        *max = now;
}

static void start_counting(void)
{
    if (figures.since == 0)
        figures.since = time(NULL);
}

/* ---- Sites -------------------------------------------------------------- */

static void link_free(struct site_link *link)
{
    list_remove(&link->node);
    free(link->site);
    free(link->server);
    free(link);
    figures.sites--;
}

static struct site_link *find_link(const char *site, const char *server)
{
    LIST_EACH(node, &links) {
        struct site_link *link = CONTAINER_OF(node, struct site_link, node);
        if (strcmp(link->site, site) == 0 && strcmp(link->server, server) == 0)
            return link;
    }
    return NULL;
}

static void add_link(const char *site, const char *server, deadline_t until)
{
    struct site_link *link = find_link(site, server);

    if (link == NULL) {
        link = mem_zalloc(sizeof *link);
        link->site = mem_strdup(site);
        link->server = mem_strdup(server);
        list_prepend(&links, &link->node);
        note_max(++figures.sites, &figures.max_sites);
    }
    link->until = until;
}

/* ---- Sessions ----------------------------------------------------------- */

void kept_session_free(struct kept_session *kept)
{
    close(kept->connection);
    free(kept->server);
    free(kept->session);
    free(kept);
}

void store_add(const char *site, const char *server, deadline_t until,
               const struct ipc_bytes *session, int connection)
{
    struct kept_session *kept = mem_zalloc(sizeof *kept);

    start_counting();
    kept->server = mem_strdup(server);
    kept->session = mem_alloc(session->length + 1);
    memcpy(kept->session, session->data, session->length);
    kept->length = session->length;
    kept->connection = connection;
    kept->until = until;
    list_prepend(&sessions, &kept->node);
    note_max(++figures.sessions, &figures.max_sessions);
    add_link(site, server, until);
}

static struct kept_session *take(const char *server)
{
    LIST_EACH(node, &sessions) {
        struct kept_session *kept =
            CONTAINER_OF(node, struct kept_session, node);
        if (strcmp(kept->server, server) != 0)
            continue;
        list_remove(&kept->node);
        figures.sessions--;
        return kept;
    }
    return NULL;
}

struct kept_session *store_take_server(const char *server)
{
    start_counting();
    struct kept_session *kept = take(server);
    kept != NULL ? figures.server_hits++ : figures.server_misses++;
    return kept;
}

struct kept_session *store_take_site(const char *site)
{
    struct kept_session *kept = NULL;

    start_counting();
    LIST_EACH(node, &links) {
        struct site_link *link = CONTAINER_OF(node, struct site_link, node);
        if (kept == NULL && strcmp(link->site, site) == 0)
            kept = take(link->server);
    }
    kept != NULL ? figures.site_hits++ : figures.site_misses++;
    return kept;
}

void store_expire(deadline_t now)
{
    LIST_EACH(node, &sessions) {
        struct kept_session *kept =
            CONTAINER_OF(node, struct kept_session, node);
        if (now < kept->until)
            continue;
        list_remove(&kept->node);
        figures.sessions--;
        kept_session_free(kept);
    }
    LIST_EACH(node, &links) {
        struct site_link *link = CONTAINER_OF(node, struct site_link, node);
        if (now >= link->until)
            link_free(link);
    }
}

/* ---- Figures ------------------------------------------------------------ */

static void report_hits(const char *what, long hits, long misses)
{
    if (hits + misses > 0)
        log_info("statistics: %s lookup hits=%ld miss=%ld success=%ld%%", what,
                 hits, misses, hits * 100 / (hits + misses));
}

void store_report(void)
{
    char since[32];
    struct tm when;

    if (figures.since == 0)
        return;
    localtime_r(&figures.since, &when);
    strftime(since, sizeof since, "%b %e %H:%M:%S", &when);
    log_info("statistics: start interval %s", since);
    report_hits("domain", figures.site_hits, figures.site_misses);
    report_hits("address", figures.server_hits, figures.server_misses);
    log_info("statistics: max simultaneous domains=%ld addresses=%ld "
             "connection=%ld",
             figures.max_sites, figures.max_sessions, figures.max_sessions);
    figures.since = 0;
    figures.site_hits = figures.site_misses = 0;
    figures.server_hits = figures.server_misses = 0;
    figures.max_sessions = figures.sessions;
    figures.max_sites = figures.sites;
}
