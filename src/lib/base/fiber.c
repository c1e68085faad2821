/* SPDX-License-Identifier: ISC
 *
 * fiber.c - many sequential sessions in one process.
 *
 * A fiber runs until it waits, then the stack that resumed it goes on: that
 * of the process, which runs the loop, or of the fiber that started it. All
 * waiting ends in fiber_suspend; all going on begins in fiber_resume, which
 * only loop callbacks and fiber_start call. The fiber's own struct lies at the
 * top of its stack, so that an idle one touches few pages.
 */
/* The checks of longjmp know one stack, on which it only goes up. */
#undef _FORTIFY_SOURCE

#include "base/fiber.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <poll.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/io.h"
#include "base/loop.h"
#include "fiber_private.h"
#include "loop_private.h"

/* Tools that watch the stack must be told when it changes. */
#if defined(__SANITIZE_ADDRESS__)
#define HAVE_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAVE_ASAN 1
#endif
#endif

#ifdef HAVE_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#define STACK_SIZE ((size_t)1024 * 1024) /* its frames are larger */
#else
#define STACK_SIZE                                          ((size_t)256 * 1024)
#define __sanitizer_start_switch_fiber(save, bottom, size)  ((void)(save))
#define __sanitizer_finish_switch_fiber(save, bottom, size) ((void)(save))
#define __lsan_register_root_region(start, size)            ((void)(start))
#define __lsan_unregister_root_region(start, size)          ((void)(start))
#endif

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_STACK_REGISTER(start, end) 0
#define VALGRIND_STACK_DEREGISTER(id)       ((void)(id))
#endif

#define POOL_MAX 16

struct fiber_gate_waiter {
    struct fiber_gate_waiter *next;
    struct fiber *fiber;
    bool opened;
};

struct fiber {
    ucontext_t context; /* how it begins */
    jmp_buf place;      /* where it goes on */
    bool has_begun;
    void (*function)(void *);
    void *argument;
    struct fiber *resumer; /* goes on when this one waits */
    struct fiber *next;    /* in the ready queue or in the pool */
    char *stack;           /* lowest byte, above the guard page */
    size_t stack_size;
    void *fake_stack; /* AddressSanitizer's */
    unsigned valgrind_id;
    bool parked; /* waits in fiber_park */
    bool queued; /* in the ready queue */
    bool woken;  /* fiber_wake was called, fiber_park has not seen it */
    struct fiber_gate_waiter at_gate;
};

static struct fiber root = { .has_begun = true }; /* the process's own stack */
static struct fiber *current = &root;
static struct fiber *dead; /* has ended; its stack can be taken */
static struct fiber *pool;
static size_t pool_count, alive;

static struct fiber *ready_first, **ready_last = &ready_first;
static struct event ready_event;

/* ---- stacks ---- */

static size_t guard_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static struct fiber *stack_new(void)
{
    size_t guard = guard_size();
    char *memory =
        mmap(NULL, guard + STACK_SIZE, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);

    if (memory == MAP_FAILED)
        fatal("no memory for a session's stack: %s", strerror(errno));
    if (mprotect(memory, guard, PROT_NONE) != 0)
        fatal("cannot protect a session's stack: %s", strerror(errno));

    size_t own = (sizeof(struct fiber) + 63) / 64 * 64;
    struct fiber *f = (void *)(memory + guard + STACK_SIZE - own);
    f->stack = memory + guard;
    f->stack_size = STACK_SIZE - own;
    f->valgrind_id =
        VALGRIND_STACK_REGISTER(f->stack, f->stack + f->stack_size);
    __lsan_register_root_region(f->stack, STACK_SIZE);
    return f;
}

static void stack_free(struct fiber *f)
{
    VALGRIND_STACK_DEREGISTER(f->valgrind_id);
    __lsan_unregister_root_region(f->stack, STACK_SIZE);
    munmap(f->stack - guard_size(), guard_size() + STACK_SIZE);
}

#ifdef HAVE_ASAN
/* The frames that the last fiber left behind are no longer there. */
static void forget_frames(struct fiber *f)
{
    __asan_unpoison_memory_region(f->stack, f->stack_size);
    f->has_begun = false;
}
#else
static void forget_frames(struct fiber *f)
{
    (void)f;
}
#endif

static struct fiber *stack_take(void)
{
    struct fiber *f = pool;

