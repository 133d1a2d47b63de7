# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Data packets with a separate HMAC: CBC, CFB, OFB, no cipher, no digest.

# legacy PEER PROTO CIPHER AUTH: data packets with a separate HMAC
legacy()
{
	server "$1" <<-E
		proto $2
		data-ciphers $3
		auth $4
	E
	client <<-E
		proto ${2/-server/-client}
		remote $SERVER4
		data-ciphers $3
		auth $4
	E
	wait_log client "Data Channel: cipher '$3', auth '$4'"
	tunnel_ok
	want_no_log client aead-epoch
	ut_stop
}
for auth in SHA1 SHA256 SHA512; do
	case_add "legacy_26_AES-256-CBC_$auth" legacy 2.6 udp AES-256-CBC $auth
done
case_add legacy_26_tcp_AES-128-CBC legacy 2.6 tcp-server AES-128-CBC SHA256
case_add legacy_27_AES-256-CBC legacy 2.7 udp AES-256-CBC SHA256
case_add legacy_26_AES-256-CFB legacy 2.6 udp AES-256-CFB SHA256
case_add legacy_26_AES-128-OFB legacy 2.6 udp AES-128-OFB SHA1
case_add legacy_26_none legacy 2.6 udp none SHA256
case_add legacy_26_AES-256-CBC_none legacy 2.6 udp AES-256-CBC none
