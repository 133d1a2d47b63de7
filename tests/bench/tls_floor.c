/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What TLS alone takes of a server's handshake: TLS 1.3 between two connections of OpenSSL as it
 * comes, in one process, with certificates on both sides. Counted is the CPU time of the server's
 * calls, from its connection's first byte of memory to the last, with the keys of a data channel.
 *
 * usage: tls_floor --ca FILE --cert FILE --key FILE --client-cert FILE --client-key FILE
 *                  [--handshakes N] [--pause MS]
 *
 * --pause waits after each handshake, as a server does to which few clients come: its caches are
 * cold then.
 */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

enum {
	TURNS_MAX = 16, /* of the two; TLS 1.3 needs three */
	KEYS_LEN = 256,
};

struct options {
	const char *ca, *cert, *key, *client_cert, *client_key;
	unsigned long handshakes, pause_ms;
};

/* A pair of connections, and what the server's calls took. */
struct pair {
	SSL *server, *client;
	double server_ms;
};

static const char label[] = "EXPORTER-OpenVPN-datakeys";

static double cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* fail_tls() - one line with the first reason that OpenSSL gives: the later ones follow from it */
static int fail_tls(const char *what, const char *on)
{
	unsigned long code = ERR_get_error();
	const char *reason = ERR_reason_error_string(code);

	if (ERR_SYSTEM_ERROR(code))
		reason = strerror(ERR_GET_REASON(code));
	fprintf(stderr, "tls_floor: %s%s: %s\n", what, on, reason ? reason : "no reason given");
	ERR_clear_error();
	return -1;
}

static SSL_CTX *make_ctx(const SSL_METHOD *method, const char *ca, const char *cert,
			 const char *key)
{
	SSL_CTX *ctx = SSL_CTX_new(method);

	if (!ctx || SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_num_tickets(ctx, 0) != 1)
		fail_tls("cannot set TLS up", "");
	else if (SSL_CTX_load_verify_file(ctx, ca) != 1)
		fail_tls("cannot use the CA ", ca);
	else if (SSL_CTX_use_certificate_chain_file(ctx, cert) != 1)
		fail_tls("cannot use the certificate ", cert);
	else if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
		fail_tls("cannot use the key ", key);
	else {
		SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
		return ctx;
	}
	SSL_CTX_free(ctx);
	return NULL;
}

/* Return: 1 done, 0 waits for the other side, -1 failed and told. */
static int step(SSL *ssl, const char *who)
{
	int ret = SSL_do_handshake(ssl);
	int why = SSL_get_error(ssl, ret);
	long verified = SSL_get_verify_result(ssl);

	if (ret == 1)
		return 1;
	if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
		return 0;
	if (verified == X509_V_OK)
		return fail_tls("the handshake failed for the ", who);
	fprintf(stderr, "tls_floor: the handshake failed for the %s: the other's certificate: %s\n",
		who, X509_verify_cert_error_string(verified));
	return -1;
}

static int server_step(struct pair *p)
{
	double start = cpu_ms();
	int ret = step(p->server, "server");

	p->server_ms += cpu_ms() - start;
	return ret;
}

/* The one who fails sends an alert, so the first to tell is the one who knows why. */
static int shake_hands(struct pair *p)
{
	for (int i = 0; i < TURNS_MAX; i++) {
		int client = step(p->client, "client");
		int server = client < 0 ? -1 : server_step(p);

		if (client < 0 || server < 0)
			return -1;
		if (client == 1 && server == 1)
			return 0;
	}
	fprintf(stderr, "tls_floor: the handshake does not end\n");
	return -1;
}

static int server_new(struct pair *p, SSL_CTX *ctx, BIO *bio)
{
	double start = cpu_ms();

	p->server = SSL_new(ctx);
	if (p->server) {
		SSL_set_bio(p->server, bio, bio);
		SSL_set_accept_state(p->server);
	}
	p->server_ms += cpu_ms() - start;
	return p->server ? 0 : fail_tls("no memory for the server", "");
}

