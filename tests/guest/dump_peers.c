/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Asks the kernel's driver what it has, or takes a peer away from its owner.
 *
 * usage: dump_peers INTERFACE [delete ID]
 *
 * Prints "peer ID keys PRIMARY SECONDARY" for each peer of the interface, with the key ids of the
 * mainline driver ("-" for an empty slot), and a last line "N peers, N keys".
 */
#include "config.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <netlink/attr.h>
#include <netlink/msg.h>

#include "dco_linux.h"

enum {
	PEERS_MAX = 4096,
	/* the mainline driver's way to ask for a key */
	CMD_KEY_GET = 7,
	TOP_KEYCONF = 3,
	KEY_PEER_ID = 1,
	KEY_SLOT,
	KEY_ID,
	KEY_MAX = 6,
};

struct dump {
	const struct kernel_dialect *dialect;
	size_t count;
	uint32_t ids[PEERS_MAX];
};

static void on_peer(void *ctx, struct nlmsghdr *nlh)
{
	struct dump *dump = ctx;
	struct kernel_peer_info info;

	if (dump->dialect->get_peer(nlh, &info) && dump->count < PEERS_MAX)
		dump->ids[dump->count++] = info.id;
}

static void on_key(void *ctx, struct nlmsghdr *nlh)
{
	struct nlattr *top[TOP_KEYCONF + 1], *tb[KEY_MAX + 1];
	int *key_id = ctx;

	if (nlmsg_parse(nlh, GENL_HDRLEN, top, TOP_KEYCONF, NULL) == 0 && top[TOP_KEYCONF] &&
	    nla_parse_nested(tb, KEY_MAX, top[TOP_KEYCONF], NULL) == 0 && tb[KEY_ID])
		*key_id = (int)nla_get_u32(tb[KEY_ID]);
}

/* Return: the key id of a slot, -1 when it is empty. */
static int key_of(struct netlink *nl, const struct kernel_family *f, int ifindex, uint32_t peer,
		  uint32_t slot)
{
	struct nl_msg *msg = kernel_request(f, CMD_KEY_GET, 0, ifindex);
	struct nlattr *conf = msg ? nla_nest_start(msg, TOP_KEYCONF | NLA_F_NESTED) : NULL;
	int key_id = -1;

	if (!conf || nla_put_u32(msg, KEY_PEER_ID, peer) < 0 ||
	    nla_put_u32(msg, KEY_SLOT, slot) < 0)
		return -1;
	nla_nest_end(msg, conf);
	if (netlink_exchange(nl, msg, on_key, &key_id))
		return -1;
	return key_id;
}

static void print_slot(int key_id)
{
	if (key_id < 0)
		printf(" -");
	else
		printf(" %d", key_id);
}

static int delete_peer(const char *ifname, uint32_t id)
{
	static const struct kernel_dialect *const dialects[] = {&kernel_mainline, &kernel_legacy};
	struct log quiet = log_init(NULL, "");
	struct kernel_family family;
	struct netlink *nl = NULL;
	struct err err = {0};
	int errnum = ENODEV;

	if (netlink_open_protocol(&quiet, NETLINK_GENERIC, &nl, &err) < 0)
		return 1;
	for (size_t i = 0; i < ARRAY_SIZE(dialects); i++) {
		uint8_t cmd = dialects[i]->cmd_peer_del;
		struct nl_msg *msg;

		if (kernel_family_find(nl, dialects[i], &family, &err) < 0)
			continue;
		msg = kernel_request(&family, cmd, NLM_F_ACK, (int)if_nametoindex(ifname));
		msg = kernel_fitting(msg, msg ? dialects[i]->put_peer_id(msg, id, cmd) : -1);
		errnum = netlink_exchange(nl, msg, NULL, NULL);
		break;
	}
	netlink_close(nl);
	if (errnum)
		fprintf(stderr, "dump_peers: %s\n", strerror(errnum));
	return errnum ? 1 : 0;
}

int main(int argc, char **argv)
{
	static struct dump dump = {.dialect = &kernel_mainline};
	struct log quiet = log_init(NULL, "");
	struct kernel_family family;
	struct netlink *nl = NULL;
	struct err err = {0};
	unsigned int keys = 0;
	int ifindex;

	if (argc == 4 && strcmp(argv[2], "delete") == 0)
		return delete_peer(argv[1], (uint32_t)strtoul(argv[3], NULL, 10));
	ifindex = argc == 2 ? (int)if_nametoindex(argv[1]) : 0;

	if (!ifindex) {
		fprintf(stderr, "usage: dump_peers INTERFACE [delete ID]\n");
		return 2;
	}
	if (netlink_open_protocol(&quiet, NETLINK_GENERIC, &nl, &err) < 0 ||
	    kernel_family_find(nl, dump.dialect, &family, &err) < 0 ||
	    netlink_exchange(
		    nl, kernel_request(&family, dump.dialect->cmd_peer_get, NLM_F_DUMP, ifindex),
		    on_peer, &dump)) {
		fprintf(stderr, "dump_peers: %s\n", err.text[0] ? err.text : "the dump failed");
		return 1;
	}
	for (size_t i = 0; i < dump.count; i++) {
		printf("peer %u keys", dump.ids[i]);
		for (uint32_t slot = 0; slot < 2; slot++) {
			int key_id = key_of(nl, &family, ifindex, dump.ids[i], slot);

			print_slot(key_id);
			keys += key_id >= 0;
		}
		printf("\n");
	}
	printf("%zu peers, %u keys\n", dump.count, keys);
	netlink_close(nl);
	return 0;
}
