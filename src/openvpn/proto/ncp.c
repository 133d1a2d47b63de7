/* SPDX-License-Identifier: GPL-2.0-only */
#include "proto/ncp.h"

#include <string.h>

#include "crypto/cipher.h"
#include "proto/iv_proto.h"
#include "proto/peer_info.h"

enum {
	NCP_PEER_LIST_MAX = 1024 /* longest IV_CIPHERS that is looked at */
};

/* Take the next colon separated item; empty items are passed over. */
static bool ncp_next(const char **pos, char *item, size_t cap)
{
	while (**pos) {
		size_t len = strcspn(*pos, ":");
		const char *start = *pos;

		*pos += len + (start[len] == ':');
		if (len == 0)
			continue;
		if (len >= cap)
			len = cap - 1;
		memcpy(item, start, len);
		item[len] = '\0';
		return true;
	}
	return false;
}

/* Known to crypto libraries, but of a kind that no data format can carry. */
static bool ncp_mode_is_foreign(const char *name)
{
	static const char *const modes[] = {"-ECB", "-CTR",  "-CCM", "-XTS",	"-OCB",
					    "-SIV", "-WRAP", "-CTS", "-GCM-SIV"};
	size_t len = strlen(name);

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		size_t n = strlen(modes[i]);

		if (len > n && strcasecmp(name + len - n, modes[i]) == 0)
			return true;
	}
	return false;
}

static const struct cipher_info *ncp_lookup(const char *name, bool optional, struct str *lines)
{
	const struct cipher_info *cipher = cipher_by_name(name);

	if (cipher && cipher_available(cipher))
		return cipher;
	if (!cipher && ncp_mode_is_foreign(name))
		str_addf(
			lines,
			"Unsupported %scipher algorithm '%s'. It does not use CFB, OFB, CBC, or a supported AEAD mode\n",
			optional ? "optional " : "", name);
	else
		str_addf(lines, "Unsupported %scipher in --data-ciphers: %s\n",
			 optional ? "optional " : "", name);
	return NULL;
}

/* Replace the first item "DEFAULT". */
static void ncp_expand_default(const char *text, bool no_chacha, struct str *out)
{
	const struct cipher_info *chacha = cipher_by_id(CIPHER_CHACHA20_POLY1305);
	char item[NCP_LIST_MAX];
	bool done = false;

	while (ncp_next(&text, item, sizeof(item))) {
		if (out->len)
			str_add(out, ":");
		if (done || strcmp(item, "DEFAULT") != 0) {
			str_add(out, item);
			continue;
		}
		done = true;
		str_add(out, "AES-256-GCM:AES-128-GCM");
		if (!no_chacha && cipher_available(chacha))
			str_addf(out, ":%s", chacha->name);
	}
}

static int ncp_list_append(struct ncp_list *list, const char *name, struct str *lines)
{
	size_t have = strlen(list->text);

	if (have + (have > 0) + strlen(name) >= sizeof(list->text)) {
		str_add(lines, "Length of --data-ciphers is over the limit of 127 chars\n");
		return ERR_OVERFLOW;
	}
	/* the length was checked above */
	if (have)
		str_append(list->text, sizeof(list->text), ":");
	str_append(list->text, sizeof(list->text), name);
	return 0;
}

static int ncp_list_normalise(const char *text, struct ncp_list *out, struct str *lines)
{
	char item[NCP_LIST_MAX];
	int ret = 0;

	while (ncp_next(&text, item, sizeof(item))) {
		bool optional = item[0] == '?';
		const struct cipher_info *cipher = ncp_lookup(item + optional, optional, lines);

		if (!cipher) {
			ret = optional ? ret : ERR_UNSUPPORTED;
			continue;
		}
		if (cipher->id == CIPHER_NONE)
			str_add(lines,
				"WARNING: cipher 'none' specified for --data-ciphers. This allows negotiation of NO encryption and tunnelled data WILL then be transmitted in clear text over the network! PLEASE DO RECONSIDER THIS SETTING!\n");
		if (ncp_list_append(out, cipher->name, lines) < 0)
			return ERR_OVERFLOW;
	}
	if (ret == 0 && !out->text[0])
		ret = ERR_INVALID;
	return ret;
}

int ncp_list_parse(const char *text, bool no_chacha, struct ncp_list *out, struct str *lines,
		   struct err *err)
{
	struct str expanded = str_init();
	int ret;