    if (f == NULL)
        return stack_new();
    pool = f->next;
    pool_count--;
    forget_frames(f);
    return f;
}

static void stack_give_back(struct fiber *f)
{
    if (pool_count == POOL_MAX) {
        stack_free(f);
        return;
    }
    f->next = pool;
    pool = f;
    pool_count++;
}

void fiber_trim(void)
{
    while (pool != NULL) {
        struct fiber *f = pool;
        pool = f->next;
        pool_count--;
        stack_free(f);
    }
}

/* ---- switching ---- */

static int fiber_wait_events(int fd, enum io_event what, deadline_t until);
static void fiber_sleep(deadline_t until);

static const struct io_backend fiber_backend = {
    .wait_events = fiber_wait_events,
    .wait_for_input = fiber_wait_for_input,
    .sleep_until = fiber_sleep,
    .offload = fiber_offload,
};

/* Now running on the stack of <self> again, or for the first time. */
static void arrive(struct fiber *self)
{
    const void *bottom = NULL;
    size_t size = 0;

    __sanitizer_finish_switch_fiber(self->fake_stack, &bottom, &size);
    if (self != &root && self->resumer == &root && bottom != NULL) {
        root.stack = (char *)(uintptr_t)bottom;
        root.stack_size = size;
    }
    if (dead != NULL) {
        stack_give_back(dead);
        dead = NULL;
    }
}

#ifdef HAVE_ASAN
/* It has an opinion of longjmp, too. */
static void jump(struct fiber *from, struct fiber *to)
{
    to->has_begun = true;
    if (swapcontext(&from->context, &to->context) != 0)
        panic("swapcontext: %s", strerror(errno));
}
#else
/* swapcontext would save and set the signal mask, a system call each time. So
 * only the first step onto a stack is made with it. */
__attribute__((noinline)) static void jump(struct fiber *from,
                                           struct fiber *to)
{
    if (_setjmp(from->place) != 0)
        return;
    if (to->has_begun)
        _longjmp(to->place, 1);
    to->has_begun = true;
    setcontext(&to->context);
    panic("setcontext: %s", strerror(errno));
}
#endif

static void switch_to(struct fiber *to)
{
    struct fiber *from = current;

    current = to;
    io_set_backend(to == &root ? NULL : &fiber_backend);
    __sanitizer_start_switch_fiber(dead == from ? NULL : &from->fake_stack,
                                   to->stack, to->stack_size);
    jump(from, to);
    arrive(from);
}

void fiber_suspend(void)
{
    switch_to(current->resumer);
}

void fiber_resume(struct fiber *f)
{
    f->resumer = current;
    switch_to(f);
}

static void run(void)
{
    struct fiber *self = current;

    arrive(self);
    for (;;) {
        self->function(self->argument);
        alive--;
        dead = self;
        fiber_suspend(); /* until another fiber begins on this stack */
    }
}

/* Apart, because the compiler sees that getcontext may return twice. */
__attribute__((noinline)) static void make_context(struct fiber *f)
{
    if (getcontext(&f->context) != 0)
        panic("getcontext: %s", strerror(errno));
    f->context.uc_stack.ss_sp = f->stack;
    f->context.uc_stack.ss_size = f->stack_size;
    f->context.uc_link = NULL;
    makecontext(&f->context, run, 0);
}

struct fiber *fiber_start(void (*function)(void *), void *argument)
{
    struct fiber *f = stack_take();

    f->function = function;
    f->argument = argument;
    f->fake_stack = NULL;
    f->parked = f->queued = f->woken = false;
    if (!f->has_begun)
        make_context(f);
    alive++;
    fiber_resume(f);
    return f;
}

struct fiber *fiber_self(void)
{
    return current == &root ? NULL : current;
}

size_t fiber_count(void)
{
    return alive;
}

/* ---- the queue of those that can go on ---- */

static void run_ready(evutil_socket_t fd, short what, void *argument)
{
    struct fiber *f = ready_first;

    (void)fd;
    (void)what;
    (void)argument;
    /* Who becomes ready meanwhile waits for the next round. */
    ready_first = NULL;
    ready_last = &ready_first;
    while (f != NULL) {
        struct fiber *next = f->next;

        f->queued = false;
        fiber_resume(f);
        f = next;
    }
}

