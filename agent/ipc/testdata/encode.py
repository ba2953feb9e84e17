"""Writes encode/*.hex (what the daemon sends) and requests/*.hex (what it gets) with
python3-msgpack, so that another encoder than ours says what the octets are.
Run: /usr/bin/python3 testdata/encode.py"""

import os
import msgpack

HERE = os.path.dirname(os.path.abspath(__file__))


def write(folder, name, *values):
    octets = b"".join(msgpack.packb(v, use_bin_type=True) for v in values)
    with open(os.path.join(HERE, folder, name + ".hex"), "w") as f:
        text = octets.hex()
        f.write("\n".join(text[i:i + 96] for i in range(0, len(text), 96)) + "\n")


def reply(name, result, msgid=7):
    write("encode", name, [1, msgid, None, result])


def note(method, params, name=None):
    write("encode", name or "note_" + method, [2, method, [params]])


PEER = "+14448880000"
ID = "0000000000000017"

reply("done", {})
reply("done_large_msgid", {}, 4294967295)
write("encode", "error", [1, 7, {"code": 6, "name": "not_found", "text": "no such message", "sip_code": 0}, None])
write("encode", "error_sip", [1, 7, {"code": 9, "name": "refused", "text": "declined", "sip_code": 603}, None])
write("encode", "fault", [1, 7, {"code": 3, "name": "bad_argument", "text": "to has a control character", "sip_code": 0}, None])
reply("hello", {"protocol": 1, "version": "1.0", "board": "qemu-virt"})
reply("sent", {"message_id": ID})
reply("size", {"size": 65536})
reply("state", {"state": "cancelled"})
reply("body", {"body": b"Hello", "eof": True})
reply("session", {"session": "3"})
reply("capabilities", {"chat": True, "pager": False, "imdn": True, "max_size": 65536})
HERE_NOW = {
    "value": "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000000", "time": 1424760489000, "age": 4, "source": "modem",
    "radio": "LTE", "duplex": "FDD", "plmn": "310410", "area": "0001", "cell": "0000000", "band": 3,
}
reply("status", {
    "registration": {"state": "registered", "expires": 600000, "code": 200},
    "access_network": HERE_NOW,
    "modem": {
        "state": "ready", "text": "", "age": 12, "sim": "SIM ready", "sim_age": 11, "registration": "home", "registration_age": 10,
        "own_ims": "off", "own_ims_age": -1,
    },
    "identity": {
        "impi": "310410123456789@ims.mnc410.mcc310.3gppnetwork.org", "domain": "ims.mnc410.mcc310.3gppnetwork.org",
        "impu": ["sip:310410123456789@sharetechnote.com", "tel:+13104105678"], "imsi": "310410123456789", "imei": "359225050039973",
        "isim": True, "age": 9,
    },
    "bearer": {
        "state": "up", "interface": "wwan0", "address": "2001::1:4c16:9c0f:4986:9e6d", "apn": "ims",
        "addresses": ["2001::1:4c16:9c0f:4986:9e6d/64"], "gateway": "fe80::1", "pcscf": ["2001:0:0:1::2", "pcscf.example.org"],
        "dns": ["192.0.2.53"], "mtu": 1430, "age": 3,
    },
    "sessions": [{"session": "3", "peer": PEER, "state": "open", "age": 12}],
    "buffers": {"total": 64, "free": 60},
    "spool": {"bytes": 4096, "max_bytes": 4194304, "messages": 2, "max_messages": 10000},
    "counters": {"sip_in": 200, "sip_bad": 0},
})
ENTRY = {
    "message_id": ID, "dir": "out", "state": "queued", "reason": "unconfirmed", "code": 408, "imdn_id": "wYcJuXBbGOfCtBqIPQqz0I",
    "session": "", "conversation_id": "6b79b8bc937e4985b1dffd062b687bd7", "from": "", "display_name": "", "to": PEER,
    "time": 1424760489000, "time_received": 0, "content_type": "text/plain;charset=UTF-8", "size": 5, "body": b"Hello",
    "notify": ["delivery", "display"], "headers": {},
}
# The number of entries is counted at the end, so the array header is the 16-bit one.
LIST = msgpack.packb([1, 7, None, {"messages": [ENTRY], "more": True}], use_bin_type=True)
LIST = LIST.replace(b"\xa8messages\x91", b"\xa8messages\xdc\x00\x01")
with open(os.path.join(HERE, "encode", "messages.hex"), "w") as f:
    f.write(LIST.hex() + "\n")

