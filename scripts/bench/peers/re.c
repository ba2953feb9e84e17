/* libre of baresip (Debian: libre-dev). It has no builder of a parsed message. */
#include "peer.h"
#include <sys/socket.h>
#define HAVE_INTTYPES_H /* what re.mk finds out */
#define __HAVE_SOCKLEN_T
#include <re/re.h>

static struct mbuf sip, sdp;

static void parse(void)
{
	struct sip_msg *m;
	sip.pos = 0;
	expect(sip_msg_decode(&m, &sip) == 0, "parse SIP");
	mem_deref(m);
}

static void parse_sdp(void)
{
	struct sdp_session *s;
	struct sa self;
	sa_set_str(&self, "127.0.0.1", 0);
	sdp.pos = 0;
	expect(sdp_session_alloc(&s, &self) == 0 && sdp_decode(s, &sdp, 1) == 0, "parse SDP");
	mem_deref(s);
}

/* load copies a text into a buffer that libre counts references to. */
static void load(struct mbuf *b, const char *path)
{
	struct text t = wire(path);
	mbuf_init(b);
	expect(mbuf_write_mem(b, (const uint8_t *)t.at, t.size) == 0, "copy a text");
}

int main(int argc, char **argv)
{
	static const struct op ops[] = {{"parse", parse}, {"sdp", parse_sdp}, {0, 0}};
	if (argc < 3)
		return 2;
	load(&sip, argv[1]);
	load(&sdp, argv[2]);
	return serve(ops);
}
