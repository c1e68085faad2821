/* SPDX-License-Identifier: ISC
 *
 * offload.c - threads for calls that block, on behalf of fibers.
 *
 * A job lies on the stack of the fiber that waits for it. Threads take jobs
 * from one list and put them on another, whose news come to the loop through
 * an eventfd; fibers and loop themselves stay on one thread.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/fiber.h"
#include "base/loop.h"
#include "fiber_private.h"

#define THREADS_MAX 8

struct job {
    struct job *next;
    void (*function)(void *);
    void *argument;
    struct fiber *fiber;
    bool done; /* seen by the loop */
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t work = PTHREAD_COND_INITIALIZER;
static struct job *waiting, **waiting_last = &waiting; /* under mutex */
static struct job *finished;                           /* under mutex */
static int jobs_waiting, threads_idle;                 /* under mutex */
static int threads;
static int news = -1; /* eventfd */
static struct loop_watch *watch;
static pid_t owner; /* threads do not survive a fork */

static void tell_loop(void)
{
    uint64_t one = 1;

    while (write(news, &one, sizeof one) < 0 && errno == EINTR)
        continue;
}

static void *work_forever(void *unused)
{
    pthread_mutex_lock(&mutex);
    for (;;) {
        while (waiting == NULL) {
            threads_idle++;
            pthread_cond_wait(&work, &mutex);
            threads_idle--;
        }
        struct job *job = waiting;
        waiting = job->next;
        if (waiting == NULL)
            waiting_last = &waiting;
        jobs_waiting--;
        pthread_mutex_unlock(&mutex);

        job->function(job->argument);

        pthread_mutex_lock(&mutex);
        job->next = finished;
        finished = job;
        if (job->next == NULL)
            tell_loop();
    }
    return unused;
}

static void take_finished(int fd, void *argument)
{
    uint64_t count;

    (void)argument;
    (void)!read(fd, &count, sizeof count);
    pthread_mutex_lock(&mutex);
    struct job *job = finished;
    finished = NULL;
    pthread_mutex_unlock(&mutex);
    while (job != NULL) {
        struct job *next = job->next;

        job->done = true;
        fiber_wake(job->fiber);
        job = next;
    }
}

static void prepare(void)
{
    if (owner == getpid())
        return;
    if (owner != 0) {
        pthread_mutex_init(&mutex, NULL);
        pthread_cond_init(&work, NULL);
        waiting = finished = NULL;
        waiting_last = &waiting;
        jobs_waiting = threads = threads_idle = 0;
        loop_watch_free(watch);
        close(news);
    }
    owner = getpid();
    news = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (news < 0)
        fatal("eventfd: %s", strerror(errno));
    watch = loop_watch_new(news, false, take_finished, NULL);
    loop_watch_enable(watch, true);
}

/* Signals are for the process's own thread. */
static bool start_thread(void)
{
    sigset_t all, old;
    pthread_t thread;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    bool started = pthread_create(&thread, NULL, work_forever, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (!started)
        return false;
    pthread_detach(thread);
    threads++;
    return true;
}

void fiber_offload(void (*function)(void *), void *argument)
{
    struct job job = { NULL, function, argument, fiber_self(), false };

    prepare();
    pthread_mutex_lock(&mutex);
    bool enough = threads_idle > jobs_waiting || threads == THREADS_MAX;
    pthread_mutex_unlock(&mutex);
    if (!enough && !start_thread() && threads == 0) {
        function(argument);
        return;
    }
    pthread_mutex_lock(&mutex);
    *waiting_last = &job;
    waiting_last = &job.next;
    jobs_waiting++;
    pthread_cond_signal(&work);
    pthread_mutex_unlock(&mutex);
    while (!job.done)
        fiber_park(DEADLINE_NEVER);
}
