"""A host application of imsagentd, in plain MessagePack-RPC: nothing of imsagent's own code.

    /usr/bin/python3 client.py [--until STATE] [--incoming N] [--seconds S] SOCKET [TO TEXT]

Says hello, subscribes to everything but the trace, sends TEXT to TO where they are given,
prints each result and each notification as one JSON object a line, and acknowledges every
incoming message. Ends with 0 when its message has reached STATE (default sent, where it sent
one) and N incoming messages (default 0) were acknowledged; with 4 when S seconds (default 30)
pass before that; with 1 when the daemon refuses something or goes away.
"""

import argparse
import json
import socket
import sys
import time

import msgpack

ORDER = ["queued", "sent", "delivered", "displayed"]


def readable(value):
    """Octets as text, for JSON."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, dict):
        return {readable(k): readable(v) for k, v in value.items()}
    if isinstance(value, list):
        return [readable(v) for v in value]
    return value


def show(**line):
    print(json.dumps(readable(line), ensure_ascii=False, sort_keys=True), flush=True)


class Client:
    def __init__(self, path, deadline):
        self.deadline = deadline
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(path)
        self.unpacker = msgpack.Unpacker(raw=False, strict_map_key=True)
        self.msgid = 0
        self.waiting = {}  # msgid -> method, of requests not yet answered
        self.notes = []

    def frame(self):
        """The next frame from the daemon."""
        while True:
            for frame in self.unpacker:
                return frame
            left = self.deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self.sock.settimeout(left)
            octets = self.sock.recv(65536)
            if not octets:
                raise ConnectionError("the daemon closed the connection")
            self.unpacker.feed(octets)

    def post(self, method, **params):
        """Sends a request without waiting for its response."""
        self.msgid += 1
        self.waiting[self.msgid] = method
        self.sock.sendall(msgpack.packb([0, self.msgid, method, [params] if params else []], use_bin_type=True))
        return self.msgid

    def take(self, frame):
        """Prints a frame; returns (msgid, result) of a response, keeps a notification."""
        if frame[0] == 2:
            show(notification=frame[1], params=frame[2][0])
            self.notes.append((frame[1], frame[2][0]))
            return None, None
        _, msgid, error, result = frame
        method = self.waiting.pop(msgid)
        if error is not None:
            show(method=method, error=error)
            raise RuntimeError("%s: %s" % (method, error["name"]))
        show(method=method, result=result)
        return msgid, result

    def call(self, method, **params):
        wanted = self.post(method, **params)
        while True:
            msgid, result = self.take(self.frame())
            if msgid == wanted:
                return result

    def next_note(self):
        while not self.notes:
            self.take(self.frame())
        return self.notes.pop(0)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--until", default="sent", choices=ORDER)
    p.add_argument("--incoming", type=int, default=0)
    p.add_argument("--seconds", type=float, default=30)
    p.add_argument("socket")
    p.add_argument("to", nargs="?")
    p.add_argument("text", nargs="?", default="Hello")
    args = p.parse_args()

    client = Client(args.socket, time.monotonic() + args.seconds)
    client.call("hello", protocol=1, client="client.py")
    client.call("subscribe")
    sent, state, acked = None, None, set()
    if args.to:
        sent = client.call("send", to=args.to, body=args.text.encode())["message_id"]
        state = "queued"
    while True:
        reached = sent is None or ORDER.index(state) >= ORDER.index(args.until)
        if reached and len(acked) >= args.incoming and not client.waiting:
            return 0
        if client.waiting and not client.notes:
            client.take(client.frame())
            continue
        method, params = client.next_note()
        if method == "message" and params["message_id"] not in acked:
            client.post("ack", message_id=params["message_id"])
            acked.add(params["message_id"])
        elif method == "message_status" and params["message_id"] == sent:
            if params["state"] not in ORDER:
                return 1
            state = params["state"]


if __name__ == "__main__":
    try:
        sys.exit(main())
    except TimeoutError:
        sys.exit(4)
    except (ConnectionError, RuntimeError, OSError) as e:
        print("client.py: %s" % e, file=sys.stderr)
        sys.exit(1)
