/* SPDX-License-Identifier: ISC
 *
 * feedback.c - how many deliveries a destination gets at a time.
 *
 * SCHEDULER_README, "Concurrency scheduling": success and failure move the
 * concurrency up and down by less than one each, with hysteresis: up at the
 * end of a run of 1/feedback successes, down at the start of a run of
 * failures. What is nearer to the next step than half a feedback has reached
 * it, as in Postfix: 4 times 0.7 are 3 steps. Apart from that, enough failed
 * deliveries ("pseudo-cohorts", as many as the concurrency is) make the
 * destination dead.
 */
#include "scheduler.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"

static bool debug;

void feedback_set_debug(bool on)
{
    debug = on;
}

static bool is_at_end(const char *text)
{
    return text[strspn(text, " \t\r\n")] == '\0';
}

/* What follows the '/'. */
static bool parse_divisor(const char *text, struct feedback *out)
{
    static const struct {
        const char *name;
        enum feedback_form form;
    } forms[] = {
        { "concurrency", FEEDBACK_BY_N },
        { "sqrt_concurrency", FEEDBACK_BY_ROOT_N },
    };
    char *end;

    text += strspn(text, " \t");
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        size_t length = strlen(forms[i].name);
        if (text_equal_nocase_n(text, forms[i].name, length) &&
            is_at_end(text + length)) {
            out->form = forms[i].form;
            return true;
        }
    }
    double divisor = strtod(text, &end);
    if (end == text || !is_at_end(end) || divisor <= 0)
        return false;
    out->base /= divisor;
    return true;
}

bool feedback_parse(const char *text, struct feedback *out)
{
    char *end;

    out->form = FEEDBACK_CONSTANT;
    out->base = strtod(text, &end);
    if (end == text)
        return false;
    end += strspn(end, " \t");
    if (*end == '/' && !parse_divisor(end + 1, out))
        return false;
    if (*end != '/' && !is_at_end(end))
        return false;
    return out->base >= 0 && out->base <= 1;
}

static double amount(const struct feedback *f, long concurrency)
{
    switch (f->form) {
    case FEEDBACK_CONSTANT: return f->base;
    case FEEDBACK_BY_N: return f->base / (double)concurrency;
    case FEEDBACK_BY_ROOT_N: return f->base / sqrt((double)concurrency);
    }
    return f->base;
}

static void show(const struct destination *d, const char *what)
{
    if (debug)
        log_info("%s: %s %s: window %ld, busy %ld, success %.3f, "
                 "failure %.3f, failed cohorts %.3f",
                 d->transport->name, d->name, what, d->window, d->busy,
                 d->success, d->failure, d->failed_cohorts);
}

bool feedback_failure(struct destination *d)
{
    const struct transport_settings *set = &d->transport->set;

    d->failed_cohorts += 1.0 / (double)d->window;
    /* A little less than the limit: 3 times 1/3 must make 1. */
    if (set->failed_cohort_limit > 0 &&
        d->failed_cohorts + 1e-9 >= (double)set->failed_cohort_limit) {
        show(d, "is dead");
        return true;
    }
    double step = amount(&set->negative, d->window);
    d->failure -= step;
    while (d->failure < step / 2) {
        d->window--;
        d->failure += 1;
        d->success = 0;
    }
    if (d->window < 1)
        d->window = 1;
    show(d, "negative feedback");
    return false;
}

void feedback_success(struct destination *d)
{
    const struct transport_settings *set = &d->transport->set;

    d->failed_cohorts = 0;
    /* Not when the window is far from used up: the effect of failures would
     * come too late. */
    if (d->window >= d->busy + set->initial_concurrency)
        return;
    if (set->concurrency_limit > 0 && d->window >= set->concurrency_limit)
        return;
    double step = amount(&set->positive, d->window);
    d->success += step;
    while (d->success + step / 2 >= 1) {
        d->window++;
        d->failure = 0;
        d->success -= 1;
    }
    if (set->concurrency_limit > 0 && d->window > set->concurrency_limit)
        d->window = set->concurrency_limit;
    show(d, "positive feedback");
}
