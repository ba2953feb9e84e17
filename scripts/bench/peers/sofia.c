/* Sofia-SIP (Debian: libsofia-sip-ua-dev). */
#include <sofia-sip/msg.h>
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/sdp.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include "peer.h"

static struct text text_sip, text_sdp;
static msg_t *kept;

static msg_t *read_sip(void)
{
	msg_t *m = msg_make(sip_default_mclass(), 0, text_sip.at, (ssize_t)text_sip.size);
	sip_t *s = m ? sip_object(m) : 0;
	expect(s && !s->sip_error && s->sip_from && s->sip_to && s->sip_via, "parse SIP");
	return m;
}

static void parse(void) { msg_destroy(read_sip()); }

static void build(void)
{
	size_t n;
	char *text = msg_as_string(msg_home(kept), kept, 0, 0, &n);
	expect(text && n > 1000, "build SIP");
	su_free(msg_home(kept), text);
}

static void parse_sdp(void)
{
	sdp_parser_t *p = sdp_parse(0, text_sdp.at, (issize_t)text_sdp.size, 0);
	expect(sdp_session(p) != 0, "parse SDP");
	sdp_parser_free(p);
}

int main(int argc, char **argv)
{
	static const struct op ops[] = {{"parse", parse}, {"build", build}, {"sdp", parse_sdp}, {0, 0}};
	if (argc < 3)
		return 2;
	text_sip = wire(argv[1]);
	text_sdp = wire(argv[2]);
	kept = read_sip();
	return serve(ops);
}
