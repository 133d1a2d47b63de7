/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel answers to a request: acknowledgements with and without words, ends of dumps. */
#include "test.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <stdio.h>

#include <netlink/attr.h>
#include <netlink/msg.h>

#include "net/netlink_linux.h"
#include "netlink_answers.h"

enum {
	ANSWER_MAX = 512
};

static uint8_t room[NETLINK_ANSWERS_MAX][ANSWER_MAX];

static struct netlink *open_netlink(void)
{
	struct log quiet = log_init(NULL, "");
	struct netlink *nl;
	struct err err = {0};

	netlink_answers = (struct netlink_answers){0};
	assert_int_equal(netlink_open_protocol(&quiet, NETLINK_GENERIC, &nl, &err), 0);
	return nl;
}

static struct nl_msg *begin(int type, int flags)
{
	struct nl_msg *msg = nlmsg_alloc();

	assert_non_null(msg);
	assert_non_null(nlmsg_put(msg, 0, 1, type, 0, flags));
	return msg;
}

/* Queue @msg as a datagram of @len bytes; 0: all. */
static void answer(struct nl_msg *msg, size_t len)
{
	struct netlink_answers *a = &netlink_answers;
	const struct nlmsghdr *nlh = nlmsg_hdr(msg);

	assert_true(a->count < NETLINK_ANSWERS_MAX && nlh->nlmsg_len <= ANSWER_MAX);
	memcpy(room[a->count], nlh, nlh->nlmsg_len);
	a->bytes[a->count] = room[a->count];
	a->len[a->count++] = len ? len : nlh->nlmsg_len;
	nlmsg_free(msg);
}

static struct nl_msg *error(int errnum, int flags)
{
	struct nl_msg *msg = begin(NLMSG_ERROR, flags);
	struct nlmsgerr nlerr = {.error = -errnum, .msg = {.nlmsg_len = NLMSG_HDRLEN}};

	assert_int_equal(nlmsg_append(msg, &nlerr, sizeof(nlerr), NLMSG_ALIGNTO), 0);
	return msg;
}

static int ask(struct netlink *nl, netlink_msg_fn on_msg, void *ctx)
{
	return netlink_exchange(nl, begin(0x21, NLM_F_REQUEST), on_msg, ctx);
}

static void error__with_words__are_kept(void **state)
{
	const int flags = NLM_F_CAPPED | NLM_F_ACK_TLVS;
	struct netlink *nl = open_netlink();
	struct nl_msg *msg = error(EINVAL, flags);
	struct err err = {0};
	char text[300];

	(void)state;
	assert_int_equal(nla_put_u32(msg, NLMSGERR_ATTR_OFFS, 20), 0);
	assert_int_equal(nla_put_string(msg, NLMSGERR_ATTR_MSG, "cipher not there"), 0);
	answer(msg, 0);
	assert_int_equal(ask(nl, NULL, NULL), EINVAL);
	assert_string_equal(nl->reason, "cipher not there");
	assert_int_equal(netlink_fail(nl, &err, "key"), ERR_SYSTEM);
	assert_non_null(strstr(err.text, "cipher not there"));

	msg = error(EINVAL, flags);
	assert_int_equal(nla_put_u32(msg, NLMSGERR_ATTR_MISS_TYPE, 6), 0);
	answer(msg, 0);
	assert_int_equal(ask(nl, NULL, NULL), EINVAL);
	assert_string_equal(nl->reason, "missing required attribute type 6");

	msg = error(EINVAL, flags);
	assert_int_equal(nla_put_u32(msg, NLMSGERR_ATTR_MISS_NEST, 2), 0);
	answer(msg, 0);
	assert_int_equal(ask(nl, NULL, NULL), EINVAL);
	assert_string_equal(nl->reason, "missing required nesting type 2");

	/* more than there is room for is cut */
	memset(text, 'x', sizeof(text));
	msg = error(EPERM, flags);
	assert_int_equal(nla_put(msg, NLMSGERR_ATTR_MSG, sizeof(text), text), 0);
	answer(msg, 0);
	assert_int_equal(ask(nl, NULL, NULL), EPERM);
	assert_int_equal(strlen(nl->reason), NETLINK_REASON_MAX - 1);
	netlink_close(nl);
}

