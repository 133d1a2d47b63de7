/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/script_queue.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

struct script_job {
	struct script_job *next;
	enum script_hook hook;
	struct env *env;
	char *args[SCRIPT_ARGS_MAX];
	size_t n_args;
	void (*done)(void *ctx, int code);
	void *ctx;
};

struct script_queue {
	struct script_runner *runner;
	struct script_job *head, **tail;
	struct script_job *running;
	struct script_wait *wait;
	bool held;
};

struct script_queue *script_queue_new(struct script_runner *runner)
{
	struct script_queue *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	q->runner = runner;
	q->tail = &q->head;
	return q;
}

static void job_end(struct script_job *job, int code)
{
	if (job->done)
		job->done(job->ctx, code);
	for (size_t i = 0; i < job->n_args; i++)
		free(job->args[i]);
	env_free(job->env);
	free(job);
}

static struct script_job *queue_take(struct script_queue *q)
{
	struct script_job *job = q->head;

	if (!job)
		return NULL;
	q->head = job->next;
	if (!q->head)
		q->tail = &q->head;
	return job;
}

static void queue_next(struct script_queue *q);

static void on_done(void *ctx, int code, int exit_code, const struct err *err)
{
	struct script_queue *q = ctx;
	struct script_job *job = q->running;

	(void)exit_code;
	(void)err;
	q->running = NULL;
	q->wait = NULL;
	job_end(job, code);
	queue_next(q);
}

static int job_start(struct script_queue *q, struct script_job *job)
{
	struct err err = {0};

	return script_start(q->runner, job->hook, job->env, (const char *const *)job->args,
			    job->n_args, on_done, q, &q->wait, &err);
}

static void queue_next(struct script_queue *q)
{
	while (!q->held && !q->running && q->head) {
		struct script_job *job = queue_take(q);
		int ret = job_start(q, job);

		if (ret == 0)
			q->running = job;
		else
			job_end(job, ret == ERR_NOT_FOUND ? 0 : ret);
	}
}

static struct script_job *job_new(enum script_hook hook, const struct env *env,
				  const char *const *args, size_t n)
{
	struct script_job *job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	job->hook = hook;
	job->env = env_clone(env);
	for (size_t i = 0; i < n && i < SCRIPT_ARGS_MAX; i++) {
		job->args[i] = strdup(args[i]);
		job->n_args = i + 1;
		if (!job->args[i])
			break;
	}
	if (job->env && (n == 0 || job->args[n - 1]))
		return job;
	job_end(job, 0);
	return NULL;
}

void script_queue_add(struct script_queue *q, enum script_hook hook, const struct env *env,
		      const char *const *args, size_t n, void (*done)(void *ctx, int code),
		      void *ctx)
{
	struct script_job *job = job_new(hook, env, args, n);

	if (!job) {
		if (done)
			done(ctx, ERR_NOMEM);
		return;
	}
	job->done = done;
	job->ctx = ctx;
	*q->tail = job;
	q->tail = &job->next;
	queue_next(q);
}

void script_queue_hold(struct script_queue *q)
{
	q->held = true;
}

void script_queue_finish(struct script_queue *q)
{
	struct script_job *job;

	while ((job = queue_take(q))) {
		struct err err = {0};
		int ret = script_run(q->runner, job->hook, job->env, (const char *const *)job->args,
				     job->n_args, NULL, &err);

		job_end(job, ret);
	}
}

void script_queue_free(struct script_queue *q)
{
	struct script_job *job;

	if (!q)
		return;
	if (q->wait)
		script_abandon(q->wait);
	if (q->running)
		job_end(q->running, ERR_STATE);
	while ((job = queue_take(q)))
		job_end(job, ERR_STATE);
	free(q);
}