	*out = (struct ncp_list){0};
	ncp_expand_default(text, no_chacha, &expanded);
	if (expanded.failed)
		ret = ERR_NOMEM;
	else
		ret = ncp_list_normalise(str_text(&expanded), out, lines);
	str_fini(&expanded);
	if (ret < 0)
		err_set(err, ret,
			"--data-ciphers list contains unsupported ciphers or is too long.");
	return ret;
}

bool ncp_list_has(const char *list, const char *cipher)
{
	char item[NCP_LIST_MAX];

	while (ncp_next(&list, item, sizeof(item)))
		if (strcmp(item, cipher) == 0)
			return true;
	return false;
}

bool ncp_list_announces_ncp2(const char *list)
{
	return ncp_list_has(list, "AES-128-GCM") && ncp_list_has(list, "AES-256-GCM");
}

/* ---- server ---- */

static bool ncp_is_aead(const char *name)
{
	const struct cipher_info *cipher = cipher_by_name(name);

	return cipher && cipher->mode == CIPHER_MODE_AEAD;
}

static int ncp_refuse(struct ncp_refusal *refusal, const char *reason)
{
	str_copy(refusal->client_reason, sizeof(refusal->client_reason), reason);
	return ERR_UNSUPPORTED;
}

/* "'AES-256-GCM:DEFAULT' (AES-256-GCM:...)": what is configured, and what it means */
static void ncp_add_server_list(const struct ncp_server *srv, struct str *s)
{
	const char *shown = srv->data_ciphers_config ? srv->data_ciphers_config : srv->data_ciphers;

	str_addf(s, "'%s'", shown);
	if (strcmp(shown, srv->data_ciphers) != 0)
		str_addf(s, " (%s)", srv->data_ciphers);
}

/* Nobody told a cipher that we have: fall back or refuse. */
static int ncp_server_no_common(const struct ncp_server *srv, const char *client_list,
				const char *occ_cipher, struct negotiated *out,
				struct ncp_refusal *refusal, struct str *lines)
{
	if (*client_list || *occ_cipher) {
		str_add(lines,
			"PUSH: No common cipher between server and client. Server data-ciphers: ");
		ncp_add_server_list(srv, lines);
		if (*client_list)
			str_addf(lines, ", client supported ciphers '%s'\n", client_list);
		else
			str_addf(lines, ", client supports cipher '%s'\n", occ_cipher);
	} else {
		str_add(lines, "PUSH: No NCP or OCC cipher data received from peer.\n");
		if (srv->fallback) {
			str_addf(
				lines,
				"Using data channel cipher '%s' since --data-ciphers-fallback is set.\n",
				srv->cipher);
			str_copy(out->cipher, sizeof(out->cipher), srv->cipher);
			return 0;
		}
		str_add(lines,
			"Use --data-ciphers-fallback with the cipher the client is using if you want to allow the client to connect\n");
	}
	return ncp_refuse(refusal, "Data channel cipher negotiation failed (no shared cipher)");
}

static int ncp_server_cipher(const struct ncp_server *srv, const char *peer_info,
			     const char *occ_cipher, struct negotiated *out,
			     struct ncp_refusal *refusal, struct str *lines)
{
	char list[NCP_PEER_LIST_MAX], item[NCP_LIST_MAX];
	bool has_list = peer_info_get(peer_info, "IV_CIPHERS", list, sizeof(list));
	bool has_ncp = peer_info_number(peer_info, "IV_NCP") >= 2;

	if (has_list)
		occ_cipher = "";
	else if (has_ncp)
		str_copy(list, sizeof(list), "AES-256-GCM:AES-128-GCM");
	out->push_cipher = has_list || has_ncp;
	for (const char *pos = srv->data_ciphers; ncp_next(&pos, item, sizeof(item));) {
		if (!ncp_list_has(list, item) && strcmp(item, occ_cipher) != 0)
			continue;
		str_copy(out->cipher, sizeof(out->cipher), item);
		return 0;
	}
	str_printable(list, '_');
	return ncp_server_no_common(srv, list, occ_cipher, out, refusal, lines);
}

static void ncp_server_mtu(const struct ncp_server *srv, const char *peer_info,
			   struct negotiated *out, struct str *lines)
{
	uint32_t limit = peer_info_number(peer_info, "IV_MTU");

	if (!limit)
		return;
	out->tun_mtu = srv->tun_mtu;
	if (limit < srv->tun_mtu)
		str_addf(
			lines,
			"Warning: reported maximum MTU from client (%u) is lower than MTU used on the server (%u). Add tun-mtu-max %u to client configuration.\n",
			limit, srv->tun_mtu, srv->tun_mtu);
}

