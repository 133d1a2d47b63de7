/* SPDX-License-Identifier: GPL-2.0-only */
/* The Internet checksum (RFC 1071) over what the worker cuts and joins. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/**
 * checksum_add() - add @len bytes to a running sum
 * @sum: what was added before; all parts but the last must have an even length
 *
 * Return: the new sum, to be continued or finished by checksum_fold().
 */
uint64_t checksum_add(uint64_t sum, const uint8_t *bytes, size_t len);

/** checksum_fold() - the 16-bit sum as a host-order value that store_be16() writes; not inverted */
uint16_t checksum_fold(uint64_t sum);

/** checksum_pseudo() - sum of the pseudo header of an IPv4 or IPv6 packet
 * @ip: the IP header; complete, without extension headers
 * @l4_len: TCP or UDP header and payload
 */
uint64_t checksum_pseudo(const uint8_t *ip, uint8_t proto, size_t l4_len);

/** checksum_ip4_header() - compute and store the header checksum; @header_len as in the header */
void checksum_ip4_header(uint8_t *ip, size_t header_len);
