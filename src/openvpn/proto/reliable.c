/* SPDX-License-Identifier: GPL-2.0-only */
#include "proto/reliable.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"

struct sent_message {
	bool open; /* not acknowledged */
	uint8_t opcode;
	uint8_t overtaken; /* acknowledgements of later messages since the last transmission */
	uint32_t id;
	uint64_t due_ms;
	uint64_t timeout_ms; /* what the next transmission adds */
	uint8_t *data;
	size_t len;
};

struct received_message {
	bool used;
	uint8_t opcode;
	uint8_t *data;
	size_t len;
};

/* A list of ids without duplicates, position 0 first. */
struct id_list {
	uint8_t count;
	uint32_t id[ACK_IDS_MAX];
};

struct reliable {
	uint32_t timeout_ms;
	uint32_t next_send_id;
	uint32_t next_receive_id;
	struct id_list pending;				  /* arrival order */
	struct id_list recent;				  /* acknowledged before, newest first */
	struct sent_message sent[SEND_WINDOW];		  /* message i lives in slot i % window */
	struct received_message received[RECEIVE_WINDOW]; /* likewise */
	uint8_t *delivered; /* payload lent out by reliable_deliver() */
};

struct reliable *reliable_new(uint32_t timeout_ms)
{
	struct reliable *rel = calloc(1, sizeof(*rel));

	if (rel)
		rel->timeout_ms = timeout_ms;
	return rel;
}

void reliable_free(struct reliable *rel)
{
	if (!rel)
		return;
	for (size_t i = 0; i < SEND_WINDOW; i++)
		free(rel->sent[i].data);
	for (size_t i = 0; i < RECEIVE_WINDOW; i++)
		free(rel->received[i].data);
	free(rel->delivered);
	free(rel);
}

void reliable_skip_reset(struct reliable *rel)
{
	rel->next_send_id = 1;
	rel->next_receive_id = 1;
}

/* A copy that free() takes; one byte at least, so that NULL always means out of memory. */
static uint8_t *copy_bytes(const void *data, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	if (copy && len)
		memcpy(copy, data, len);
	return copy;
}

size_t reliable_send_slots(const struct reliable *rel)
{
	for (uint32_t back = SEND_WINDOW; back > 0; back--) {
		const struct sent_message *m = &rel->sent[(rel->next_send_id - back) % SEND_WINDOW];

		if (m->open && m->id == rel->next_send_id - back)
			return SEND_WINDOW - back;
	}
	return SEND_WINDOW;
}

int reliable_queue(struct reliable *rel, uint64_t now_ms, uint8_t opcode, const void *data,
		   size_t len)
{
	struct sent_message *m = &rel->sent[rel->next_send_id % SEND_WINDOW];
	uint8_t *copy;

	if (reliable_send_slots(rel) == 0)
		return ERR_LIMIT;
	copy = copy_bytes(data, len);
	if (!copy)
		return ERR_NOMEM;
	*m = (struct sent_message){
		.open = true,
		.opcode = opcode,
		.id = rel->next_send_id++,
		.due_ms = now_ms,
		.timeout_ms = rel->timeout_ms,
		.data = copy,
		.len = len,
	};
	return 0;
}

/* The open message with the lowest id that is due; ids compare by distance to the next one. */
static struct sent_message *find_due(const struct reliable *rel, uint64_t now_ms)
{
	const struct sent_message *best = NULL;

	for (size_t i = 0; i < SEND_WINDOW; i++) {
		const struct sent_message *m = &rel->sent[i];

		if (!m->open || m->due_ms > now_ms)
			continue;
		if (!best || rel->next_send_id - m->id > rel->next_send_id - best->id)
			best = m;
	}
	return (struct sent_message *)best;
}

bool reliable_is_due(const struct reliable *rel, uint64_t now_ms)
{
	return find_due(rel, now_ms) != NULL;
}

bool reliable_next_due(struct reliable *rel, uint64_t now_ms, struct reliable_message *out)
{
	struct sent_message *m = find_due(rel, now_ms);

	if (!m)
		return false;
	m->due_ms = time_after(now_ms, m->timeout_ms);
	m->timeout_ms *= 2;
	m->overtaken = 0;
	*out = (struct reliable_message){
		.id = m->id, .opcode = m->opcode, .data = m->data, .len = m->len};
	return true;
}

uint64_t reliable_deadline(const struct reliable *rel)
{
	uint64_t deadline = TIME_NEVER;

	for (size_t i = 0; i < SEND_WINDOW; i++)
		if (rel->sent[i].open)
			deadline = time_min(deadline, rel->sent[i].due_ms);
	return deadline;
}

bool reliable_all_acked(const struct reliable *rel)
{
	for (size_t i = 0; i < SEND_WINDOW; i++)
		if (rel->sent[i].open)
			return false;
	return true;
}

