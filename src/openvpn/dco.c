/* SPDX-License-Identifier: GPL-2.0-only */
#include "config.h"

#include "dco.h"

#include <stdlib.h>

#include "dco_backends.h"

struct dco_device {
	const struct dco_backend *backend;
	const struct dco_ops *ops;
	void *ctx;
};

const struct dco_backend *const *dco_backends(size_t *count)
{
	static const struct dco_backend *const all[] = {
#ifdef ENABLE_DCO
		&dco_linux_mainline,
		&dco_linux_legacy,
#endif
		&dco_engine,
	};

	*count = ARRAY_SIZE(all);
	return all;
}

int dco_device_open(const struct dco_backend *backend, const struct dco_device_config *cfg,
		    const struct log *log, struct dco_device **out, struct err *err)
{
	struct dco_device *dev = calloc(1, sizeof(*dev));
	int ret;

	if (!dev)
		return err_set(err, ERR_NOMEM, "device %s: out of memory", cfg->name);
	dev->backend = backend;
	dev->ops = backend->ops;
	ret = dev->ops->device_open(cfg, log, &dev->ctx, err);
	if (ret < 0) {
		free(dev);
		return ret;
	}
	*out = dev;
	return 0;
}

void dco_device_close(struct dco_device *dev)
{
	if (!dev)
		return;
	dev->ops->device_close(dev->ctx);
	free(dev);
}

const struct dco_backend *dco_device_backend(const struct dco_device *dev)
{
	return dev->backend;
}

const char *dco_device_name(const struct dco_device *dev)
{
	return dev->ops->device_name(dev->ctx);
}

int dco_device_ifindex(const struct dco_device *dev)
{
	return dev->ops->device_ifindex(dev->ctx);
}

int dco_transport_attach(struct dco_device *dev, int fd, enum dco_transport_proto proto,
			 bool hold_data, struct err *err)
{
	return dev->ops->transport_attach(dev->ctx, fd, proto, hold_data, err);
}

int dco_transport_detach(struct dco_device *dev, int transport)
{
	return dev->ops->transport_detach(dev->ctx, transport);
}

int dco_control_send(struct dco_device *dev, int transport, const union sock_addr *to,
		     const struct local_addr *from, const uint8_t *packet, size_t len)
{
	return dev->ops->control_send(dev->ctx, transport, to, from, packet, len);
}

int dco_peer_add(struct dco_device *dev, const struct dco_peer_config *cfg, struct err *err)
{
	return dev->ops->peer_add(dev->ctx, cfg, err);
}

int dco_peer_set(struct dco_device *dev, uint32_t peer_id, const struct dco_peer_params *params)
{
	return dev->ops->peer_set(dev->ctx, peer_id, params);
}

int dco_peer_set_remote(struct dco_device *dev, uint32_t peer_id, const union sock_addr *remote,
			const struct local_addr *local)
{
	return dev->ops->peer_set_remote(dev->ctx, peer_id, remote, local);
}

int dco_peer_set_vpn_ip(struct dco_device *dev, uint32_t peer_id, const struct ip_addr *ip4,
			const struct ip_addr *ip6)
{
	return dev->ops->peer_set_vpn_ip(dev->ctx, peer_id, ip4, ip6);
}

int dco_peer_note_rx(struct dco_device *dev, uint32_t peer_id)
{
	return dev->ops->peer_note_rx(dev->ctx, peer_id);
}

int dco_peer_send_exit(struct dco_device *dev, uint32_t peer_id)
{
	return dev->ops->peer_send_exit(dev->ctx, peer_id);
}

void dco_peer_del(struct dco_device *dev, uint32_t peer_id)
{
	dev->ops->peer_del(dev->ctx, peer_id);
}

int dco_route_add(struct dco_device *dev, uint32_t peer_id, const struct ip_net *net)
{
	return dev->ops->route_add(dev->ctx, peer_id, net);
}

void dco_route_del(struct dco_device *dev, uint32_t peer_id, const struct ip_net *net)
{
	dev->ops->route_del(dev->ctx, peer_id, net);
}

int dco_key_install(struct dco_device *dev, uint32_t peer_id, enum dco_key_slot slot,
		    const struct dco_key *key, struct err *err)
{
	return dev->ops->key_install(dev->ctx, peer_id, slot, key, err);
}

int dco_key_swap(struct dco_device *dev, uint32_t peer_id)
{
	return dev->ops->key_swap(dev->ctx, peer_id);
}

int dco_key_delete(struct dco_device *dev, uint32_t peer_id, enum dco_key_slot slot)
{
	return dev->ops->key_delete(dev->ctx, peer_id, slot);
}

int dco_peer_stats(struct dco_device *dev, uint32_t peer_id, struct dco_peer_stats *out)
{
	return dev->ops->peer_stats(dev->ctx, peer_id, out);
}

int dco_device_stats(struct dco_device *dev, struct dco_peer_stats *out)
{
	return dev->ops->device_stats(dev->ctx, out);
}

void dco_mac_decide(struct dco_device *dev, uint32_t peer_id, const uint8_t mac[DCO_MAC_LEN],
		    bool allow)
{
	if (dev->ops->mac_decide)
		dev->ops->mac_decide(dev->ctx, peer_id, mac, allow);
}

int dco_mac_idle(struct dco_device *dev, uint32_t peer_id, const uint8_t mac[DCO_MAC_LEN],
		 uint64_t *idle_ms)
{
	return dev->ops->mac_idle ? dev->ops->mac_idle(dev->ctx, peer_id, mac, idle_ms)
				  : ERR_UNSUPPORTED;
}

uint32_t dco_broadcasts_longest(struct dco_device *dev)
{
	return dev->ops->broadcasts_longest ? dev->ops->broadcasts_longest(dev->ctx) : 0;
}

int dco_event_fd(const struct dco_device *dev)
{
	return dev->ops->event_fd(dev->ctx);
}

bool dco_next_event(struct dco_device *dev, struct dco_event *ev)
{
	return dev->ops->next_event(dev->ctx, ev);
}
