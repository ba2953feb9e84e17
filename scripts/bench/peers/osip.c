/* GNU oSIP (Debian: libosip2-dev). */
#include <osipparser2/osip_parser.h>
#include <osipparser2/sdp_message.h>
#include "peer.h"

static struct text sip, sdp;
static osip_message_t *kept;

static osip_message_t *read_sip(void)
{
	osip_message_t *m;
	expect(osip_message_init(&m) == 0 && osip_message_parse(m, sip.at, sip.size) == 0, "parse SIP");
	return m;
}

static void parse(void) { osip_message_free(read_sip()); }

static void build(void)
{
	char *text;
	size_t n;
	osip_message_force_update(kept);
	expect(osip_message_to_str(kept, &text, &n) == 0 && n > 1000, "build SIP");
	osip_free(text);
}

static void parse_sdp(void)
{
	sdp_message_t *d;
	expect(sdp_message_init(&d) == 0 && sdp_message_parse(d, sdp.at) == 0, "parse SDP");
	sdp_message_free(d);
}

int main(int argc, char **argv)
{
	static const struct op ops[] = {{"parse", parse}, {"build", build}, {"sdp", parse_sdp}, {0, 0}};
	if (argc < 3)
		return 2;
	sip = wire(argv[1]);
	sdp = wire(argv[2]);
	parser_init();
	kept = read_sip();
	return serve(ops);
}
