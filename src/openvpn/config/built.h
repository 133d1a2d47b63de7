/* SPDX-License-Identifier: GPL-2.0-only */
/* Which behaviours exist already. An option of another one is refused, never ignored. */
#pragma once

enum {
	BUILT_ALWAYS = 1, /* clients and what all modes share */
	BUILT_SERVER = 1,
	BUILT_P2P_TLS = 1, /* tls-server without mode server, tls-client without pull */
	BUILT_STATIC_KEY = 0,
	BUILT_COMPRESSION = 1, /* framing of any kind */
	BUILT_FRAGMENT = 1,
	BUILT_TAP = 1,
	BUILT_NULL_DEVICE = 0,
	BUILT_UNIX_DEVICE = 0,
	BUILT_PERSIST_NODE = 1, /* mktun, rmtun */
	BUILT_LEGACY_CIPHERS = 1,
	BUILT_MANAGEMENT = 0,
	BUILT_PLUGIN = 0,
	BUILT_PKCS11 = 0,
	BUILT_PKCS12 = 1,
	BUILT_PROXY = 0,
	BUILT_SHAPER = 0,
	BUILT_PASSTOS = 0,
	BUILT_CLIENT_NAT = 0,
	BUILT_PORT_SHARE = 1,
	BUILT_MTU_TEST = 0,
	BUILT_LINK_MTU = 0,
	BUILT_PRERESOLVE = 0,
	BUILT_PERSIST_LOCAL_IP = 0,
	BUILT_VLAN = 1,
	BUILT_TEST_CRYPTO = 1,
};
