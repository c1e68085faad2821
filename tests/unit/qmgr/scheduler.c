/* SPDX-License-Identifier: ISC
 *
 * scheduler.c - tests of the queue manager's scheduler: who is next, how many
 * at a time, and who is left alone for a while.
 */
#include <stdio.h>
#include <string.h>

#include "../../../src/daemon/qmgr/scheduler.h"
#include "base/str.h"
#include "test.h"

/* A message is what the scheduler knows of it, and a letter. */
struct message {
    struct message_schedule schedule;
    char letter;
};

struct message_schedule *message_schedule(struct message *message)
{
    return &message->schedule;
}

static struct scheduler s;
static struct message messages[16];
static int message_count;

static const struct transport_settings usual = {
    .recipient_limit = 50,
    .concurrency_limit = 20,
    .initial_concurrency = 5,
    .failed_cohort_limit = 1,
    .positive = { FEEDBACK_CONSTANT, 1 },
    .negative = { FEEDBACK_CONSTANT, 1 },
    .slot_cost = 5,
    .slot_loan = 3,
    .slot_discount = 50,
    .minimum_slots = 3,
    .memory_limit = 20000,
    .extra_memory_limit = 1000,
    .refill_limit = 100,
    .refill_delay_s = 5,
};

static struct transport *start(const struct transport_settings *settings)
{
    scheduler_init(&s);
    message_count = 0;
    return transport_new(&s, "smtp", settings);
}

static struct message *new_message(char letter)
{
    struct message *m = &messages[message_count];

    m->schedule = (struct message_schedule){ .sequence = ++message_count };
    list_init(&m->schedule.jobs);
    m->letter = letter;
    return m;
}

static struct destination *at(struct transport *t, const char *name)
{
    struct destination *d = destination_find(t, name);

    return d != NULL ? d : destination_new(t, name, name);
}

/* <count> entries for one destination. */
static void add(struct message *m, struct transport *t, const char *name,
                int count)
{
    struct batch *batch = mem_zalloc(sizeof *batch);

    batch->users = 1;
    batch->arena = arena_new();
    for (int i = 0; i < count; i++) {
        struct recipient *to = arena_zalloc(batch->arena, sizeof *to);
        entry_new(m, at(t, name), batch, to, 1, 1000);
    }
    batch_release(batch);
}

/* Letters of messages in the order of delivery, one at a time. */
static const char *order(struct transport *t)
{
    static char letters[1024];
    size_t n = 0;
    struct entry *e;

    while (n < sizeof letters - 1 && (e = scheduler_choose(t, 2000)) != NULL) {
        letters[n++] = e->message->letter;
        entry_done(e);
    }
    letters[n] = '\0';
    return letters;
}

static void finish(struct transport *t)
{
    order(t);
    for (int i = 0; i < message_count; i++) {
        CHECK_INT(messages[i].schedule.entries, 0);
        CHECK_INT(messages[i].schedule.recipients, 0);
        jobs_free(&messages[i]);
    }
    CHECK_INT(t->recipients, 0);
    CHECK_INT(t->todo, 0);
    CHECK_INT(s.recipients, 0);
    CHECK_INT(hash_count(t->destinations), 0);
    CHECK_INT(t->ready.count, 0);
    scheduler_fini(&s);
}

/* ---- Feedback ---------------------------------------------------------- */