static void error__malformed_words__only_the_number(void **state)
{
	const int flags = NLM_F_CAPPED | NLM_F_ACK_TLVS;
	struct netlink *nl = open_netlink();
	struct nl_msg *msg;

	(void)state;
	/* a number of the wrong width */
	msg = error(EINVAL, flags);
	assert_int_equal(nla_put_u16(msg, NLMSGERR_ATTR_MISS_TYPE, 6), 0);
	answer(msg, 0);
	assert_int_equal(ask(nl, NULL, NULL), EINVAL);
	assert_string_equal(nl->reason, "");
	/* no words are announced: what follows is the request */
	msg = error(ENOENT, NLM_F_CAPPED);
	assert_int_equal(nla_put_string(msg, NLMSGERR_ATTR_MSG, "no"), 0);
	answer(msg, 0);
	assert_int_equal(ask(nl, NULL, NULL), ENOENT);
	assert_string_equal(nl->reason, "");
	/* an attribute that is longer than the message, and one without end of text */
	msg = error(EINVAL, flags);
	assert_int_equal(nla_put(msg, NLMSGERR_ATTR_MSG, 4, "abcd"), 0);
	((struct nlattr *)nlmsg_tail(nlmsg_hdr(msg)) - 2)->nla_len = 200;
	answer(msg, 0);
	assert_int_equal(ask(nl, NULL, NULL), EINVAL);
	assert_string_equal(nl->reason, "");
	msg = error(EINVAL, flags);
	assert_int_equal(nla_put(msg, NLMSGERR_ATTR_MSG, 4, "abcd"), 0);
	answer(msg, 0);
	assert_int_equal(ask(nl, NULL, NULL), EINVAL);
	assert_string_equal(nl->reason, "abcd");
	netlink_close(nl);
}

static void answer__cut_anywhere__fails_without_harm(void **state)
{
	size_t whole;

	(void)state;
	for (size_t len = 1;; len++) {
		struct netlink *nl = open_netlink();
		struct nl_msg *msg = error(0, NLM_F_CAPPED);

		whole = nlmsg_hdr(msg)->nlmsg_len;
		answer(msg, len);
		assert_int_equal(ask(nl, NULL, NULL) == 0, len >= whole);
		netlink_close(nl);
		if (len >= whole)
			return;
	}
}

static void count(void *ctx, struct nlmsghdr *nlh)
{
	(void)nlh;
	++*(unsigned int *)ctx;
}

static void end_of_dump(int result)
{
	struct nl_msg *msg = begin(NLMSG_DONE, NLM_F_MULTI);

	assert_int_equal(nlmsg_append(msg, &result, sizeof(result), NLMSG_ALIGNTO), 0);
	answer(msg, 0);
}

static void dump__ends__with_success_or_its_error(void **state)
{
	struct netlink *nl = open_netlink();
	unsigned int messages = 0;

	(void)state;
	answer(begin(0x21, NLM_F_MULTI), 0);
	answer(begin(0x21, NLM_F_MULTI), 0);
	end_of_dump(0);
	assert_int_equal(ask(nl, count, &messages), 0);
	assert_int_equal(messages, 2);
	answer(begin(0x21, NLM_F_MULTI), 0);
	end_of_dump(-ENODEV);
	assert_int_equal(ask(nl, count, &messages), ENODEV);
	assert_int_equal(messages, 3);
	netlink_close(nl);
}

static void dump__interrupted__asked_again(void **state)
{
	struct netlink *nl = open_netlink();
	unsigned int messages = 0;

	(void)state;
	answer(begin(0x21, NLM_F_MULTI | NLM_F_DUMP_INTR), 0);
	end_of_dump(0);
	answer(begin(0x21, NLM_F_MULTI), 0);
	end_of_dump(0);
	assert_int_equal(ask(nl, count, &messages), 0);
	assert_int_equal(netlink_answers.requests, 2);
	netlink_close(nl);
}

static void silence__times_out(void **state)
{
	struct netlink *nl = open_netlink();

	(void)state;
	assert_int_equal(ask(nl, NULL, NULL), ETIMEDOUT);
	netlink_close(nl);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(error__with_words__are_kept),
		cmocka_unit_test(error__malformed_words__only_the_number),
		cmocka_unit_test(answer__cut_anywhere__fails_without_harm),
		cmocka_unit_test(dump__ends__with_success_or_its_error),
		cmocka_unit_test(dump__interrupted__asked_again),
		cmocka_unit_test(silence__times_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
