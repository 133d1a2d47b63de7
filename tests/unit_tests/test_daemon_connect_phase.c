/* SPDX-License-Identifier: GPL-2.0-only */
#include "test.h"

#include "base/attr.h"
#include "daemon/connect_phase.h"

struct script {
	enum connect_result result[CONNECT_SOURCES];
	bool disabled_after[CONNECT_SOURCES];
	unsigned int ran, applied; /* bits of sources */
};

static enum connect_result run(void *ctx, enum connect_source source)
{
	struct script *s = ctx;

	s->ran |= 1u << source;
	return s->result[source];
}

static bool applied(void *ctx, enum connect_source source)
{
	struct script *s = ctx;

	s->applied |= 1u << source;
	return !s->disabled_after[source];
}

static const struct connect_ops ops = {.run = run, .applied = applied};

static void phase__nothing_configured__is_done(void **state)
{
	struct script s = {0};
	struct connect_phase p;

	(void)state;
	assert_int_equal(connect_phase_start(&p, &ops, &s), CONNECT_DONE);
	assert_int_equal(s.ran, (1u << CONNECT_SOURCES) - 1);
	assert_int_equal(s.applied, 0);
	assert_false(p.any_success);
}

static void phase__failure__ends_the_chain(void **state)
{
	struct script s = {.result = {[CONNECT_COMPRESS_MIGRATE] = CONNECT_SUCCESS,
				      [CONNECT_SCRIPT] = CONNECT_FAILURE,
				      [CONNECT_MANAGEMENT] = CONNECT_SUCCESS}};
	struct connect_phase p;

	(void)state;
	assert_int_equal(connect_phase_start(&p, &ops, &s), CONNECT_FAILED);
	assert_int_equal(p.source, CONNECT_SCRIPT);
	assert_true(p.any_success);
	assert_false(s.ran & 1u << CONNECT_MANAGEMENT);
	assert_int_equal(connect_phase_resume(&p, &ops, &s, CONNECT_SUCCESS), CONNECT_FAILED);
}

static void phase__disable__is_a_failure(void **state)
{
	struct script s = {.result = {[CONNECT_CONFIG_DIR] = CONNECT_SUCCESS},
			   .disabled_after = {[CONNECT_CONFIG_DIR] = true}};
	struct connect_phase p;

	(void)state;
	assert_int_equal(connect_phase_start(&p, &ops, &s), CONNECT_FAILED);
	assert_false(s.ran & 1u << CONNECT_SCRIPT);
}

static void phase__deferral__resumes_behind_the_source(void **state)
{
	struct script s = {
		.result = {
			[CONNECT_PLUGIN] = CONNECT_DEFERRED, [CONNECT_SCRIPT] = CONNECT_DEFERRED}};
	struct connect_phase p;

	(void)state;
	assert_int_equal(connect_phase_start(&p, &ops, &s), CONNECT_WAITING);
	assert_int_equal(p.source, CONNECT_PLUGIN);
	assert_false(s.ran & 1u << CONNECT_SCRIPT);
	assert_int_equal(connect_phase_resume(&p, &ops, &s, CONNECT_SUCCESS), CONNECT_WAITING);
	assert_int_equal(p.source, CONNECT_SCRIPT);
	assert_int_equal(s.applied, 1u << CONNECT_PLUGIN);
	assert_int_equal(connect_phase_resume(&p, &ops, &s, CONNECT_SUCCESS), CONNECT_DONE);
	assert_true(s.ran & 1u << CONNECT_MANAGEMENT);
	assert_int_equal(connect_phase_resume(&p, &ops, &s, CONNECT_FAILURE), CONNECT_DONE);
}

static void phase__deferred_failure__fails(void **state)
{
	struct script s = {.result = {[CONNECT_SCRIPT] = CONNECT_DEFERRED}};
	struct connect_phase p;

	(void)state;
	assert_int_equal(connect_phase_start(&p, &ops, &s), CONNECT_WAITING);
	assert_int_equal(connect_phase_resume(&p, &ops, &s, CONNECT_FAILURE), CONNECT_FAILED);
	assert_false(p.any_success);
	assert_string_equal(connect_state_name(p.state), "failed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(phase__nothing_configured__is_done),
		cmocka_unit_test(phase__failure__ends_the_chain),
		cmocka_unit_test(phase__disable__is_a_failure),
		cmocka_unit_test(phase__deferral__resumes_behind_the_source),
		cmocka_unit_test(phase__deferred_failure__fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
