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

# A cipher with blocks of 64 bits gets new keys after 64 MiB. That is too much for a test: the line about
# a reset for another reason tells the limit.
small_blocks()
{
	server 2.6 <<-E
		data-ciphers DES-EDE3-CBC
		reneg-bytes 0
	E
	client <<-E
		remote $SERVER4
		data-ciphers DES-EDE3-CBC
		reneg-sec 2
		$1
	E
	if [ "$1" ]; then
		want_no_log client 'small block size in use, reducing'
	else
		want_log client 'WARNING: cipher with small block size in use, reducing reneg-bytes to 64MB to mitigate SWEET32 attacks.'
	fi
	wait_log client "TLS: soft reset sec=[0-9]+/[0-9]+ bytes=[0-9]+/$2 " 5
	ping_ok
	ut_stop
}
case_add small_blocks_26__64_MiB small_blocks '' 67108864
case_add small_blocks_26_off small_blocks 'reneg-bytes 0' -1

srv_small_blocks()
{
	our_server <<-E
		data-ciphers DES-EDE3-CBC
		reneg-sec 2
	E
	their_client 2.6 <<-E
		data-ciphers DES-EDE3-CBC
		reneg-bytes 0
	E
	want_log server 'WARNING: cipher with small block size in use, reducing reneg-bytes to 64MB'
	wait_log server 'TLS: soft reset sec=[0-9]+/[0-9]+ bytes=[0-9]+/67108864 ' 5
	ping_ok
	their_client_stop
}
case_add srv_small_blocks_26__64_MiB srv_small_blocks