void reliable_burst(struct reliable *rel, uint64_t now_ms)
{
	for (size_t i = 0; i < SEND_WINDOW; i++) {
		rel->sent[i].due_ms = now_ms;
		rel->sent[i].timeout_ms = rel->timeout_ms;
		rel->sent[i].overtaken = 0;
	}
}

void reliable_acked(struct reliable *rel, uint64_t now_ms, uint32_t id)
{
	struct sent_message *acked = &rel->sent[id % SEND_WINDOW];

	/* An id that was never sent must neither release nor hurry anything. */
	if (rel->next_send_id - id - 1 >= UINT32_MAX / 2)
		return;
	if (acked->open && acked->id == id) {
		acked->open = false;
		free(acked->data);
		acked->data = NULL;
	}
	for (size_t i = 0; i < SEND_WINDOW; i++) {
		struct sent_message *m = &rel->sent[i];

		if (!m->open || m->overtaken >= FAST_RETRANSMIT_ACKS || (int32_t)(id - m->id) <= 0)
			continue;
		if (++m->overtaken == FAST_RETRANSMIT_ACKS)
			m->due_ms = now_ms;
	}
}

static void id_list_remove(struct id_list *list, uint32_t id)
{
	uint8_t kept = 0;

	for (uint8_t i = 0; i < list->count; i++)
		if (list->id[i] != id)
			list->id[kept++] = list->id[i];
	list->count = kept;
}

/* A full list loses its last entry. */
static void id_list_push_front(struct id_list *list, uint32_t id)
{
	id_list_remove(list, id);
	if (list->count == ACK_IDS_MAX)
		list->count--;
	memmove(&list->id[1], &list->id[0], list->count * sizeof(list->id[0]));
	list->id[0] = id;
	list->count++;
}

static bool id_list_has(const struct id_list *list, uint32_t id)
{
	for (uint8_t i = 0; i < list->count; i++)
		if (list->id[i] == id)
			return true;
	return false;
}

/* When the list is full the id is left out: the peer repeats the message and asks again. */
static void owe_ack(struct reliable *rel, uint32_t id)
{
	if (rel->pending.count < ACK_IDS_MAX && !id_list_has(&rel->pending, id))
		rel->pending.id[rel->pending.count++] = id;
}

size_t reliable_acks_pending(const struct reliable *rel)
{
	return rel->pending.count;
}

size_t reliable_acks_count(const struct reliable *rel, size_t limit)
{
	size_t taken = rel->pending.count < limit ? rel->pending.count : limit;
	size_t known = rel->recent.count;

	for (size_t i = 0; i < taken; i++)
		if (!id_list_has(&rel->recent, rel->pending.id[i]))
			known++;
	return known < limit ? known : limit;
}

size_t reliable_take_acks(struct reliable *rel, size_t limit, uint32_t ids[ACK_IDS_MAX])
{
	uint8_t taken = (uint8_t)(rel->pending.count < limit ? rel->pending.count : limit);
	size_t n;

	for (uint8_t i = taken; i > 0; i--)
		id_list_push_front(&rel->recent, rel->pending.id[i - 1]);
	memmove(&rel->pending.id[0], &rel->pending.id[taken],
		(size_t)(rel->pending.count - taken) * sizeof(rel->pending.id[0]));
	rel->pending.count = (uint8_t)(rel->pending.count - taken);
	n = rel->recent.count < limit ? rel->recent.count : limit;
	memcpy(ids, rel->recent.id, n * sizeof(ids[0]));
	return n;
}

int reliable_receive(struct reliable *rel, uint32_t id, uint8_t opcode, const void *data,
		     size_t len)
{
	struct received_message *m = &rel->received[id % RECEIVE_WINDOW];
	uint32_t ahead = id - rel->next_receive_id;

	if (ahead >= UINT32_MAX / 2 || (ahead < RECEIVE_WINDOW && m->used)) {
		owe_ack(rel, id);
		return ERR_DUPLICATE;
	}
	if (ahead >= RECEIVE_WINDOW)
		return ERR_WINDOW;
	if (len > CONTROL_PAYLOAD_MAX)
		return ERR_OVERFLOW;
	m->data = copy_bytes(data, len);
	if (!m->data)
		return ERR_NOMEM;
	m->used = true;
	m->opcode = opcode;
	m->len = len;
	owe_ack(rel, id);
	return 0;
}

bool reliable_deliver(struct reliable *rel, struct reliable_message *out)
{
	struct received_message *m = &rel->received[rel->next_receive_id % RECEIVE_WINDOW];

	free(rel->delivered);
	rel->delivered = NULL;
	if (!m->used)
		return false;
	*out = (struct reliable_message){
		.id = rel->next_receive_id, .opcode = m->opcode, .data = m->data, .len = m->len};
	rel->delivered = m->data;
	*m = (struct received_message){0};
	rel->next_receive_id++;
	return true;
}

bool reliable_sent_any(const struct reliable *rel)
{
	return rel->next_send_id != 0;
}

uint32_t reliable_next_send_id(const struct reliable *rel)
{
	return rel->next_send_id;
}
