// SPDX-License-Identifier: GPL-2.0-only
#include "crypto/show.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/cipher.h"
#include "crypto/digest.h"

static int by_name(const void *a, const void *b)
{
	const struct cipher_info *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static void show_cipher(const struct cipher_info *info, struct str *out)
{
	str_addf(out, "%s  (%d bit key, ", info->name, info->key_bytes * 8);
	if (info->block_bytes == 1)
		str_add(out, "stream cipher");
	else
		str_addf(out, "%d bit block", info->block_bytes * 8);
	str_addf(out, "%s)\n",
		 info->mode == CIPHER_MODE_CBC ? "" : ", TLS client/server mode only");
}

void show_ciphers(struct str *out)
{
	const struct cipher_info *sorted[CIPHER_COUNT];
	size_t n = 0, n_insecure = 0;

	for (size_t i = CIPHER_NONE + 1; i < CIPHER_COUNT; i++)
		if (cipher_available(&cipher_list()[i]))
			sorted[n++] = &cipher_list()[i];
	qsort(sorted, n, sizeof(sorted[0]), by_name);

	str_add(out, "The following ciphers and cipher modes are available for use\n"
		     "with OpenVPN.  Each cipher shown below may be used as a\n"
		     "parameter to the --data-ciphers (or --cipher) option. In static \n"
		     "key mode only CBC mode is allowed.\n"
		     "See also openssl list -cipher-algorithms\n\n");
	for (size_t i = 0; i < n; i++) {
		if (sorted[i]->insecure)
			n_insecure++;
		else
			show_cipher(sorted[i], out);
	}
	str_add(out, "\n");
	if (n_insecure == 0)
		return;
	str_add(out, "The following ciphers have a block size of less than 128 bits, \n"
		     "and are therefore deprecated.  Do not use unless you have to.\n\n");
	for (size_t i = 0; i < n; i++)
		if (sorted[i]->insecure)
			show_cipher(sorted[i], out);
	str_add(out, "\n");
}

void show_digests(struct str *out)
{
	str_add(out, "The following message digests are available for use with\n"
		     "OpenVPN.  A message digest is used in conjunction with\n"
		     "the HMAC function, to authenticate received packets.\n"
		     "You can specify a message digest as parameter to\n"
		     "the --auth option.\n"
		     "See also openssl list -digest-algorithms\n\n");
	for (unsigned int id = DIGEST_NONE + 1; id < DIGEST_COUNT; id++) {
		const struct digest_info *info = digest_by_id((enum digest_id)id);

		if (digest_available(info))
			str_addf(out, "%s %d bit digest size\n", info->name, info->bytes * 8);
	}
	str_add(out, "\n");
}

void show_engines(struct str *out)
{
	/* engines were replaced by providers in OpenSSL 3 */
	str_add(out, "Sorry, OpenSSL hardware crypto engine functionality is not available.\n");
}
