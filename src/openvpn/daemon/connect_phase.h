/* SPDX-License-Identifier: GPL-2.0-only */
/* The chain of sources that configure a client before it gets its reply. Spec 03 section 3.8.6. */
#pragma once

#include <stdbool.h>

/* In their order. */
enum connect_source {
	CONNECT_COMPRESS_MIGRATE,
	CONNECT_CONFIG_DIR,
	CONNECT_PLUGIN,
	CONNECT_PLUGIN_V2,
	CONNECT_SCRIPT,
	CONNECT_MANAGEMENT,
	CONNECT_SOURCES /* their number */
};

enum connect_result {
	CONNECT_NOT_CONFIGURED,
	CONNECT_SUCCESS,
	CONNECT_DEFERRED,
	CONNECT_FAILURE,
};

enum connect_state {
	CONNECT_NOT_STARTED,
	CONNECT_RUNNING,
	CONNECT_WAITING, /* for the end of the current source */
	CONNECT_DONE,
	CONNECT_FAILED,
};

struct connect_ops {
	/* begin one source, and if it can be done at once, finish it */
	enum connect_result (*run)(void *ctx, enum connect_source source);
	/* its options were taken: select the address again. false: the client is disabled */
	bool (*applied)(void *ctx, enum connect_source source);
};

struct connect_phase {
	enum connect_state state;
	enum connect_source source; /* that runs or is waited for */
	bool any_success;	    /* client-disconnect is due even if the rest fails */
};

/** connect_phase_start() - run sources until one defers or fails. Return: the state then. */
enum connect_state connect_phase_start(struct connect_phase *p, const struct connect_ops *ops,
				       void *ctx);

/**
 * connect_phase_resume() - the source that was waited for has ended
 * @result: anything but CONNECT_DEFERRED
 *
 * Does nothing unless the state is CONNECT_WAITING.
 */
enum connect_state connect_phase_resume(struct connect_phase *p, const struct connect_ops *ops,
					void *ctx, enum connect_result result);

const char *connect_state_name(enum connect_state state);