static int server_keys(struct pair *p)
{
	unsigned char keys[KEYS_LEN];
	double start = cpu_ms();
	int ok = SSL_export_keying_material(p->server, keys, sizeof(keys), label, strlen(label),
					    NULL, 0, 0);

	p->server_ms += cpu_ms() - start;
	OPENSSL_cleanse(keys, sizeof(keys));
	return ok == 1 ? 0 : fail_tls("no keys from the server", "");
}

static void server_free(struct pair *p)
{
	double start = cpu_ms();

	SSL_free(p->server);
	p->server_ms += cpu_ms() - start;
}

/* handshake() - one, from nothing to nothing; adds what the server took to *server_ms */
static int handshake(SSL_CTX *server, SSL_CTX *client, double *server_ms)
{
	struct pair p = {0};
	BIO *to_client, *to_server;
	int ret = -1;

	if (BIO_new_bio_pair(&to_client, 0, &to_server, 0) != 1)
		return fail_tls("no memory for the connection", "");
	if (server_new(&p, server, to_client) < 0) {
		BIO_free(to_client);
		BIO_free(to_server);
		return -1;
	}
	p.client = SSL_new(client);
	if (p.client) {
		SSL_set_bio(p.client, to_server, to_server);
		SSL_set_connect_state(p.client);
		ret = shake_hands(&p) < 0 ? -1 : server_keys(&p);
	} else {
		BIO_free(to_server);
		fail_tls("no memory for the client", "");
	}
	server_free(&p);
	SSL_free(p.client);
	*server_ms += p.server_ms;
	return ret;
}

static int run(const struct options *o, SSL_CTX *server, SSL_CTX *client)
{
	struct timespec pause = {(time_t)(o->pause_ms / 1000),
				 (long)(o->pause_ms % 1000) * 1000000};
	double ms = 0;

	/* the first finds what the others remember */
	if (handshake(server, client, &ms) < 0)
		return -1;
	ms = 0;
	for (unsigned long i = 0; i < o->handshakes; i++) {
		if (o->pause_ms)
			nanosleep(&pause, NULL);
		if (handshake(server, client, &ms) < 0)
			return -1;
	}
	printf("%.3f ms of CPU for the server's half of a handshake, %lu handshakes\n",
	       ms / (double)o->handshakes, o->handshakes);
	return 0;
}

static bool parse_number(const char *text, unsigned long *out)
{
	char *end;

	errno = 0;
	*out = strtoul(text, &end, 10);
	return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0 && *out <= 1000000;
}

static int parse_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{"ca", 1, NULL, 'a'},	      {"cert", 1, NULL, 'c'},
		{"key", 1, NULL, 'k'},	      {"client-cert", 1, NULL, 'C'},
		{"client-key", 1, NULL, 'K'}, {"handshakes", 1, NULL, 'n'},
		{"pause", 1, NULL, 'p'},      {0},
	};
	int opt;

	*o = (struct options){.handshakes = 500};
	while ((opt = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (opt) {
		case 'a':
			o->ca = optarg;
			break;
		case 'c':
			o->cert = optarg;
			break;
		case 'k':
			o->key = optarg;
			break;
		case 'C':
			o->client_cert = optarg;
			break;
		case 'K':
			o->client_key = optarg;
			break;
		case 'n':
			if (!parse_number(optarg, &o->handshakes) || o->handshakes == 0)
				return -1;
			break;
		case 'p':
			if (!parse_number(optarg, &o->pause_ms))
				return -1;
			break;
		default:
			return -1;
		}
	}
	return optind == argc && o->ca && o->cert && o->key && o->client_cert && o->client_key ? 0
											       : -1;
}

int main(int argc, char **argv)
{
	SSL_CTX *server, *client = NULL;
	struct options o;
	int ret = -1;

	if (parse_options(argc, argv, &o) < 0) {
		fprintf(stderr,
			"usage: tls_floor --ca FILE --cert FILE --key FILE --client-cert FILE --client-key FILE\n"
			"       [--handshakes N] [--pause MS]\n");
		return 2;
	}
	server = make_ctx(TLS_server_method(), o.ca, o.cert, o.key);
	if (server)
		client = make_ctx(TLS_client_method(), o.ca, o.client_cert, o.client_key);
	if (client)
		ret = run(&o, server, client);
	SSL_CTX_free(client);
	SSL_CTX_free(server);
	return ret < 0 ? 1 : 0;
}