note("message", {
    "message_id": ID, "imdn_id": "dc5ebabb21", "session": "3", "conversation_id": "6b79b8bc937e4985b1dffd062b687bd7",
    "from": PEER, "display_name": "Zoë", "to": "sip:310410123456789@sharetechnote.com", "time": 1424760506538,
    "time_received": 1424760507000, "content_type": "text/plain; charset=utf-8", "size": 2, "body": b"hi",
    "notify": ["display"], "headers": {"MyFeatures.PANI": "3GPP-E-UTRAN-FDD"},
})
note("message", {
    "message_id": ID, "imdn_id": "", "session": "", "conversation_id": "", "from": "anonymous", "display_name": "", "to": "",
    "time": 0, "time_received": 0, "content_type": "", "size": 65536, "notify": [], "headers": {},
}, "note_message_large")
note("message_status", {"message_id": ID, "state": "queued", "code": 408, "reason": "unconfirmed", "time": 1424760489000})
note("composing", {"from": PEER, "active": True, "until": 1424760519000})
note("session", {"session": "3", "peer": PEER, "state": "failed", "code": 486})
note("registration", {"state": "registered", "expires": 600000, "code": 200})
note("access_network", HERE_NOW)
note("modem", {"state": "gone", "text": "no answer"})
note("dropped", {"topic": "trace", "count": 300})
note("trace", {"time": 1424760489000, "dir": "out", "protocol": "sip", "local": "udp:[2001::1:4c16:9c0f:4986:9e6d]:5060",
               "remote": "udp:[2001:0:0:1::2]:5060", "part": 0, "last": True,
               "bytes": b"\r\n\r\n"})


def request(name, method, *params, msgid=7):
    write("requests", name, [0, msgid, method, list(params)])


request("hello", "hello", {"protocol": 1, "client": "test"})
request("status", "status")
request("status_nil", "status", None)
request("send", "send", {"to": PEER, "body": b"Hello"})
request("send_all", "send", {
    "to": "sip:+14448880000@sharetechnote.com;user=phone", "body": "Zoë", "content_type": "text/plain;charset=UTF-8", "client_id": "c-1",
    "notify": ["display", "delivery"], "mode": "session", "expires": 3600, "headers": {"MyFeatures.PANI": "3GPP", "A.b": "c"}, "more": True})
request("send_silent", "send", {"to": PEER, "body": b"", "notify": []})
request("send_nils", "send", {"to": PEER, "body": b"x", "content_type": None, "notify": None, "expires": None, "more": None})
request("send_later_version", "send", {"to": PEER, "body": b"x", "sparkle": [1, 2.5, msgpack.ExtType(1, b"x")], "topics": 5}, msgid=4294967295)
request("append", "append", {"message_id": ID, "body": b"\x00\xff", "last": True})
request("cancel", "cancel", {"message_id": "17"})
request("fetch", "fetch", {"message_id": ID, "offset": 32768, "limit": 1000})
request("displayed", "displayed", {"message_id": ID})
request("ack", "ack", {"message_id": "no such id"})
request("composing", "composing", {"to": "tel:+1-444-888-0000", "active": True})
request("open", "open", {"to": PEER})
request("accept", "accept", {"session": "3"})
request("reject", "reject", {"session": "3", "everywhere": True})
request("close", "close", {"session": "x"})
request("register", "register", {})
request("deregister", "deregister")
request("network", "network", {"interface": "wwan0", "addresses": ["2001:db8::1", "192.0.2.1"], "pcscf": ["2001:db8::2"], "dns": [], "mtu": 1500,
                               "access_network": "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000000"})
request("messages", "messages", {"after": ID, "limit": 10})
request("capabilities", "capabilities", {"to": PEER})
request("subscribe", "subscribe", {"topics": ["message", "message_status", "trace"]})
request("subscribe_events", "subscribe", {})
request("unsubscribe", "unsubscribe", {})
