/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon/process_setup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"
#include "net/notify.h"

static int redirect_to_null(bool keep_output, struct err *err)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return err_set_errno(err, errno, "cannot open /dev/null");
	for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++) {
		if (i != STDIN_FILENO && keep_output)
			break;
		if (dup2(fd, i) < 0) {
			int failed = errno;

			close(fd);
			return err_set_errno(err, failed, "cannot redirect to /dev/null");
		}
	}
	if (fd > STDERR_FILENO)
		close(fd);
	return 0;
}

int process_background(const struct config *cfg, struct log_sink *sink, const struct log *log,
		       struct err *err)
{
	pid_t pid;

	if (!cfg->process.daemon)
		return 0;
	if (notify_wanted()) {
		/* the service manager watches this very process */
		if (notify_send("READY=0") < 0)
			log_dbg(log, 6, "cannot tell the service manager that start-up goes on");
		return 0;
	}
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return err_set_errno(err, errno, "cannot go to the background");
	if (pid > 0)
		_exit(0);
	if (setsid() < 0)
		return err_set_errno(err, errno, "cannot leave the terminal's session");
	return redirect_to_null(log_sink_has_file(sink), err);
}

int pid_file_write(struct pid_file *f, const struct config_process *cfg, struct err *err)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	auto_close int fd = -1;

	*f = (struct pid_file){0};
	if (!cfg->writepid)
		return 0;
	fd = open(cfg->writepid, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, text, (size_t)n) != n)
		return err_set_errno(err, errno, "Open error on pid file %s", cfg->writepid);
	if (!realpath(cfg->writepid, f->path))
		f->path[0] = '\0';
	f->owner = getpid();
	return 0;
}

void pid_file_remove(struct pid_file *f, const struct config_process *cfg)
{
	if (f->path[0] && !cfg->chroot_dir && f->owner == getpid())
		unlink(f->path);
	f->path[0] = '\0';
}

int process_tune(const struct config_process *cfg, const struct log *log, struct err *err)
{
	if (cfg->nice_set && cfg->nice)
		privilege_nice(cfg->nice, log);
	return cfg->mlock ? privilege_mlock(log, err) : 0;
}

int process_privileges_init(struct process_privileges *p, const struct config *cfg, struct err *err)
{
	const struct config_process *process = &cfg->process;

	*p = (struct process_privileges){.chroot_dir = process->chroot_dir};
	p->wanted = process->user || process->group || process->chroot_dir;
	return privilege_lookup(process->user, process->group, &p->id, err);
}

static void note_delay(const struct process_privileges *p, const struct log *log)
{
	static const char why[] = "will be delayed because of --client, --pull, or --up-delay";

	if (p->chroot_dir)
		log_info(log, 1, "NOTE: chroot %s", why);
	if (p->id.has_user || p->id.has_group)
		log_info(log, 1, "NOTE: UID/GID downgrade %s", why);
}

int process_privileges_apply(struct process_privileges *p, const struct config *cfg, bool at_start,
			     bool dco, const struct log *log, struct err *err)
{
	static const int caps[] = {CAP_NET_ADMIN};
	int rc = 0;

	if (!p->wanted || p->applied)
		return 0;
	if (at_start && (cfg->pull || cfg->scripts.up_delay)) {
		note_delay(p, log);
		return 0;
	}
	p->applied = true;
	if (p->chroot_dir)
		rc = privilege_chroot(p->chroot_dir, log, err);
	if (rc < 0)
		return rc;
	return privilege_drop(&p->id, caps, ARRAY_SIZE(caps),
			      dco ? PRIVILEGE_KEEP_REQUIRED : PRIVILEGE_KEEP_TRY, log, err);
}

bool process_privileges_dco_possible(const struct process_privileges *p, const struct log *log)
{
	if (!p->id.has_user || privilege_can_keep(&p->id, CAP_NET_ADMIN))
		return true;
	log_warn(
		log,
		"--user specified but lacking CAP_SETPCAP. Cannot retain CAP_NET_ADMIN. Disabling data channel offload");
	/* the known line is said for both */
	log_info(
		log, 1,
		"this process lacks %s: to use offload give it that too (systemd: CapabilityBoundingSet=), or leave out --user %s and start it as that user with AmbientCapabilities=CAP_NET_ADMIN",
		privilege_has(CAP_SETPCAP) ? "CAP_NET_ADMIN" : "CAP_SETPCAP", p->id.user);
	return false;
}

int process_check_capability(const struct config *cfg, struct err *err)
{
	if (privilege_has(CAP_NET_ADMIN) || cfg->tun.ifconfig_noexec ||
	    cfg->tun.type == CONFIG_DEV_NULL)
		return 0;
	return err_set(
		err, ERR_PRIVILEGE,
		"cannot configure the network: this process lacks CAP_NET_ADMIN -- start it as root, or with AmbientCapabilities=CAP_NET_ADMIN in the systemd unit, or with --cap-add=NET_ADMIN in a container");
}

void process_notify_ready(void)
{
	(void)notify_sendf("READY=1\nSTATUS=Pre-connection initialization successful\nMAINPID=%ld",
			   (long)getpid());
}

void process_notify_up(bool with_errors)
{
	(void)notify_send(
		with_errors
			? "STATUS=Failed to start up: Initialization Sequence Completed With Errors\nERRNO=1"
			: "STATUS=Initialization Sequence Completed");
}

void process_notify_failed(const char *why)
{
	(void)notify_sendf("STATUS=Failed to start up: %s\nERRNO=1", why);
}

void process_notify_reloading(void)
{
	struct timespec ts;

	/* the service manager pairs this with the READY=1 that follows by the time */
	clock_gettime(CLOCK_MONOTONIC, &ts);
	(void)notify_sendf("RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
			   (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000);
}

void process_notify_stopping(void)
{
	(void)notify_send("STOPPING=1");
}

static void on_watchdog(uv_timer_t *timer)
{
	(void)timer;
	(void)notify_send("WATCHDOG=1");
}

void process_watchdog_start(struct process_watchdog *w, uv_loop_t *loop)
{
	uint64_t every_ms = notify_watchdog_usec() / 2 / 1000;

	w->open = every_ms && uv_timer_init(loop, &w->timer) == 0;
	if (!w->open)
		return;
	on_watchdog(&w->timer);
	uv_timer_start(&w->timer, on_watchdog, every_ms, every_ms);
	uv_unref((uv_handle_t *)&w->timer); /* it keeps nothing alive */
}

void process_watchdog_stop(struct process_watchdog *w)
{
	if (w->open)
		uv_close((uv_handle_t *)&w->timer, NULL);
	w->open = false;
}

void process_leave_directory(const struct config_process *cfg, const struct log *log)
{
	if (!cfg->daemon || cfg->cd || notify_wanted())
		return;
	if (chdir("/") != 0)
		log_warn(log, "cannot change to the directory '/': %s (errno=%d)", strerror(errno),
			 errno);
}
