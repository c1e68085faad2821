/* SPDX-License-Identifier: ISC
 *
 * stress.c - a public service has all its processes busy.
 *
 * The service is then run with "-o stress=yes", on which main.cf settings may
 * depend, until it has not been so busy for a while. Running sessions go on;
 * their processes end after them.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "master.h"

enum { STRESS_LASTS_S = 1000, WARN_EVERY_S = 200 };

/* The port's number, or host and port as in master.cf. */
static const char *where(const struct served *service, char out[16])
{
    if (strchr(service->name, ':') != NULL || service->listeners.count == 0)
        return service->name;
    snprintf(out, 16, "%d", addr_port(&service->listeners.items[0]->addr));
    return out;
}

static void warn_of_limit(struct served *service)
{
    char port[16];

    if (clock_now() < service->next_stress_warning)
        return;
    service->next_stress_warning = deadline_in_s(WARN_EVERY_S);
    log_warning("service \"%s\" (%s) has reached its process limit \"%ld\": "
                "new clients may experience noticeable delays",
                service->name, where(service, port), service->limit);
    log_warning("to avoid this condition, increase the process count in "
                "master.cf or reduce the service time per client");
    log_warning("see https://www.postfix.org/STRESS_README.html for examples "
                "of stress-adapting configuration settings");
}

static void stress_over(void *argument)
{
    struct served *service = argument;

    service->is_stressed = false;
    service_renew(service);
}

void stress_note(struct served *service)
{
    if (service->type != MASTER_INET || !service->is_public ||
        stop_is_under_way())
        return;
    warn_of_limit(service);
    if (service->stress_timer == NULL)
        service->stress_timer = loop_timer_new(stress_over, service);
    loop_timer_set(service->stress_timer, deadline_in_s(STRESS_LASTS_S));
    if (service->is_stressed)
        return;
    service->is_stressed = true;
    service_renew(service);
}

void stress_end(struct served *service)
{
    loop_timer_free(service->stress_timer);
    service->stress_timer = NULL;
    service->is_stressed = false;
}
