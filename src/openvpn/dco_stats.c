/* SPDX-License-Identifier: GPL-2.0-only */
/* Apart from dco.c, which needs every backend. */
#include "dco.h"

void dco_stats_add(struct dco_peer_stats *sum, const struct dco_peer_stats *s)
{
	sum->link_rx_bytes += s->link_rx_bytes;
	sum->link_tx_bytes += s->link_tx_bytes;
	sum->link_rx_packets += s->link_rx_packets;
	sum->link_tx_packets += s->link_tx_packets;
	sum->vpn_rx_bytes += s->vpn_rx_bytes;
	sum->vpn_tx_bytes += s->vpn_tx_bytes;
	sum->vpn_rx_packets += s->vpn_rx_packets;
	sum->vpn_tx_packets += s->vpn_tx_packets;
}