int ncp_server_choose(const struct ncp_server *srv, const char *peer_info, const char *occ_cipher,
		      uint32_t peer_id, struct negotiated *out, struct ncp_refusal *refusal,
		      struct str *lines)
{
	uint32_t bits = peer_info_number(peer_info, "IV_PROTO");
	int ret;

	*out = negotiated_init();
	if (bits & IV_PROTO_NCP_P2P)
		str_add(lines,
			"Note: peer reports running in P2P mode (no --pull/--client option). It will not negotiate ciphers with this server. Expect this connection to fail.\n");
	if (bits & IV_PROTO_DATA_V2) {
		out->use_v2 = true;
		out->peer_id = peer_id;
		out->tx_peer_id = peer_id;
	} else if (srv->require_v2) {
		str_add(lines,
			"Client does not support DATA_V2. Data channel offloading requires DATA_V2. Dropping client.\n");
		return ncp_refuse(refusal, "Data channel negotiation failed (missing DATA_V2)");
	}
	out->tls_ekm = bits & IV_PROTO_TLS_EKM;
	if (!out->tls_ekm && srv->force_tls_ekm) {
		str_add(lines,
			"PUSH: client does not support TLS Keying Material Exporters but --force-tls-key-material-export is enabled.\n");
		return ncp_refuse(
			refusal,
			"Client incompatible with this server. Keying Material Exporters (RFC 5705) support missing. Upgrade to a client that supports this feature (OpenVPN 2.6.0+).");
	}
	out->cc_exit = bits & IV_PROTO_CC_EXIT;
	out->dyn_tls_crypt = bits & IV_PROTO_DYN_TLS_CRYPT;
	ncp_server_mtu(srv, peer_info, out, lines);
	ret = ncp_server_cipher(srv, peer_info, occ_cipher, out, refusal, lines);
	/* The client is told by protocol-flags, and the format has a place for a peer-id only. */
	out->epoch = ret == 0 && srv->epoch && (bits & IV_PROTO_DATA_EPOCH) && out->use_v2 &&
		     out->cc_exit && ncp_is_aead(out->cipher);
	return ret;
}

/* ---- client ---- */

int ncp_pushed_flags(const char *const *words, size_t n, struct negotiated *n_out, struct err *err)
{
	int ret = 0;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(words[i], "cc-exit") == 0)
			n_out->cc_exit = true;
		else if (strcmp(words[i], "tls-ekm") == 0)
			n_out->tls_ekm = true;
		else if (strcmp(words[i], "dyn-tls-crypt") == 0)
			n_out->dyn_tls_crypt = true;
		else if (strcmp(words[i], "aead-epoch") == 0)
			n_out->epoch = true;
		else if (ret == 0)
			ret = err_set(err, ERR_OPTION, "Unknown protocol-flags flag: %s", words[i]);
	}
	return ret;
}

int ncp_pushed_key_derivation(const char *word, struct negotiated *n, struct err *err)
{
	if (strcmp(word, "tls-ekm") != 0)
		return err_set(err, ERR_OPTION, "Unknown key-derivation method %s", word);
	n->tls_ekm = true;
	return 0;
}

/* The server said nothing about ciphers by push: what its options string tells must do. */
static int ncp_client_unpushed(const struct ncp_client *cl, const char *occ_cipher,
			       struct negotiated *n, struct str *lines, struct err *err)
{
	const char *shown = cl->data_ciphers_config ? cl->data_ciphers_config : cl->data_ciphers;

	if (*occ_cipher && ncp_list_has(cl->data_ciphers, occ_cipher)) {
		str_addf(lines, "Using peer cipher '%s'\n", occ_cipher);
		str_copy(n->cipher, sizeof(n->cipher), occ_cipher);
		return 0;
	}
	if (*occ_cipher)
		return err_set(
			err, ERR_UNSUPPORTED,
			"OPTIONS ERROR: failed to negotiate cipher with server.  Add the server's cipher ('%s') to --data-ciphers (currently '%s'), e.g.--data-ciphers %s:%s if you want to connect to this server.",
			occ_cipher, shown, shown, occ_cipher);
	if (!cl->fallback)
		return err_set(
			err, ERR_UNSUPPORTED,
			"OPTIONS ERROR: failed to negotiate cipher with server. Configure --data-ciphers-fallback if you want to connect to this server.");
	str_copy(n->cipher, sizeof(n->cipher), cl->cipher);
	return 0;
}