TEST(feedback_forms_are_read)
{
    static const struct {
        const char *text;
        bool good;
        enum feedback_form form;
        double base;
    } cases[] = {
        { "1", true, FEEDBACK_CONSTANT, 1 },
        { "0", true, FEEDBACK_CONSTANT, 0 },
        { "0.25 ", true, FEEDBACK_CONSTANT, 0.25 },
        { "1/4", true, FEEDBACK_CONSTANT, 0.25 },
        { "1 / 2", true, FEEDBACK_CONSTANT, 0.5 },
        { "1/concurrency", true, FEEDBACK_BY_N, 1 },
        { "0.5 / sqrt_concurrency", true, FEEDBACK_BY_ROOT_N, 0.5 },
        { "", false, 0, 0 },
        { "x", false, 0, 0 },
        { "2", false, 0, 0 },
        { "-1", false, 0, 0 },
        { "1/0", false, 0, 0 },
        { "1/", false, 0, 0 },
        { "1/concurrencyx", false, 0, 0 },
        { "1x", false, 0, 0 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct feedback f;
        bool good = feedback_parse(cases[i].text, &f);
        if (!CHECK_INT(good, cases[i].good))
            printf("case: %s\n", cases[i].text);
        if (!good)
            continue;
        CHECK_INT(f.form, cases[i].form);
        CHECK_INT((int)(f.base * 1000), (int)(cases[i].base * 1000));
    }
}

TEST(success_raises_the_concurrency_to_the_limit)
{
    struct transport *t = start(&usual);
    struct destination *d = at(t, "a");

    CHECK_INT(d->window, 5);
    d->busy = 20;
    for (int i = 0; i < 30; i++)
        feedback_success(d);
    CHECK_INT(d->window, 20);
    d->busy = 0;
}

TEST(success_counts_only_when_the_window_is_used)
{
    struct transport *t = start(&usual);
    struct destination *d = at(t, "a");

    d->busy = 1;
    for (int i = 0; i < 30; i++)
        feedback_success(d);
    CHECK_INT(d->window, 6); /* busy + initial concurrency */
}

TEST(one_by_n_takes_a_cohort_a_step)
{
    struct transport_settings settings = usual;
    settings.positive.form = FEEDBACK_BY_N;
    struct transport *t = start(&settings);
    struct destination *d = at(t, "a");

    d->busy = 20;
    for (int i = 0; i < 4; i++)
        feedback_success(d);
    CHECK_INT(d->window, 5);
    feedback_success(d);
    CHECK_INT(d->window, 6);
}

TEST(failure_lowers_at_the_start_of_a_run)
{
    struct transport_settings settings = usual;
    settings.negative.form = FEEDBACK_BY_N;
    settings.failed_cohort_limit = 10;
    struct transport *t = start(&settings);
    struct destination *d = at(t, "a");

    CHECK(!feedback_failure(d));
    CHECK_INT(d->window, 4);
    CHECK(!feedback_failure(d));
    CHECK_INT(d->window, 4);
}

/* Windows as Postfix logs them with destination_concurrency_feedback_debug. */
TEST(feedback_moves_the_window_as_in_postfix)
{
    static const struct {
        struct feedback feedback;
        const char *down, *up; /* from 5 and 2, a digit for each report */
    } cases[] = {
        { { FEEDBACK_CONSTANT, 1 }, "321111", "345678" },
        { { FEEDBACK_CONSTANT, 0.7 }, "332111", "334556" },
        { { FEEDBACK_CONSTANT, 0.5 }, "433221", "233445" },
        { { FEEDBACK_CONSTANT, 0.25 }, "444333", "222333" },
        { { FEEDBACK_BY_N, 1 }, "444333", "233344" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct transport_settings settings = usual;
        settings.positive = settings.negative = cases[i].feedback;
        settings.failed_cohort_limit = 0;
        struct transport *t = start(&settings);
        struct destination *down = at(t, "down"), *up = at(t, "up");
        char got_down[7] = "", got_up[7] = "";

        up->window = 2;
        up->busy = 20;
        for (int n = 0; n < 6; n++) {
            feedback_failure(down);
            feedback_success(up);
            got_down[n] = (char)('0' + down->window);
            got_up[n] = (char)('0' + up->window);
        }
        up->busy = 0;
        CHECK_STR(got_down, cases[i].down);
        CHECK_STR(got_up, cases[i].up);
        destination_release(up);
        destination_release(down);
        scheduler_fini(&s);
    }
}

TEST(failed_cohorts_make_a_destination_dead)
{
    struct transport *t = start(&usual);
    struct destination *d = at(t, "a");
    int failures = 1;

    while (!feedback_failure(d))
        failures++;
    CHECK_INT(failures, 3); /* 1/5 + 1/3 + 1/2 > 1 */

    struct destination *other = at(t, "b");
    for (int i = 0; i < 2; i++)
        feedback_failure(other);
    feedback_success(other);
    CHECK(!feedback_failure(other));
}

TEST(a_window_of_one_dies_at_the_first_failure)
{
    struct transport_settings settings = usual;
    settings.concurrency_limit = 1;
    struct transport *t = start(&settings);

    CHECK_INT(at(t, "a")->window, 1);
    CHECK(feedback_failure(at(t, "a")));
}

TEST(without_a_cohort_limit_nothing_dies)
{
    struct transport_settings settings = usual;
    settings.failed_cohort_limit = 0;
    struct transport *t = start(&settings);

    for (int i = 0; i < 100; i++)
        CHECK(!feedback_failure(at(t, "a")));
    CHECK_INT(at(t, "a")->window, 1);
}

/* ---- Order ------------------------------------------------------------- */

TEST(messages_are_served_in_the_order_they_came)
{
    struct transport *t = start(&usual);

    add(new_message('1'), t, "a", 2);
    add(new_message('2'), t, "b", 1);
    add(new_message('3'), t, "a", 1);
    CHECK_STR(order(t), "1123");
    finish(t);
}

TEST(destinations_of_a_message_take_turns)
{
    struct transport *t = start(&usual);
    struct message *m = new_message('1');
    char names[8] = "";

    add(m, t, "a", 2);
    add(m, t, "b", 2);
    for (int i = 0; i < 4; i++) {
        struct entry *e = scheduler_choose(t, 0);
        strcat(names, e->destination->name);
        entry_done(e);
    }
    CHECK_STR(names, "abab");
    finish(t);
}

TEST(small_messages_slip_past_a_large_one)
{
    struct transport_settings settings = usual;
    settings.slot_cost = 2;
    settings.slot_discount = settings.slot_loan = 0;
    settings.minimum_slots = 1;
    struct transport *t = start(&settings);

    /* SCHEDULER_README: ten recipients, then twice two, cost 2. */
    add(new_message('1'), t, "a", 10);
    add(new_message('2'), t, "b", 2);
    add(new_message('3'), t, "c", 2);
    CHECK_STR(order(t), "11112211113311");
    finish(t);
}

TEST(slots_can_be_had_in_advance)
{
    struct transport_settings settings = usual;
    settings.slot_cost = 2;
    settings.slot_discount = 50;
    settings.slot_loan = 0;
    settings.minimum_slots = 1;
    struct transport *t = start(&settings);

    add(new_message('1'), t, "a", 10);
    add(new_message('2'), t, "b", 2);
    add(new_message('3'), t, "c", 2);
    CHECK_STR(order(t), "11221111331111");
    finish(t);
}

TEST(cost_zero_means_no_preemption)
{
    struct transport_settings settings = usual;
    settings.slot_cost = 0;
    struct transport *t = start(&settings);

    add(new_message('1'), t, "a", 30);
    add(new_message('2'), t, "b", 1);
    CHECK_STR(order(t) + 29, "12");
    finish(t);
}

TEST(a_message_with_few_slots_is_not_preempted)
{
    struct transport *t = start(&usual);

    add(new_message('1'), t, "a", 14); /* 14/5 < 3 */
    add(new_message('2'), t, "b", 1);
    CHECK_STR(order(t) + 13, "12");
    finish(t);
}

/* ---- Limits ------------------------------------------------------------ */

TEST(a_full_destination_does_not_hold_up_others)
{
    struct transport *t = start(&usual);
    struct entry *busy[6];

    add(new_message('1'), t, "slow", 8);
    add(new_message('2'), t, "fast", 1);
    for (int i = 0; i < 6; i++)
        busy[i] = scheduler_choose(t, 0);
    CHECK_INT(busy[4]->message->letter, '1');
    CHECK_INT(busy[5]->message->letter, '2');
    CHECK(scheduler_choose(t, 0) == NULL);
    entry_done(busy[0]);
    CHECK_STR(order(t), "111");
    for (int i = 1; i < 6; i++)
        entry_done(busy[i]);
    finish(t);
}

TEST(who_only_waits_for_the_disk_does_not_count)
{
    struct transport *t = start(&usual);
    struct entry *busy[5 + SETTLING_MAX];
    int count = 0;

    add(new_message('1'), t, "here", 5 + SETTLING_MAX + 1);
    while (count < 5)
        busy[count++] = scheduler_choose(t, 0);
    CHECK(scheduler_choose(t, 0) == NULL);
    for (int i = 0; i < SETTLING_MAX; i++) {
        entry_settle(busy[i]);
        entry_settle(busy[i]); /* counts once */
        busy[count++] = scheduler_choose(t, 0);
        CHECK(busy[count - 1] != NULL);
        CHECK(scheduler_choose(t, 0) == NULL);
    }
    entry_settle(busy[SETTLING_MAX]); /* enough of them */
    CHECK(scheduler_choose(t, 0) == NULL);
    for (int i = 0; i < count; i++)
        entry_done(busy[i]);
    CHECK_STR(order(t), "1");
    finish(t);
}

TEST(a_dead_destination_gives_up_what_it_has)
{
    struct transport *t = start(&usual);
    struct destination *d = at(t, "a");
    struct list entries = LIST_INIT(entries);

    add(new_message('1'), t, "a", 3);
    destination_suspend(d, RUN_DEAD, 5000, "4.4.1", "refused");
    CHECK_INT(s.dead_count, 1);
    CHECK(scheduler_choose(t, 0) == NULL);
    destination_take_todo(d, &entries);
    CHECK_INT(d->todo, 0);
    CHECK_INT(messages[0].schedule.entries, 3);

    struct transport *retry = transport_new(&s, "retry", &usual);
    LIST_EACH(node, &entries) {
        list_remove(node);
        entry_rehome(CONTAINER_OF(node, struct entry, node),
                     at(retry, "4.4.1 refused"), 0);
    }
    CHECK_STR(order(retry), "111");
    CHECK(scheduler_expire(&s, 4999) == NULL);
    CHECK(scheduler_expire(&s, 5000) == t);
    CHECK_INT(s.dead_count, 0);
    finish(t);
}

TEST(a_rate_delay_ends_by_itself)
{
    struct transport *t = start(&usual);
    struct destination *d = at(t, "a");

    add(new_message('1'), t, "a", 2);
    entry_done(scheduler_choose(t, 0));
    destination_suspend(d, RUN_WAITING, 100, NULL, NULL);
    CHECK(scheduler_choose(t, 0) == NULL);
    CHECK_INT(scheduler_next_timer(&s), 100);
    CHECK(scheduler_expire(&s, 100) == t);
    CHECK_STR(order(t), "1");
    finish(t);
}

TEST(the_first_message_that_is_not_read_gets_the_memory)
{
    struct transport_settings settings = usual;
    settings.memory_limit = 100;
    struct transport *t = start(&settings);
    struct message *first = new_message('1'), *second = new_message('2');

    add(first, t, "a", 10);
    add(second, t, "a", 20);
    first->schedule.unread = second->schedule.unread = 1000;
    CHECK_INT(job_memory_allowance(first), 70);
    CHECK_INT(job_memory_allowance(second), 0);
    first->schedule.unread = 0;
    CHECK_INT(job_memory_allowance(second), 70);
    second->schedule.unread = 0;
    finish(t);
}

/* ---- oqmgr ------------------------------------------------------------- */

TEST(the_old_strategy_serves_destinations_in_turn)
{
    struct transport *t = start(&usual);

    s.rotate = true;
    add(new_message('1'), t, "a", 3);
    add(new_message('2'), t, "b", 2);
    add(new_message('3'), t, "b", 1);
    CHECK_STR(order(t), "121213");
    finish(t);
}

/* ---- Traffic ----------------------------------------------------------- */

/* One delivery to a destination that has nothing else to do. Was it said to be
 * a busy one? */
static bool deliver_one(struct transport *t, const char *name, deadline_t now)
{
    add(new_message('a'), t, name, 1);
    struct entry *e = scheduler_choose(t, now);
    struct destination *d = e->destination;
    bool busy = destination_has_traffic(d, now);

    destination_count(d, now);
    entry_done(e);
    jobs_free(&messages[--message_count]);
    CHECK(destination_find(t, name) == NULL);
    return busy;
}

TEST(many_deliveries_in_a_row_are_traffic)
{
    struct transport *t = start(&usual);
    deadline_t now = 1000;

    for (int i = 0; i < 5; i++)
        CHECK(!deliver_one(t, "a", now += 900));
    CHECK(deliver_one(t, "a", now += 900));
    CHECK(!deliver_one(t, "b", now));
    CHECK(deliver_one(t, "a", now += 900));
    CHECK(!deliver_one(t, "a", now += 1000));
    CHECK(!deliver_one(t, "a", now += 900)); /* begins anew */

    struct transport *other = transport_new(&s, "relay", &usual);
    for (int i = 0; i < 5; i++)
        deliver_one(t, "a", now);
    CHECK(!deliver_one(other, "a", now));
    CHECK(deliver_one(t, "a", now));

    /* Of the last ones only. */
    char name[] = "x";
    for (int i = 0; i < RECENT_MAX; i++, name[0]++)
        CHECK(!deliver_one(t, name, now));
    CHECK(!deliver_one(t, "a", now));
    scheduler_fini(&s);
}

TEST(what_waits_is_traffic)
{
    struct transport *t = start(&usual);

    add(new_message('a'), t, "a", 2);
    struct entry *first = scheduler_choose(t, 2000);
    CHECK(destination_has_traffic(first->destination, 2000));
    struct entry *second = scheduler_choose(t, 2000);
    CHECK(!destination_has_traffic(second->destination, 2000));
    destination_count(first->destination, 2000);
    entry_done(first);
    CHECK(destination_has_traffic(second->destination, 2999));
    CHECK(!destination_has_traffic(second->destination, 3000));
    entry_done(second);
    finish(t);
}