static void make_ready(struct fiber *f)
{
    static const struct timeval at_once = { 0, 0 };

    if (f->queued)
        return;
    if (!event_initialized(&ready_event))
        event_assign(&ready_event, loop_base(), -1, 0, run_ready, NULL);
    /* A timer that is due, not event_active(): libevent looks at descriptors
     * before it takes the next round of timers, so that fibers which yield to
     * each other cannot starve those that wait for a descriptor. */
    if (ready_first == NULL)
        event_add(&ready_event, &at_once);
    f->queued = true;
    f->next = NULL;
    *ready_last = f;
    ready_last = &f->next;
}

void fiber_yield(void)
{
    if (fiber_self() == NULL)
        return;
    make_ready(current);
    fiber_suspend();
}

/* ---- waiting ---- */

struct wait {
    struct fiber *fiber; /* waits; its stack holds this */
    short got;           /* libevent's bits */
};

static void wait_is_over(evutil_socket_t fd, short what, void *argument)
{
    struct wait *wait = argument;

    (void)fd;
    /* Who was also woken goes on from the queue. */
    if (wait->fiber->queued)
        return;
    wait->got = what;
    fiber_resume(wait->fiber);
}

/* Suspend until the descriptor is ready (<fd> may be -1), or the deadline, or
 * another reason to go on. Returns libevent's bits, 0 for another reason. */
static short wait_for(int fd, short what, deadline_t until)
{
    struct wait wait = { .fiber = current };
    struct timeval interval;
    struct event event;

    event_assign(&event, loop_base(), fd, what, wait_is_over, &wait);
    do {
        wait.got = 0;
        if (event_add(&event, loop_interval(until, &interval)) != 0)
            return what; /* such as a file, which never makes one wait */
        fiber_suspend();
    } while (wait.got == EV_TIMEOUT && clock_now() < until);
    event_del(&event);
    return wait.got;
}

static short bits_for(enum io_event what)
{
    return (short)((what & IO_READ ? EV_READ : 0) |
                   (what & IO_WRITE ? EV_WRITE : 0));
}

static int fiber_wait_events(int fd, enum io_event what, deadline_t until)
{
    short got = wait_for(fd, bits_for(what), until);
    int ready = (got & EV_READ ? IO_READ : 0) | (got & EV_WRITE ? IO_WRITE : 0);

    /* Both may have come while others ran; then the descriptor counts. */
    if (ready == 0)
        ready = io_poll(fd, what, 0);
    if (ready == 0)
        errno = ETIMEDOUT;
    return ready;
}

static void fiber_sleep(deadline_t until)
{
    wait_for(-1, 0, until);
}

bool fiber_sleep_until(deadline_t until)
{
    if (fiber_self() != NULL)
        fiber_sleep(until);
    else
        while (deadline_left_ms(until) != 0)
            poll(NULL, 0, deadline_left_ms(until));
    return true;
}

bool fiber_park(deadline_t until)
{
    struct fiber *self = current;

    if (self == &root)
        panic("fiber_park outside of a fiber");
    if (!self->woken) {
        self->parked = true;
        wait_for(-1, 0, until);
        self->parked = false;
    }
    bool woken = self->woken;
    self->woken = false;
    return woken;
}

void fiber_wake(struct fiber *fiber)
{
    fiber->woken = true;
    if (fiber->parked)
        make_ready(fiber);
}

/* ---- gates ---- */

static void gate_leave(struct fiber_gate *gate, struct fiber_gate_waiter *who)
{
    struct fiber_gate_waiter **link = &gate->first;

    while (*link != NULL && *link != who)
        link = &(*link)->next;
    if (*link != NULL)
        *link = who->next;
}

bool fiber_gate_wait(struct fiber_gate *gate, deadline_t until)
{
    struct fiber_gate_waiter *self = &current->at_gate;

    *self = (struct fiber_gate_waiter){ gate->first, current, false };
    gate->first = self;
    while (!self->opened && deadline_left_ms(until) != 0) {
        if (current == &root)
            loop_run_once(until);
        else
            fiber_park(until);
    }
    if (!self->opened)
        gate_leave(gate, self);
    return self->opened;
}

void fiber_gate_open(struct fiber_gate *gate)
{
    struct fiber_gate_waiter *waiter = gate->first;

    gate->first = NULL;
    for (; waiter != NULL; waiter = waiter->next) {
        waiter->opened = true;
        if (waiter->fiber != &root)
            fiber_wake(waiter->fiber);
    }
}