int ncp_client_accept(const struct ncp_client *cl, bool pushed, const char *occ_cipher,
		      struct negotiated *n, struct str *lines, struct err *err)
{
	const struct cipher_info *cipher;

	if (!pushed) {
		int ret = ncp_client_unpushed(cl, occ_cipher, n, lines, err);

		if (ret < 0)
			return ret;
	} else if (!n->cipher[0]) {
		str_copy(n->cipher, sizeof(n->cipher), cl->cipher);
	}
	cipher = cipher_by_name(n->cipher);
	if (cipher)
		str_copy(n->cipher, sizeof(n->cipher), cipher->name);
	if (!cipher || (!ncp_list_has(cl->data_ciphers, n->cipher) &&
			!(cl->fallback && strcasecmp(n->cipher, cl->cipher) == 0))) {
		str_addf(lines, "Error: negotiated cipher not allowed - %s not in %s\n", n->cipher,
			 cl->data_ciphers);
		return err_set(err, ERR_UNSUPPORTED,
			       "OPTIONS ERROR: failed to import crypto options");
	}
	if (n->epoch && !n->use_v2)
		return err_set(
			err, ERR_UNSUPPORTED,
			"OPTIONS ERROR: Epoch key data format tag requires data v2 (peer-id) to be enabled.");
	return 0;
}

/* ---- p2p ---- */

static void ncp_p2p_cipher(const struct ncp_p2p *p, const char *peer_info, struct negotiated *out)
{
	char list[NCP_PEER_LIST_MAX], item[NCP_LIST_MAX];
	const char *server, *client;

	if (!peer_info_get(peer_info, "IV_CIPHERS", list, sizeof(list)))
		return;
	server = p->tls_server ? p->data_ciphers : list;
	client = p->tls_server ? list : p->data_ciphers;
	while (ncp_next(&server, item, sizeof(item))) {
		if (!ncp_list_has(client, item))
			continue;
		str_copy(out->cipher, sizeof(out->cipher), item);
		return;
	}
}

static void ncp_p2p_features(const struct ncp_p2p *p, uint32_t bits, struct negotiated *out)
{
	uint32_t id = NCP_P2P_PEER_ID_FIXED;

	bits &= p->iv_proto;
	out->cc_exit = bits & IV_PROTO_CC_EXIT;
	out->tls_ekm = bits & IV_PROTO_TLS_EKM;
	out->dyn_tls_crypt = bits & IV_PROTO_DYN_TLS_CRYPT;
	if (!(bits & IV_PROTO_DATA_V2))
		return;
	if (out->tls_ekm && p->exported_id)
		id = (uint32_t)p->exported_id[0] << 16 | (uint32_t)p->exported_id[1] << 8 |
		     p->exported_id[2];
	out->use_v2 = true;
	out->peer_id = id;
	out->tx_peer_id = id;
	out->epoch = (bits & IV_PROTO_DATA_EPOCH) && ncp_is_aead(out->cipher);
}

void ncp_p2p_negotiate(const struct ncp_p2p *p, const char *peer_info, const char *fallback_cipher,
		       struct negotiated *out, struct str *line)
{
	uint32_t bits = peer_info_number(peer_info, "IV_PROTO");

	*out = negotiated_init();
	ncp_p2p_cipher(p, peer_info, out);
	if (bits & IV_PROTO_NCP_P2P)
		ncp_p2p_features(p, bits, out);
	str_addf(
		line,
		"P2P mode NCP negotiation result: TLS_export=%d, DATA_v2=%d, peer-id %u, epoch=%d, cipher=",
		out->tls_ekm, out->use_v2, out->peer_id, out->epoch);
	if (out->cipher[0])
		str_add(line, out->cipher);
	else
		str_addf(line, "(not negotiated, fallback-cipher: %s)",
			 fallback_cipher ? fallback_cipher : "none");
}

int ncp_p2p_settle(struct negotiated *n, const char *fallback_cipher, struct err *err)
{
	if (n->cipher[0])
		return 0;
	if (!fallback_cipher)
		return err_set(
			err, ERR_UNSUPPORTED,
			"ERROR: failed to negotiate cipher with peer and --data-ciphers-fallback not enabled. No usable data channel cipher");
	str_copy(n->cipher, sizeof(n->cipher), fallback_cipher);
	return 0;
}
