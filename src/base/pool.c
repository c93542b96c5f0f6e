// SPDX-License-Identifier: GPL-3.0-or-later
// Threads wait on a condition for a new round of work and take indices from one counter.
#include "base/base.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

struct pool {
    int threads;
    pthread_t *handles;
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    pool_task *task;
    void *context;
    size_t count;
    atomic_size_t next;
    atomic_uint round; // grows with every pool_run
    atomic_int busy;   // helpers that have not finished this round
    bool closing;
};

struct helper {
    struct pool *pool;
    int worker;
};

enum { SPINS = 2000 };

static void pause_briefly(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}

static void take_tasks(struct pool *pool, int worker)
{
    for (size_t i; (i = atomic_fetch_add(&pool->next, 1)) < pool->count;)
        pool->task(pool->context, i, worker);
}

static void *helper_main(void *argument)
{
    struct helper helper = *(struct helper *)argument;
    struct pool *pool = helper.pool;
    free(argument);
    for (unsigned seen = 0;;) {
        // A short spin saves the cost of sleeping between the many small rounds of a training step.
        for (int i = 0; i < SPINS && atomic_load(&pool->round) == seen; i++)
            pause_briefly();
        pthread_mutex_lock(&pool->lock);
        while (atomic_load(&pool->round) == seen)
            pthread_cond_wait(&pool->work, &pool->lock);
        seen = atomic_load(&pool->round);
        bool closing = pool->closing;
        pthread_mutex_unlock(&pool->lock);
        if (closing)
            return NULL;
        take_tasks(pool, helper.worker);
        if (atomic_fetch_sub(&pool->busy, 1) == 1) {
            pthread_mutex_lock(&pool->lock);
            pthread_cond_signal(&pool->done);
            pthread_mutex_unlock(&pool->lock);
        }
    }
}

static void start_round(struct pool *pool, bool closing)
{
    pthread_mutex_lock(&pool->lock);
    pool->closing = closing;
    atomic_store(&pool->next, 0);
    atomic_store(&pool->busy, pool->threads - 1);
    atomic_fetch_add(&pool->round, 1);
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->lock);
}

int pool_open(struct pool **out, int threads, struct error *error)
{
    if (threads <= 0)
        threads = cpu_count();
    struct pool *pool = array_alloc(1, sizeof *pool);
    if (!pool)
        return error_memory(error, "a thread pool");
    pool->threads = 1;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->work, NULL);
    pthread_cond_init(&pool->done, NULL);
    pool->handles = array_alloc((size_t)threads, sizeof *pool->handles);
    for (int i = 1; pool->handles && i < threads; i++) {
        struct helper *helper = malloc(sizeof *helper);
        if (!helper)
            break;
        *helper = (struct helper){pool, i};
        if (pthread_create(&pool->handles[i], NULL, helper_main, helper) != 0) {
            free(helper);
            break; // fewer threads give the same results, later
        }
        pool->threads++;
    }
    *out = pool;
    return 0;
}

void pool_run(struct pool *pool, size_t count, pool_task *task, void *context)
{
    if (!pool || pool->threads == 1 || count <= 1) {
        for (size_t i = 0; i < count; i++)
            task(context, i, 0);
        return;
    }
    pool->task = task;
    pool->context = context;
    pool->count = count;
    start_round(pool, false);
    take_tasks(pool, 0);
    for (int i = 0; i < SPINS && atomic_load(&pool->busy) > 0; i++)
        pause_briefly();
    pthread_mutex_lock(&pool->lock);
    while (atomic_load(&pool->busy) > 0)
        pthread_cond_wait(&pool->done, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}

int pool_threads(const struct pool *pool)
{
    return pool ? pool->threads : 1;
}

void pool_close(struct pool *pool)
{
    if (!pool)
        return;
    start_round(pool, true);
    for (int i = 1; i < pool->threads; i++)
        pthread_join(pool->handles[i], NULL);
    pthread_mutex_destroy(&pool->lock);
    pthread_cond_destroy(&pool->work);
    pthread_cond_destroy(&pool->done);
    free(pool->handles);
    free(pool);
}

int cpu_count(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        return CPU_COUNT(&set);
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (int)online : 1;
}
