/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon_test.h"

#include "base/str.h"
#include "daemon/commands.h"

struct fixture {
	struct log_capture cap;
	struct test_dir dir;
	struct config cfg;
	char path[128];
	char out[65536]; /* standard output of the last command */
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	log_capture_start(&f->cap, 3);
	test_dir_make(&f->dir);
	snprintf(f->path, sizeof(f->path), "%s/key", f->dir.path);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	test_dir_remove(&f->dir);
	log_capture_stop(&f->cap);
	free(f);
	return 0;
}

/* Run the command with standard output in a file. */
static int run(struct fixture *f)
{
	char capture[128];
	int status, fd, saved;

	snprintf(capture, sizeof(capture), "%s/stdout", f->dir.path);
	fd = open(capture, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	fflush(stdout);
	saved = dup(STDOUT_FILENO);
	assert_true(fd >= 0 && saved >= 0);
	dup2(fd, STDOUT_FILENO);
	status = command_run(&f->cfg, &f->cap.log);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(fd);
	test_read_file(capture, f->out, sizeof(f->out));
	return status;
}

static void assert_out(struct fixture *f, const char *text)
{
	if (!strstr(f->out, text))
		fail_msg("'%s' is not in:\n%s", text, f->out);
}

static void run__tunnel_or_self_test__goes_on(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(run(f), -1);
	f->cfg.command.kind = CONFIG_TEST_CRYPTO;
	assert_int_equal(run(f), -1);
	assert_string_equal(f->out, "");
}

static void version__known_lines_in_order(void **state)
{
	struct fixture *f = *state;
	const char *second, *third;

	f->cfg.command.kind = CONFIG_VERSION;
	assert_int_equal(run(f), 0);
	assert_int_equal(strncmp(f->out, "OpenVPN 2.7.0-dco ", 18), 0);
	assert_out(f, " [SSL (OpenSSL)] [LZO] [LZ4] [EPOLL] [MH/PKTINFO] [AEAD]");
	second = strchr(f->out, '\n') + 1;
	assert_int_equal(strncmp(second, "library versions: OpenSSL 3.", 28), 0);
	third = strchr(second, '\n') + 1;
	assert_out(f, ", LZO 2.");
	assert_true(strstr(f->out, ", LZO 2.") < third);
	assert_int_equal(strncmp(third, "DCO version: ", 13), 0);
	assert_out(f, "\nCompile time defines: ");
	assert_out(f, " enable_management=");
	assert_out(f, " enable_plugins=");
}

static void help__begins_with_the_title_and_has_status_1(void **state)
{
	struct fixture *f = *state;

	f->cfg.command.kind = CONFIG_HELP;
	assert_int_equal(run(f), 1);
	assert_int_equal(strncmp(f->out, "OpenVPN 2.7.0-dco ", 18), 0);
	assert_out(f, "--remote ");
}

static void version_log__three_lines(void **state)
{
	struct fixture *f = *state;

	log_sink_set_verb(f->cap.sink, 1);
	version_log(&f->cap.log);
	assert_int_equal(f->cap.lines, 3);
	assert_int_equal(strncmp(f->cap.last, "DCO version: ", 13), 0);
}

static void show__several_lists__in_one_run(void **state)
{
	struct fixture *f = *state;

	f->cfg.command.kind = CONFIG_SHOW_LISTS;
	f->cfg.command.show =
		CONFIG_SHOW_CIPHERS | CONFIG_SHOW_DIGESTS | CONFIG_SHOW_TLS | CONFIG_SHOW_CURVES;
	assert_int_equal(run(f), 0);
	assert_out(f, "\nAES-256-GCM  (256 bit key, 128 bit block, TLS client/server mode only)\n");
	assert_out(f, "\nSHA256 256 bit digest size\n");
	assert_out(f, "Available TLS Ciphers, listed in order of preference:\n");
	assert_out(f, "\nTLS_AES_256_GCM_SHA384\n");
	assert_out(f, "Available Elliptic curves/groups:\n");
	assert_true(strstr(f->out, "SHA256 256") > strstr(f->out, "AES-256-GCM  ("));
}

static void show__unusable_cipher_list__is_fatal(void **state)
{
	struct fixture *f = *state;

	f->cfg.command.kind = CONFIG_SHOW_LISTS;
	f->cfg.command.show = CONFIG_SHOW_TLS;
	f->cfg.tls.cipher_list = "NO-SUCH-CIPHER";
	assert_int_equal(run(f), 1);
	assert_null(strstr(f->out, "Available"));
	assert_non_null(strstr(f->cap.all, "Failed to set restricted TLS cipher list: "
					   "NO-SUCH-CIPHER\nExiting due to fatal error\n"));
}

static void genkey(struct fixture *f, const char *type, const char *file)
{
	f->cfg.command.kind = CONFIG_GENKEY;
	f->cfg.command.genkey_type = type;
	f->cfg.command.genkey_file = file;
}

static void genkey__static_key__file_and_line(void **state)
{
	struct fixture *f = *state;
	char text[256];
	struct stat st;

	genkey(f, "secret", f->path);
	assert_int_equal(run(f), 0);
	snprintf(text, sizeof(text), "Randomly generated 2048 bit key written to %s", f->path);
	assert_string_equal(f->cap.last, text);
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	test_read_file(f->path, f->out, sizeof(f->out));
	assert_out(f, "-----BEGIN OpenVPN Static key V1-----\n");
}

static void genkey__no_file__goes_to_standard_output(void **state)
{
	struct fixture *f = *state;

	genkey(f, NULL, NULL);
	assert_int_equal(run(f), 0);
	assert_out(f, "-----END OpenVPN Static key V1-----\n");
	assert_int_equal(f->cap.lines, 0);
}

static void genkey__old_form__works_with_a_warning(void **state)
{
	struct fixture *f = *state;

	genkey(f, NULL, NULL);
	f->cfg.crypto.secret.path = f->path;
	log_sink_set_verb(f->cap.sink, 1);
	assert_int_equal(run(f), 0);
	assert_string_equal(f->cap.last, "WARNING: Using --genkey --secret filename is DEPRECATED. "
					 " Use --genkey secret filename instead.");
	assert_int_equal(access(f->path, F_OK), 0);
}

static void genkey__contradictions__are_usage_errors(void **state)
{
	struct fixture *f = *state;
	static const char usage[] = "Use --help for more information.\n";

	genkey(f, NULL, "a");
	f->cfg.crypto.secret.path = "b";
	assert_int_equal(run(f), 1);
	assert_out(f, "Options error: You must provide a filename to either --genkey or --secret, "
		      "not both\n");
	assert_out(f, usage);
	genkey(f, "auth-token", NULL);
	assert_int_equal(run(f), 1);
	assert_out(f, "Options error: Using --genkey type with --secret filename is not supported. "
		      " Use --genkey type filename instead.\n");
	f->cfg.crypto.secret.path = NULL;
	genkey(f, "nonsense", NULL);
	assert_int_equal(run(f), 1);
	assert_out(f, "unknown --genkey type: nonsense\n");
	genkey(f, "tls-crypt-v2-client", f->path);
	assert_int_equal(run(f), 1);
	assert_out(f, "--genkey tls-crypt-v2-client requires a server key to be set via "
		      "--tls-crypt-v2 to create a client key\n");
	assert_int_equal(access(f->path, F_OK), -1);
}

static void genkey__crypt_v2_server_then_client(void **state)
{
	struct fixture *f = *state;
	char client[140];

	genkey(f, "tls-crypt-v2-server", f->path);
	assert_int_equal(run(f), 0);
	snprintf(client, sizeof(client), "%s.client", f->path);
	genkey(f, "tls-crypt-v2-client", client);
	f->cfg.ce.tls_crypt_v2.path = f->path;
	assert_int_equal(run(f), 0);
	test_read_file(client, f->out, sizeof(f->out));
	assert_out(f, "-----BEGIN OpenVPN tls-crypt-v2 client key-----\n");
}

static void genkey__cannot_write__is_fatal(void **state)
{
	struct fixture *f = *state;

	genkey(f, NULL, "/nonexistent/key");
	assert_int_equal(run(f), 1);
	assert_string_equal(f->cap.last, "Exiting due to fatal error");
}

static void mktun__with_tunnel_options__is_refused(void **state)
{
	struct fixture *f = *state;

	f->cfg.command.kind = CONFIG_MKTUN;
	f->cfg.tun.dev = "tun9";
	f->cfg.tls.client = true;
	assert_int_equal(run(f), 1);
	assert_non_null(strstr(f->cap.all, "Options error: options --mktun or --rmtun should only "
					   "be used together with --dev\n"));
	f->cfg.tls.client = false;
	f->cfg.tun.dev = NULL;
	assert_int_equal(run(f), 1);
	assert_out(f, "Options error: You must define TUN/TAP device (--dev)\n");
}

static void show_gateway__neither_family__is_a_usage_error(void **state)
{
	struct fixture *f = *state;

	f->cfg.command.kind = CONFIG_SHOW_GATEWAY;
	f->cfg.command.show_gateway_addr = "10.8.0.300";
	assert_int_equal(run(f), 1);
	assert_out(f, "'10.8.0.300' is neither an IPv4 nor an IPv6 address\n");
	f->cfg.command.show_gateway_addr = "127.0.0.1";
	assert_int_equal(run(f), 0);
}

static void test_crypto__usable_cipher__counts_to_the_end(void **state)
{
	struct fixture *f = *state;

	f->cfg.crypto.cipher = "AES-256-GCM";
	f->cfg.crypto.auth = "SHA1";
	f->cfg.crypto.replay_window = 64;
	f->cfg.ce.tun_mtu = 1500;
	log_sink_set_mute(f->cap.sink, 0);
	assert_int_equal(command_test_crypto(&f->cfg, &f->cap.log), 0);
	assert_int_equal(f->cap.lines, 1768 + 3);
	assert_string_equal(f->cap.last, "OpenVPN crypto self-test mode SUCCEEDED.");
	assert_non_null(strstr(f->cap.all, "Entering OpenVPN crypto self-test mode.\n"
					   "TESTING ENCRYPT/DECRYPT of packet length=1\n"));
}

static void test_crypto__unknown_cipher__is_fatal(void **state)
{
	struct fixture *f = *state;

	f->cfg.crypto.cipher = "FOO";
	f->cfg.crypto.auth = "SHA1";
	assert_int_equal(command_test_crypto(&f->cfg, &f->cap.log), 1);
	assert_non_null(strstr(f->cap.all, "Cipher FOO not supported\nExiting due to fatal"));
	f->cfg.crypto.cipher = "AES-256-GCM";
	f->cfg.crypto.auth = "FOO";
	assert_int_equal(command_test_crypto(&f->cfg, &f->cap.log), 1);
	assert_non_null(strstr(f->cap.all, "Message hash algorithm 'FOO' not found\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(run__tunnel_or_self_test__goes_on),
		T(version__known_lines_in_order),
		T(help__begins_with_the_title_and_has_status_1),
		T(version_log__three_lines),
		T(show__several_lists__in_one_run),
		T(show__unusable_cipher_list__is_fatal),
		T(genkey__static_key__file_and_line),
		T(genkey__no_file__goes_to_standard_output),
		T(genkey__old_form__works_with_a_warning),
		T(genkey__contradictions__are_usage_errors),
		T(genkey__crypt_v2_server_then_client),
		T(genkey__cannot_write__is_fatal),
		T(mktun__with_tunnel_options__is_refused),
		T(show_gateway__neither_family__is_a_usage_error),
		T(test_crypto__usable_cipher__counts_to_the_end),
		T(test_crypto__unknown_cipher__is_fatal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
